"""How the requests of one call are sent: beside it, in order where Asterisk needs one, twice at need."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from officesmart_ivr.errors import AriError, AriNotFoundError

_log = logging.getLogger(__name__)

Request = Callable[[], Coroutine[Any, Any, None]]
"""A request that can be sent more than once."""


async def insist(request: Request, what: str) -> None:
    """Free something, at the second try if need be: no phone shall ring on for one lost request.

    ``what`` is what the log says it was. Raises AriError.
    """
    try:
        await request()
    except AriNotFoundError:
        raise
    except AriError as error:
        _log.warning("%s: trying again: %s", what, error)
        await request()


class Requests:
    """Sends the requests of one call; ``spawn`` runs each beside the call."""

    def __init__(
        self, call_id: str, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        self._call_id = call_id
        self._spawn = spawn
        self._first: set[asyncio.Task[None]] = set()

    def send(
        self, request: Coroutine[Any, Any, Any], failed: Callable[[], None] | None = None
    ) -> asyncio.Task[None]:
        """Send a request; ``failed`` is called when Asterisk refuses it or does not answer."""
        task = self._spawn(self._guard(request, failed))
        # A fault cancels what is about to be sent, which nobody has awaited then.
        task.add_done_callback(lambda _: request.close())
        return task

    def send_first(self, request: Coroutine[Any, Any, None]) -> None:
        """Send a request to the caller's channel that prompts and talking must come after."""
        sent = self.send(request)
        self._first.add(sent)
        sent.add_done_callback(self._first.discard)

    async def after_first(self) -> None:
        """Wait for what was sent first."""
        if self._first:
            await asyncio.wait(self._first)

    async def insist(self, request: Request) -> None:
        """Free something of this call, at the second try if need be. Raises AriError."""
        await insist(request, f"call {self._call_id}")

    async def quietly(self, request: Coroutine[Any, Any, Any]) -> None:
        """Send a request and wait for it, whatever becomes of it."""
        await self._guard(request, None)

    async def _guard(self, request: Coroutine[Any, Any, Any], failed: Callable[[], None] | None) -> None:
        """Await a request. What it meets at the end of a channel's life is no fault."""
        try:
            await request
        except (AriError, TimeoutError) as error:
            level = logging.DEBUG if isinstance(error, AriNotFoundError) else logging.WARNING
            _log.log(level, "call %s: %s", self._call_id, error)
            if failed is not None:
                failed()
