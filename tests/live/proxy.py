"""A network between the application and Asterisk's REST interface that can be cut, or fall silent."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from officesmart_ivr.livetest.rig import LOOPBACK

_EVENTS = b"GET /ari/events?"
_CHUNK = 65536


class Link:
    """One connection: two pairs of streams, and whether bytes get through."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.carries_events = False
        self.flows = asyncio.Event()
        self.flows.set()

    async def pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Carry bytes one way to their end. What comes in silence, the end too, is held back."""
        with contextlib.suppress(OSError):
            while True:
                data = await source.read(_CHUNK)
                # A connection that is kept open may have carried requests before.
                self.carries_events = self.carries_events or data.startswith(_EVENTS)
                await self.flows.wait()
                if not data:
                    break
                target.write(data)
                await target.drain()
        target.close()

    def cut(self) -> None:
        """Reset both sides."""
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """Passes everything on to a port of loopback, until told otherwise; use it as ``async with``.

    Faults hold for the event stream alone, or for ``everything``: then for new connections too. A silent
    connection is open, and nothing comes through it, neither bytes nor their acknowledgement by the other
    program, nor its end.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._links: set[Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._is_cut = self._is_silent = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self, *, everything: bool = False) -> None:
        """Reset connections."""
        self._is_cut = everything
        for link in self._hit(everything):
            link.cut()

    def silence(self, *, everything: bool = False) -> None:
        """Let no byte through."""
        self._is_silent = everything
        for link in self._hit(everything):
            link.flows.clear()

    def heal(self) -> None:
        """Let everything through again; what was held back in silence comes late, as with TCP."""
        self._is_cut = self._is_silent = False
        for link in self._links:
            link.flows.set()

    def _hit(self, everything: bool) -> list[Link]:
        hit = [link for link in self._links if everything or link.carries_events]
        assert hit, "there is no such connection"
        return hit

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link()
        if self._is_silent:
            link.flows.clear()
        self._links.add(link)
        try:
            from_asterisk, to_asterisk = await asyncio.open_connection(LOOPBACK, self._target)
            link.writers = [writer, to_asterisk]
            await asyncio.gather(link.pump(reader, to_asterisk), link.pump(from_asterisk, writer))
        finally:
            link.cut()
            self._links.discard(link)
