"""A call goes on after the process that served it has died."""

from __future__ import annotations

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core import hunting, routing, transfer
from officesmart_ivr.core.effects import Cause, Connect, Silence
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import (
    UNTOLD_IDS,
    Heading,
    InGroup,
    Lost,
    Over,
    Place,
    TakenUp,
    ToLine,
)
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import End, New, Next, Outcome, Talking
from officesmart_ivr.core.turn import Turn


def taken_up(turn: Turn, state: New, event: TakenUp) -> Next:
    """Go on where the call was: menus speak from their start, groups look for somebody anew.

    A call of which nobody knows where it was, or whose place the plan has no more, begins as a new one does.
    """
    place = event.place
    turn.effects.append(Silence(_may_play(turn, place)))
    turn.serial += UNTOLD_IDS
    if event.target is not None:
        turn.note(Fact.GOES_ON)
        turn.answer()
        turn.effects.append(Connect(event.leg))
        turn.note(Fact.ANSWERED, line=event.target.line)
        turn.sent_by = ""
        return Talking(turn.journey(), event.leg, event.target)
    if place is None or not _is_there(turn.plan, place):
        turn.multiselection, turn.trail, turn.sent_by = "", (), ""
        turn.note(Fact.BEGINS_ANEW)
        return routing.route(turn)
    turn.note(Fact.GOES_ON)
    return _go_on(turn, place)


def _go_on(turn: Turn, place: Place) -> Next:
    match place.way:
        case Heading(kind, target):
            return Destination(kind=kind, target=target)
        case InGroup(group, called_member):
            return hunting.hunt(turn, group, called_member=called_member)
        case ToLine(target=line):
            return transfer.ring(turn, line)
        case Over(outcome, cause):
            return turn.end(outcome, cause)
        case Lost():
            return turn.say("too-many-steps", then=End(Outcome.HANG_UP, Cause.NORMAL))


def _may_play(turn: Turn, place: Place | None) -> tuple[str, ...]:
    """Return the prompts that the caller may still hear: the one that is known, and those not yet told of."""
    known = () if place is None or not place.prompt else (place.prompt,)
    untold = range(turn.serial + 1, turn.serial + UNTOLD_IDS + 1)
    return (*known, *(turn.id_of("p", serial) for serial in untold))


def _is_there(plan: PreparedPlan, place: Place) -> bool:
    """Say whether the plan, which may be a later one, still has the place."""
    journey = place.journey
    if journey.multiselection and not plan.has(To.MULTISELECTION, journey.multiselection):
        return False
    menus = list(journey.trail)
    if isinstance(place.way, Heading):
        if place.way.kind is To.MENU:
            menus.append(place.way.target)
        if not plan.has(place.way.kind, place.way.target):
            return False
    return all((journey.multiselection, menu) in plan.menus for menu in menus)
