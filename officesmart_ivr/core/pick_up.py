"""Picking up: a phone dials a service code, and takes the place of another phone that rings."""

from __future__ import annotations

from officesmart_ivr.core.effects import CancelLeg, Cause, Connect, PickUp, StopRinging, Take
from officesmart_ivr.core.events import PickedUp
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import ServiceKind
from officesmart_ivr.core.state import PickingUp, Ringing, State, Talking
from officesmart_ivr.core.turn import Turn


def pick_up(turn: Turn, number: str) -> State:
    """Let a phone pick up what rings at an extension or in a group, or anywhere near it if none is named."""
    lines = _lines_to_pick_up(turn, number)
    turn.note(Fact.PICKS_UP, number=turn.caller.dialled)
    turn.effects.append(PickUp(lines))
    return PickingUp(turn.journey(), lines)


def _lines_to_pick_up(turn: Turn, number: str) -> frozenset[str]:
    """Return the lines that were named, by an extension or by a group's number.

    If none were, those of the caller's site, or all if he has no site.
    """
    extensions = turn.plan.plan.extensions
    named = turn.plan.services.get(number)
    if named is not None and named.kind is ServiceKind.HUNT_GROUP:
        return frozenset(turn.plan.groups[named.id].order)
    if number:
        return frozenset({number} & extensions.keys())
    site = turn.plan.site_of(turn.caller.endpoint)
    return frozenset(line for line, extension in extensions.items() if site in (None, extension.site))


def picked_up(turn: Turn, state: Ringing, event: PickedUp) -> State:
    """Connect the caller with the phone that picks up; the one that rang shows no missed call."""
    turn.cancel_timer(state.timer)
    turn.effects += [StopRinging(), CancelLeg(state.leg, Cause.ANSWERED_ELSEWHERE)]
    return talk(turn, event)


def talk(turn: Turn, event: PickedUp) -> State:
    """Let the caller talk to the phone that picks up; what rang for him has been ended."""
    turn.answer()
    turn.effects += [Take(event.call), Connect(event.leg)]
    turn.note(Fact.PICKED_UP, line=event.target.line, call=event.call)
    turn.sent_by = ""
    return Talking(turn.journey(), event.leg, event.target)
