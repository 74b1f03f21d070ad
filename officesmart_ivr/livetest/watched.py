"""What the application lets one know of a call while it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable

from officesmart_ivr.core.events import Event, KeyPressed, LegKeyPressed, TimerFired
from officesmart_ivr.core.state import Ended, Hunting, InMenu, Ringing, State, Talking
from officesmart_ivr.core.target import Target


class Watched:
    """A call as the application's watcher tells it.

    ``keys`` and ``leg_keys`` count what the caller and those called have pressed. ``since_ns`` (monotonic) is
    when the call came into its state. ``silence`` is called when a caller has let a menu's time pass.
    """

    def __init__(self) -> None:
        self.state: State | None = None
        self.since_ns = 0
        self.keys = self.leg_keys = 0
        self.has_settled = False
        self.talked_with: Target | None = None
        self.in_group = False
        self.silence: Callable[[], None] = lambda: None

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return isinstance(self.state, Ended)

    def take(self, event: Event, now: State) -> None:
        """Take note of what has happened."""
        was, self.state = self.state, now
        self.keys += isinstance(event, KeyPressed)
        self.leg_keys += isinstance(event, LegKeyPressed)
        if was != now:
            self.since_ns = time.monotonic_ns()
        match now:
            case Ringing() | Ended():
                self.has_settled = True
            case Talking(target=target):
                self.has_settled = True
                if not isinstance(was, Talking):
                    self.talked_with, self.in_group = target, isinstance(was, Hunting)
            case Hunting(legs=legs, waits=waits) if legs or waits:
                self.has_settled = True
        if isinstance(event, TimerFired) and isinstance(was, InMenu) and not was.entry:
            self.silence()
