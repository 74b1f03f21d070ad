"""The timers of one call."""

from __future__ import annotations

from collections.abc import Callable

from officesmart_ivr.clock import Due


class Timers:
    """Named timers. ``later`` lets something happen after some seconds; ``fired`` gets a timer's id."""

    def __init__(
        self, later: Callable[[float, Callable[[], None]], Due], fired: Callable[[str], None]
    ) -> None:
        self._later = later
        self._fired = fired
        self._running: dict[str, Due] = {}

    def __len__(self) -> int:
        return len(self._running)

    def start(self, timer: str, seconds: float) -> None:
        """Start a timer of ``seconds``."""
        self._running[timer] = self._later(seconds, lambda: self._run_out(timer))

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
