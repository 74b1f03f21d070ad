"""The time, as those are told it who must not ask for it themselves.

Whatever a call waits for hangs on the same clock as the week that chooses its menu. So a program may put the
office at any moment, and let its time pass as it likes, while Asterisk and the phones live in ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Due(Protocol):
    """Something that is to happen, unless it is cancelled."""

    def cancel(self) -> object:
        """Let it not happen; safe to repeat."""


class Clock(Protocol):
    """Tells the time, and when some of it has passed."""

    def now(self) -> datetime:
        """Return the moment that it is, aware and in UTC."""

    def later(self, seconds: float, act: Callable[[], None]) -> Due:
        """Let something happen after so many seconds."""


class RealClock:
    """The time of this machine. What is due happens on the running event loop."""

    def now(self) -> datetime:
        """Return the moment that it is."""
        return datetime.now(UTC)

    def later(self, seconds: float, act: Callable[[], None]) -> Due:
        """Let something happen after so many seconds."""
        return asyncio.get_running_loop().call_later(seconds, act)


REAL = RealClock()
