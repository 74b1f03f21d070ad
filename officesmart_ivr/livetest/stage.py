"""What a caller of a live test needs of the office that he calls."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.livetest.people import Person
from officesmart_ivr.simulation.clock import VirtualClock


class Stage(Protocol):
    """The office of one test.

    ``plan`` is the admin's; ``seconds`` tells how long an announcement of it lasts, by its id.
    """

    plan: PreparedPlan
    clock: VirtualClock
    codewords: Codewords
    seconds: Callable[[str], float]

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; no time passes until it is done."""
        ...

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something real. Raises LiveTestError when it does not come."""
        ...

    def was_asked(self, leg: str) -> bool:
        """Say whether who has answered a leg has heard that he is to press a key."""
        ...

    def who_answered(self, leg: str) -> Person | None:
        """Return who has answered a leg; None where another phone has picked the call up."""
        ...
