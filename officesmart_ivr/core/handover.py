"""Transfers by the phones that talk, and hold.

A blind transfer sends the other side on to a number. By an attended one a phone that is in two calls joins
the people at their other ends: one call gives a leg to the other, which lives on; the one that gave ends with
a note that names it. Picking up is the same gift, of the caller's own channel (see ``pick_up``).
"""

from __future__ import annotations

from officesmart_ivr.core import hunting, menu, routing, transfer
from officesmart_ivr.core.effects import (
    CancelLeg,
    Cause,
    Connect,
    Part,
    Promote,
    Take,
)
from officesmart_ivr.core.events import (
    GroupOffered,
    HandedOver,
    Held,
    LegOffered,
    MenuOffered,
    NothingOffered,
    Resumed,
    Side,
    Transferred,
)
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import (
    Announcing,
    ChoosingAnnouncement,
    ChoosingOverride,
    EnteringPin,
    Hunting,
    InMenu,
    Next,
    Origin,
    Outcome,
    PickingUp,
    Reviewing,
    Ringing,
    State,
    Talking,
)
from officesmart_ivr.core.target import PhoneTarget
from officesmart_ivr.core.turn import Turn

# --- hold


def held(turn: Turn, state: Talking, event: Held) -> State:
    """Note that a phone has put the other side on hold. The music is Asterisk's."""
    if event.by in state.holds:
        turn.ignore(event)
        return state
    turn.note(Fact.HELD, line=_line(turn, state, event.by))
    return Talking(turn.journey(), state.leg, state.target, (*state.holds, event.by))


def resumed(turn: Turn, state: Talking, event: Resumed) -> State:
    """Note that a hold is over. Asterisk reports that before each transfer too, where nobody was held."""
    if event.by not in state.holds:
        turn.ignore(event)
        return state
    turn.note(Fact.RESUMED, line=_line(turn, state, event.by))
    rest = tuple(side for side in state.holds if side is not event.by)
    return Talking(turn.journey(), state.leg, state.target, rest)


# --- transfer


def transferred(turn: Turn, state: Talking, event: Transferred) -> Next:
    """Route the one who stays to the number, with the rights of the line that transfers and of no other."""
    extension = _extension(turn, state, event.by)
    if extension is None:
        turn.note(Fact.NOT_ALLOWED, number=event.number)
        return _hang_up(turn, state)
    turn.note(Fact.TRANSFERS, line=extension, to=event.number)
    _part_from(turn, state, event.by)
    # A person has acted: what the plan's limit is to cut short begins anew.
    turn.sent_by, turn.steps = extension, 0
    return routing.dial(turn, event.number)


def leg_offered(turn: Turn, state: Talking, event: LegOffered) -> State:
    """Let the one who stays talk to the one with whom the phone has spoken, or is waiting to."""
    fact = Fact.JOINS_RINGING if event.ringing else Fact.JOINS
    turn.note(fact, line=_line(turn, state, event.by), to=event.target.line, call=event.call)
    turn.effects.append(Take(event.call))
    if event.ringing:
        turn.sent_by = _extension(turn, state, event.by) or ""
        _part_from(turn, state, event.by)
        return transfer.wait_for(turn, event.leg, event.target)
    if event.by is Side.CALLER:
        _promote(turn, state)
    turn.effects.append(Connect(event.leg))
    if event.by is Side.LEG:
        turn.effects.append(CancelLeg(state.leg))
    return Talking(turn.journey(), event.leg, event.target)


def menu_offered(turn: Turn, state: Talking, event: MenuOffered) -> Next:
    """Let the one who stays hear the menu to which the phone has listened.

    That call may have begun with a later plan than this one; a menu that is not in ours is not taken.
    """
    if any((event.multiselection, name) not in turn.plan.menus for name in event.trail):
        turn.ignore(event)
        return state
    turn.note(Fact.JOINS_MENU, line=_line(turn, state, event.by), call=event.call)
    turn.note(Fact.MULTISELECTION, multiselection=event.multiselection)
    turn.effects.append(Take(event.call))
    _part_from(turn, state, event.by)
    turn.multiselection, turn.trail, turn.steps = event.multiselection, event.trail, 0
    return menu.enter(turn)


def group_offered(turn: Turn, state: Talking, event: GroupOffered) -> Next:
    """Let the one who stays be looked for by the group that the phone was calling."""
    line = _line(turn, state, event.by)
    turn.note(Fact.JOINS_GROUP, line=line, hunt_group=event.group, call=event.call)
    turn.effects.append(Take(event.call))
    turn.sent_by, turn.steps = _extension(turn, state, event.by) or "", 0
    _part_from(turn, state, event.by)
    return hunting.hunt(turn, event.group, after=event.call)


def nothing_offered(turn: Turn, state: Talking, event: NothingOffered) -> Next:
    """Ring the phone again that wanted to join us with a call that was over: nobody else is left."""
    extension = _extension(turn, state, event.by)
    if extension is None:
        return _hang_up(turn, state)
    _part_from(turn, state, event.by)
    turn.sent_by, turn.steps = extension, 0
    return transfer.failed(turn, Outcome.UNREACHABLE, Cause.NORMAL, "transfer-failed")


def _hang_up(turn: Turn, state: Talking) -> State:
    """Release both: Asterisk refuses a transfer by a trunk; where one comes all the same, it is a hang-up."""
    turn.effects.append(CancelLeg(state.leg))
    return turn.end(Outcome.CONNECTED, Cause.NORMAL)


def _part_from(turn: Turn, state: Talking, side: Side) -> None:
    """End a conversation for the one at ``side``; the other one stays, as the caller."""
    if side is Side.CALLER:
        _promote(turn, state)
        turn.effects.append(Part())
    else:
        turn.effects += [Part(), CancelLeg(state.leg)]


def _promote(turn: Turn, state: Talking) -> None:
    """Put the one who was called into the caller's place; the menus that the caller has heard are not his."""
    turn.effects.append(Promote(state.leg))
    turn.promoted, turn.multiselection, turn.trail = state.target, "", ()


# --- the call that has given something away


def handed_over(turn: Turn, state: State, event: HandedOver) -> State:
    """End a call that lives on in another one; nothing of what it gave is touched any more."""
    turn.note(Fact.HANDED_OVER, call=event.to)
    match state:
        case PickingUp():
            return turn.over(Outcome.CONNECTED, Cause.NORMAL)
        case Talking() if event.gave is Side.CALLER:
            turn.effects.append(CancelLeg(state.leg))
            return turn.over(Outcome.TRANSFERRED, Cause.NORMAL)
        case InMenu() | Announcing() | Ringing() | EnteringPin() | ChoosingOverride():
            turn.cancel_timer(state.timer)
        case ChoosingAnnouncement() | Reviewing():
            turn.cancel_timer(state.timer)
        case Hunting():
            hunting.leave(turn, state)
    return turn.end(Outcome.TRANSFERRED, Cause.NORMAL)


def _extension(turn: Turn, state: Talking, side: Side) -> str | None:
    """Return the extension of the phone at ``side``; None for anybody else."""
    sits_there = state.target if side is Side.LEG else turn.promoted
    if isinstance(sits_there, PhoneTarget):
        return sits_there.extension
    if side is Side.CALLER and sits_there is None and turn.caller.origin is Origin.PHONE:
        return turn.caller.endpoint
    return None


def _line(turn: Turn, state: Talking, side: Side) -> str:
    """Return the name of the one at ``side``, for notes."""
    if side is Side.LEG:
        return state.target.line
    if turn.promoted is not None:
        return turn.promoted.line
    return _extension(turn, state, side) or turn.caller.number
