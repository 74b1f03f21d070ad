"""Lines and legs as a choice sees them.

A line is an extension or an outside member of a group, known by its id. What keeps them up to date, and lets
calls choose and reserve in one critical section, is :class:`officesmart_ivr.state.lines.LineBoard`.

Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import force_setattr


class Phase(StrEnum):
    """How far a leg is. It only goes forward."""

    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"


class LineChange(StrEnum):
    """What people do with a line.

    One that is logged out or paused is offered no calls of groups; one that is not to be disturbed gets no
    call at all.
    """

    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    RESUME = "resume"
    DO_NOT_DISTURB_ON = "dnd_on"
    DO_NOT_DISTURB_OFF = "dnd_off"


class Switch(StrEnum):
    """What of a line a service code turns on and off."""

    LOGIN = "login"
    PAUSE = "pause"
    DO_NOT_DISTURB = "do_not_disturb"


class Leg(msgspec.Struct, frozen=True):
    """A leg that uses a line: its ``id`` is the channel's. ``group``: the hunt that offered it, or empty."""

    id: str
    line: str
    call_id: str
    phase: Phase
    group: str = ""


class Line(msgspec.Struct, frozen=True):
    """The state of a line at one moment.

    ``ready_since``: when it was first heard of, or last logged in, was resumed or ended its do-not-disturb.
    ``call_ended``: the end of its last talk; ``call_ended_of`` the same per group, and ``calls_of`` how many
    of the group's calls it took on the day of that one. ``wrap_up_until``: no offer before that moment.
    ``missed``: offers of hunts in a row that it has left unanswered. ``idle_since``: since when it has been
    waiting, counting calls of any kind; it follows from the others, whatever is given.
    """

    id: str
    ready_since: datetime
    registered: bool = False
    logged_in: bool = True
    paused: bool = False
    do_not_disturb: bool = False
    call_ended: datetime | None = None
    call_ended_of: Mapping[str, datetime] = {}
    calls_of: Mapping[str, int] = {}
    wrap_up_until: datetime | None = None
    missed: int = 0
    legs: tuple[Leg, ...] = ()
    idle_since: datetime = datetime.min

    def __post_init__(self) -> None:
        """Work out what a hunt asks of every member of a group: of a thousand, at each offer."""
        ready, ended = self.ready_since, self.call_ended
        force_setattr(self, "idle_since", ready if ended is None or ended < ready else ended)

    def idle_since_in(self, group: str) -> datetime:
        """Since when the line has been waiting, counting calls of this group only."""
        return max(self.ready_since, self.call_ended_of.get(group, self.ready_since))

    def calls_since(self, midnight: datetime, group: str) -> int:
        """Return how many calls of this group the line has taken on the day that began at ``midnight``.

        A day, because a count that never ends would give whoever joins the group all its calls for weeks.
        """
        ended = self.call_ended_of.get(group)
        return self.calls_of.get(group, 0) if ended is not None and ended >= midnight else 0

    def wraps_up(self, now: datetime) -> bool:
        """Say whether the pause after its last call still lasts."""
        return self.wrap_up_until is not None and now < self.wrap_up_until

    def toggled(self, switch: Switch) -> LineChange:
        """Return the change that turns a switch of the line to its other side."""
        match switch:
            case Switch.LOGIN:
                return LineChange.LOGOUT if self.logged_in else LineChange.LOGIN
            case Switch.PAUSE:
                return LineChange.RESUME if self.paused else LineChange.PAUSE
            case Switch.DO_NOT_DISTURB:
                on, off = LineChange.DO_NOT_DISTURB_ON, LineChange.DO_NOT_DISTURB_OFF
                return off if self.do_not_disturb else on

    def has_room(self, call_id: str, max_calls: int = 1) -> bool:
        """Say whether this call may reserve the line: a call has one leg on a line at most."""
        return len(self.legs) < max_calls and all(leg.call_id != call_id for leg in self.legs)


def midnight_before(now: datetime) -> datetime:
    """Return when the day of ``now`` began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


class LastOffered(msgspec.Struct, frozen=True):
    """The memory of a group: the member offered last, and its ``place`` among the members at that time.

    The place tells where to go on when the member has been deleted: with whoever took its place.
    """

    member: str
    place: int = 0


class View:
    """What a choice is made from. It shows the board itself, so it holds only during the choice."""

    __slots__ = ("_groups", "_lines", "now")

    def __init__(self, lines: Mapping[str, Line], groups: Mapping[str, LastOffered], now: datetime) -> None:
        self._lines = lines
        self._groups = groups
        self.now = now

    @property
    def lines(self) -> Collection[Line]:
        """All lines that were ever heard of."""
        return self._lines.values()

    def line(self, line: str) -> Line:
        """Return a line; one that was never heard of is not registered and idle since now."""
        return self._lines.get(line) or Line(line, ready_since=self.now)

    def idle_since(self, lines: Collection[str], group: str = "") -> list[datetime]:
        """Return since when each of these lines has been waiting, counting all calls or only the group's."""
        found = self._found(lines)
        return [line.idle_since_in(group) for line in found] if group else [line.idle_since for line in found]

    def calls_today(self, lines: Collection[str], group: str) -> list[int]:
        """Return how many calls of the group each of these lines has taken on this day, by UTC."""
        midnight = midnight_before(self.now)
        return [line.calls_since(midnight, group) for line in self._found(lines)]

    def _found(self, lines: Collection[str]) -> list[Line]:
        known = self._lines
        try:
            return [known[line] for line in lines]
        except KeyError:
            return [self.line(line) for line in lines]

    def last_offered(self, group: str) -> LastOffered | None:
        """Return the memory of a group; None when it has offered nothing yet."""
        return self._groups.get(group)


class Offer(msgspec.Struct, frozen=True):
    """A line to be reserved for a leg. ``max_calls``: how many legs the line may have with this one."""

    line: str
    leg: str
    max_calls: int = 1


class Choice(msgspec.Struct, frozen=True):
    """What was chosen: the offers, and what the group is to remember if its member could be reserved."""

    offers: tuple[Offer, ...] = ()
    last_offered: LastOffered | None = None
