"""One connection to Asterisk's manager interface, kept for ever; what it tells goes to those who listen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NoReturn, Protocol

from officesmart_ivr.ari.stream import backoff
from officesmart_ivr.asterisk.ami import Ami, AmiAccess, Packet, logged_in
from officesmart_ivr.errors import AmiError

_log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 15.0


class Listener(Protocol):
    """Who is told what the manager interface says."""

    async def connected(self, ami: Ami) -> None:
        """Take note that it is there, and look up what may have been missed.

        Packets that come meanwhile wait. May raise AmiError.
        """

    def receive(self, packet: Packet) -> None:
        """Take an event or a response; most are about something else."""

    def lost(self, why: str) -> None:
        """Take note that nothing is told any more, until :meth:`connected`."""


class Manager:
    """Keeps the connection. ``delays`` and ``sleep`` are for tests."""

    def __init__(
        self,
        access: AmiAccess,
        listeners: Sequence[Listener],
        *,
        delays: Callable[[], Iterator[float]] = lambda: backoff(limit=LONGEST_WAIT_SECONDS),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._access = access
        self._listeners = listeners
        self._delays = delays
        self._sleep = sleep

    async def run(self) -> NoReturn:
        """Listen for ever, connecting again after every loss; each row of failures is logged once."""
        delays = self._delays()
        told = ""
        while True:
            try:
                async with logged_in(self._access) as ami:
                    delays, told = self._delays(), ""
                    await self._follow(ami)
            except AmiError as error:
                why = error
            except Exception:
                # A state that nobody follows any more could refuse calls for ever.
                _log.exception("following phones and registrations failed by a fault")
                why = AmiError("the application failed to follow phones and registrations")
            for listener in self._listeners:
                listener.lost(why.message)
            if why.message != told:
                _log.warning("phones and registrations are not followed, trying again: %s", why)
                told = why.message
            await self._sleep(next(delays))

    async def _follow(self, ami: Ami) -> NoReturn:
        """Take what Asterisk says until the connection is lost. Raises AmiError."""
        for listener in self._listeners:
            await listener.connected(ami)
        while True:
            packet = await ami.packet()
            for listener in self._listeners:
                listener.receive(packet)
