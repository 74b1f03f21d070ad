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
from typing import Protocol

from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.lines import (
    Choice,
    LastOffered,
    Leg,
    Line,
    LineChange,
    Offer,
    Phase,
    Switch,
    View,
)

__all__ = [
    "Choice",
    "LastOffered",
    "Leg",
    "Line",
    "LineBoard",
    "LineChange",
    "Offer",
    "Phase",
    "Switch",
    "View",
    "change_line",
    "reserve_phone",
]

_CHANGES: Mapping[LineChange, Mapping[str, bool]] = {
    LineChange.LOGIN: {"logged_in": True},
    LineChange.LOGOUT: {"logged_in": False},
    LineChange.PAUSE: {"paused": True},
    LineChange.RESUME: {"paused": False},
    LineChange.DO_NOT_DISTURB_ON: {"do_not_disturb": True},
    LineChange.DO_NOT_DISTURB_OFF: {"do_not_disturb": False},
}
"""What each change is to :meth:`LineBoard.update`."""


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

    def missed(self, line: str, limit: int, now: datetime) -> bool:
        """Count a hunt's offer that the line has left unanswered, and pause it at the limit; say whether.

        Any talk, and resuming, begin the count anew.
        """
        ...

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after each change of a line. It returns at once, without a look at the board."""

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


def change_line(board: LineBoard, line: str, change: LineChange, now: datetime) -> None:
    """Do to a line what somebody wants done; nothing changes where it is so already."""
    board.update(line, now, **_CHANGES[change])


async def reserve_phone(board: LineBoard, call_id: str, offer: Offer, now: datetime) -> LegOutcome | None:
    """Reserve the line of a phone that no group has reserved; return why it cannot be.

    It is busy when it has as many calls as it may have, or our own already.
    """

    def choose(view: View) -> Choice:
        return Choice(() if view.line(offer.line).do_not_disturb else (offer,))

    if await board.reserve(call_id, choose, now):
        return None
    wants_peace = board.view(now).line(offer.line).do_not_disturb
    return LegOutcome.DO_NOT_DISTURB if wants_peace else LegOutcome.BUSY
