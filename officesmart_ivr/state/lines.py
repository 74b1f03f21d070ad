"""The line board: what each line is doing, and the one place where lines are chosen and reserved.

A line is an extension or an outside member of a group, known by its id. Lines may be in several groups, so
the critical section is over lines: in :meth:`LineBoard.reserve` a choice is made from a view of all lines,
what was chosen is reserved and the group's memory moves, with nothing in between. Everything else is a report
of what has happened, taken at once.

Times are aware and in UTC; ``now`` is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec


class Phase(StrEnum):
    """How far a leg is. It only goes forward."""

    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"


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
    ``call_ended``: the end of its last talk; ``call_ended_of`` the same per group. ``wrap_up_until``: no
    offer before that moment.
    """

    id: str
    ready_since: datetime
    registered: bool = False
    logged_in: bool = True
    paused: bool = False
    do_not_disturb: bool = False
    call_ended: datetime | None = None
    call_ended_of: Mapping[str, datetime] = {}
    wrap_up_until: datetime | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def idle_since(self) -> datetime:
        """Since when the line has been waiting, counting calls of any kind."""
        ready, ended = self.ready_since, self.call_ended
        return ready if ended is None or ended < ready else ended

    def idle_since_in(self, group: str) -> datetime:
        """Since when the line has been waiting, counting calls of this group only."""
        return max(self.ready_since, self.call_ended_of.get(group, self.ready_since))

    def wraps_up(self, now: datetime) -> bool:
        """Say whether the pause after its last call still lasts."""
        return self.wrap_up_until is not None and now < self.wrap_up_until

    def has_room(self, call_id: str, max_calls: int = 1) -> bool:
        """Say whether this call may reserve the line: a call has one leg on a line at most."""
        return len(self.legs) < max_calls and all(leg.call_id != call_id for leg in self.legs)


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


class LineBoard(Protocol):
    """The state of all lines. Reports about legs that are gone are late, not wrong: they change nothing."""

    def view(self, now: datetime) -> View:
        """Show the lines as they are."""
        ...

    async def reserve(
        self, call_id: str, choose: Callable[[View], Choice], now: datetime, *, group: str = ""
    ) -> tuple[Leg, ...]:
        """Choose and reserve in one critical section; return the legs that were reserved.

        An offered line without room is left out, so asking for one particular line needs no look at it
        first. ``choose`` is pure: a board shared by several processes may call it again. Await this where
        the call's own events are handled, so that its release always comes later. Raises StateError for a
        leg that exists already; nothing is reserved then.
        """
        ...

    def occupy(self, line: str, call_id: str, leg: str, now: datetime) -> None:
        """Take note that a line talks in a call without having been offered it, as when its phone calls.

        Facts are not limited by ``max_calls``. A leg that the call has on the line already is replaced by
        this one, as when a transfer replaces a channel. Raises StateError when another call has the leg.
        """

    def ringing(self, leg: str) -> None:
        """Take note that the phone of a reserved leg rings."""

    def answered(self, leg: str) -> None:
        """Take note that a leg talks."""

    def hand_over(self, leg: str, call_id: str) -> None:
        """Give a leg to another call, as by an attended transfer; it replaces one that call has there."""

    def release(self, leg: str, now: datetime, *, wrap_up: float = 0.0) -> None:
        """Free a line of a leg. Where it talked, it is idle since now, with ``wrap_up`` seconds' pause."""

    def release_call(self, call_id: str, now: datetime, *, wrap_up: float = 0.0) -> None:
        """Free all lines of a call."""

    def update(
        self,
        line: str,
        now: datetime,
        *,
        registered: bool | None = None,
        logged_in: bool | None = None,
        paused: bool | None = None,
        do_not_disturb: bool | None = None,
    ) -> None:
        """Take note of what has changed about a line.

        A new line, a login, a resumption and the end of do-not-disturb begin its idle time anew; being
        registered again does not.
        """

    def reconcile(self, live: Iterable[Leg], calls: Collection[str], now: datetime) -> None:
        """Make the board equal to what Asterisk has: ``live`` are the legs there, ``calls`` the calls we run.

        A leg that is not there is released, unless it is a reservation of a running call, whose channel has
        yet to be made. One that we do not know is added. Where both know it, Asterisk is right about the
        line and the call, and the phase does not go back.
        """

    def keep_only(self, lines: Collection[str]) -> None:
        """Forget the lines that are not among these, such as those that a plan has no more.

        A line with legs stays. Whoever gets a forgotten extension's number starts without its past.
        """
