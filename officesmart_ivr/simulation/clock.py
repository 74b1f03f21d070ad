"""A clock that jumps to the next thing that is due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count


class Due:
    """Something that is to happen, unless it is cancelled."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        """Let it not happen; safe to repeat."""
        self.act = None


class VirtualClock:
    """The time of a simulation, in UTC. What is due at the same moment happens in the order of asking."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._due: list[tuple[datetime, int, Due]] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the moment that it is."""
        return self._now

    def begin(self, now: datetime) -> None:
        """Begin anew at a moment, which may be earlier; nothing is due."""
        self._now = now.astimezone(UTC)
        self._due.clear()

    def later(self, seconds: float, act: Callable[[], None]) -> Due:
        """Let something happen after so many seconds."""
        due = Due(act)
        heapq.heappush(self._due, (self._now + timedelta(seconds=seconds), next(self._order), due))
        return due

    def tick(self) -> bool:
        """Go to the next thing that is due and let it happen; say whether there was one."""
        while self._due:
            at, _, due = heapq.heappop(self._due)
            if due.act is not None:
                self._now = max(self._now, at)
                due.act()
                return True
        return False
