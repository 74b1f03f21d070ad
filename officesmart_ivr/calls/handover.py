"""One call gives another one something: a leg, its own caller, or its place in a menu.

An attended transfer and a pick-up are both such a gift. The one who gives offers, the other's core decides;
what it takes changes hands at that moment, with its line on the board. Until then nothing has changed, so an
offer that comes too late is just refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from officesmart_ivr.core.events import Event, GroupOffered, LegOffered, MenuOffered, PickedUp, Side
from officesmart_ivr.core.state import Announcing, Hunting, InMenu, Origin, Ringing, State, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target, trunk_of


class Giver(Protocol):
    """The call that gives."""

    @property
    def call_id(self) -> str:
        """The id by which logs name it."""
        ...

    def still_has(self, gift: Gift) -> bool:
        """Say whether what was offered is still there."""

    def gave(self, gift: Gift, to: str) -> None:
        """Let go of what the call ``to`` has taken."""

    def refused(self, gift: Gift) -> None:
        """Take note that the other call has not taken it."""


class Receiver(Protocol):
    """The call that is to take."""

    def post(self, event: Gift) -> None:
        """Take note of an offer; never waits."""


@dataclass(frozen=True, slots=True)
class GivenLeg:
    """A channel and who is there; ``answered`` is false for a caller whom nobody has answered yet."""

    channel: str
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


@dataclass(frozen=True, slots=True, eq=False)
class Gift:
    """What ``giver`` offers: ``side`` is where it sits there, None for a place in a menu or a group.

    ``replacing`` is the receiver's channel of the phone that transfers; empty for a pick-up.
    """

    giver: Giver
    what: GivenLeg | GivenPlace | GivenGroup
    side: Side | None
    replacing: str = ""


@dataclass(frozen=True, slots=True)
class Give:
    """A call is asked to give who is opposite to ``transferer`` to ``receiver``, where ``replacing`` sits."""

    transferer: str
    receiver: Receiver
    replacing: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An offer was not taken."""

    gift: Gift


def gift_of(giver: Giver, state: State, transferer: Side, callers_channel: str, give: Give) -> Gift | None:
    """Return what a call in this state has to give when the phone at ``transferer`` leaves, if anything."""
    match state:
        case Talking() if transferer is Side.LEG:
            who = GivenLeg(callers_channel, caller_target(state))
            return Gift(giver, who, Side.CALLER, give.replacing)
        case Talking():
            return Gift(giver, GivenLeg(state.leg, state.target), Side.LEG, give.replacing)
        case Ringing():
            return Gift(giver, GivenLeg(state.leg, state.target, ringing=True), Side.LEG, give.replacing)
        case Hunting():
            return Gift(giver, GivenGroup(state.search.group), None, give.replacing)
        case InMenu() | Announcing() if state.journey.trail:
            place = GivenPlace(state.journey.multiselection, state.journey.trail)
            return Gift(giver, place, None, give.replacing)
    return None


def event_of(gift: Gift, by: Side | None) -> Event | None:
    """Return what the receiver's core is told; ``by`` is where the phone sits that transfers.

    None when it is not there any more.
    """
    match gift.what:
        case GivenLeg(channel, target) if not gift.replacing:
            return PickedUp(gift.giver.call_id, channel, target)
        case GivenLeg(channel, target, ringing) if by is not None:
            return LegOffered(gift.giver.call_id, by, channel, target, ringing)
        case GivenPlace(multiselection, trail) if by is not None:
            return MenuOffered(gift.giver.call_id, by, multiselection, trail)
        case GivenGroup(group) if by is not None:
            return GroupOffered(gift.giver.call_id, by, group)
    return None


def caller_target(state: State) -> Target:
    """Return who sits in the caller's place, as one whom a leg leads to."""
    caller = state.journey.caller
    if state.journey.promoted is not None:
        return state.journey.promoted
    if caller.origin is Origin.PHONE:
        return PhoneTarget(caller.endpoint)
    return OutsideTarget(caller.number, trunk_of(caller.endpoint) or caller.endpoint)


def longest_ringing(ringing: Mapping[str, str], lines: frozenset[str], tried: set[str]) -> str | None:
    """Return the leg that has rung longest on one of these lines; None when there is none left to try.

    ``ringing`` maps legs to lines, the longest ringing first.
    """
    return next((leg for leg, line in ringing.items() if line in lines and leg not in tried), None)
