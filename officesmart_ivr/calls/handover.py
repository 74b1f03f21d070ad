"""One call gives another one something: a leg, its own caller, or its place in a menu.

An attended transfer and a pick-up are both such a gift. The receiver looks at what the giver has at the
moment in which it would take it, and its core decides; what it takes changes hands there and then, with its
line on the board. Before that nothing has changed, so a gift that comes too late is just refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from officesmart_ivr.calls.seats import Seat
from officesmart_ivr.core.events import Event, GroupOffered, LegOffered, MenuOffered, PickedUp, Side
from officesmart_ivr.core.state import Announcing, Hunting, InMenu, Origin, Ringing, State, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target, trunk_of


@dataclass(frozen=True, slots=True)
class GivenLeg:
    """A leg and who is there; ``side`` is where it sits with the giver.

    ``answered`` is false for a caller whom nobody has answered yet.
    """

    side: Side
    leg: str
    target: Target
    ringing: bool = False
    answered: bool = True


@dataclass(frozen=True, slots=True)
class GivenPlace:
    """A place in the menus."""

    multiselection: str
    trail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GivenGroup:
    """A group that is being hunted."""

    group: str


Given = GivenLeg | GivenPlace | GivenGroup


class Giver(Protocol):
    """The call that gives."""

    @property
    def call_id(self) -> str:
        """The id by which logs name it."""
        ...

    def gives(self, gift: Gift) -> Given | None:
        """Return what there is to give at this moment."""

    def gave(self, given: Given, to: str) -> Seat | None:
        """Let go of what the call ``to`` has taken; return the seat of a leg."""

    def refused(self, gift: Gift) -> None:
        """Take note that the other call has taken nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Gift:
    """An offer to a call.

    An attended transfer: the phone that makes it is the channel ``transferer`` in the giver's call, and
    ``replacing`` in the receiver's. Both are empty for a pick-up, in which the giver gives its caller.
    """

    giver: Giver
    transferer: str = ""
    replacing: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An offer was not taken."""


def opposite(state: State, transferer: Side, callers_leg: str) -> Given | None:
    """Return what a call in this state has opposite to the phone that transfers; None for nothing."""
    match state:
        case Talking() if transferer is Side.LEG:
            return GivenLeg(Side.CALLER, callers_leg, caller_target(state))
        case Talking():
            return GivenLeg(Side.LEG, state.leg, state.target)
        case Ringing():
            return GivenLeg(Side.LEG, state.leg, state.target, ringing=True)
        case Hunting():
            return GivenGroup(state.search.group)
        case InMenu() | Announcing() if state.journey.trail:
            return GivenPlace(state.journey.multiselection, state.journey.trail)
    return None


def event_of(call_id: str, given: Given, by: Side | None) -> Event:
    """Return what the receiver's core is told of a gift of ``call_id``.

    ``by`` is where the phone that transfers sits in the receiver's call; None for a pick-up.
    """
    match given:
        case GivenPlace(multiselection, trail):
            assert by is not None
            return MenuOffered(call_id, by, multiselection, trail)
        case GivenGroup(group):
            assert by is not None
            return GroupOffered(call_id, by, group)
        case GivenLeg() if by is None:
            return PickedUp(call_id, given.leg, given.target)
        case GivenLeg():
            return LegOffered(call_id, by, given.leg, given.target, given.ringing)


def caller_target(state: State) -> Target:
    """Return who sits in the caller's place, as one to whom a leg leads."""
    caller = state.journey.caller
    if state.journey.promoted is not None:
        return state.journey.promoted
    if caller.origin in (Origin.PHONE, Origin.OFFICE):
        return PhoneTarget(caller.endpoint)
    return OutsideTarget(caller.number, trunk_of(caller.endpoint) or caller.endpoint)


def longest_ringing(ringing: Mapping[str, str], lines: frozenset[str], tried: set[str]) -> str | None:
    """Return the leg that has rung longest on one of these lines; None when there is none left to try.

    ``ringing`` maps legs to lines, the longest ringing first.
    """
    return next((leg for leg, line in ringing.items() if line in lines and leg not in tried), None)
