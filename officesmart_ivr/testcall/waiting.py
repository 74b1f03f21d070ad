"""Waiting for something to become true, without polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from officesmart_ivr.testcall.errors import WaitedInVainError

T = TypeVar("T")


class Signal:
    """Wakes those who wait whenever something has changed; they look themselves whether it is enough."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` whenever something has changed."""
        self._listeners.append(changed)

    def notify(self) -> None:
        """Something has changed."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()
        for changed in self._listeners:
            changed()

    async def until(self, find: Callable[[], T | None], *, within: float, what: Callable[[], str]) -> T:
        """The first value of ``find`` that is not None, looked for now and at each change.

        Raises WaitedInVainError with the text of ``what`` after ``within`` seconds.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                while (found := find()) is None:
                    future: asyncio.Future[None] = loop.create_future()
                    self._waiting.add(future)
                    try:
                        await future
                    finally:
                        self._waiting.discard(future)
        except TimeoutError:
            raise WaitedInVainError(f"{what()} (waited {within:g} s)") from None
        return found
