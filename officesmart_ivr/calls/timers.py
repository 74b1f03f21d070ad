"""The timers of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """Named timers on the running loop. ``fired`` is called with the timer's id."""

    def __init__(self, fired: Callable[[str], None]) -> None:
        self._fired = fired
        self._running: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._running)

    def start(self, timer: str, seconds: float) -> None:
        """Start a timer of ``seconds``."""
        loop = asyncio.get_running_loop()
        self._running[timer] = loop.call_later(seconds, self._run_out, timer)

    def cancel(self, timer: str) -> None:
        """Forget a timer; one that is not running is no error."""
        if handle := self._running.pop(timer, None):
            handle.cancel()

    def cancel_all(self) -> None:
        """Forget them all."""
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()

    def _run_out(self, timer: str) -> None:
        del self._running[timer]
        self._fired(timer)
