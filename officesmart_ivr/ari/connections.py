"""A pool of kept-alive connections to one HTTP server, made for many small requests.

A request over a connection that waits for one costs a write and the reading of what comes: no task, no
stream, no object for a URL, a header or a body. See docs/adr/0025-requests-over-connections-of-our-own.md.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import cast

from officesmart_ivr.ari.replies import Reply, ReplyError, ReplyReader, TooLongError


class Connection(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: ReplyReader | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self.idle_since = 0.0
        self.was_heard = False

    @property
    def is_open(self) -> bool:
        """Whether it can take a request, as far as can be known."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, most: int | None) -> Reply:
        """Send a request and return its reply; whatever else happens closes the connection.

        Raises ConnectionError when the connection is lost, ReplyError, TooLongError. ``was_heard`` tells then
        whether some of a reply had come.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self.was_heard = False
        self._reader = ReplyReader(most)
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            reply = await self._reply
        except BaseException:
            self.close()
            raise
        finally:
            self._reader = self._reply = None
        if not reply.keeps:
            self.close()
        return reply

    def close(self) -> None:
        """Close it at once; whoever waits for a reply learns it."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        reply = self._reply
        if self._reader is None or reply is None or reply.done():
            # Nobody asked: the next request would take it for its reply.
            self.close()
            return
        self.was_heard = True
        try:
            whole = self._reader.feed(data)
        except (ReplyError, TooLongError) as error:
            reply.set_exception(error)
            return
        if whole is not None:
            reply.set_result(whole)

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio."""
        self._transport = None
        if self._reply is None or self._reply.done() or self._reader is None:
            return
        if error is None and self._reader.has_begun:
            try:
                self._reply.set_result(self._reader.end())
            except ReplyError as cut:
                self._reply.set_exception(ConnectionResetError(str(cut)))
        else:
            why = str(error) if error else "the connection was closed before a reply came"
            self._reply.set_exception(ConnectionResetError(why))


class Connections:
    """The connections to one server: ``limit`` at most, idle ones for ``keep_alive`` seconds at most."""

    def __init__(
        self, host: str, port: int, *, tls: ssl.SSLContext | None, limit: int, keep_alive: float
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._keep_alive = keep_alive
        self._room = asyncio.Semaphore(limit)
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._closed = False

    async def send(self, request: bytes, *, repeatable: bool, most: int | None = None) -> Reply:
        """Send a request and return its reply. Raises OSError, ReplyError or TooLongError.

        A server closes idle connections too, and may do so just when a request is under way to it. Where
        nothing of a reply has come, a ``repeatable`` one is sent once more, over a new connection; any other
        may have been carried out.
        """
        async with self._room:
            if (kept := self._kept()) is not None:
                try:
                    return await self._over(kept, request, most)
                except ConnectionError:
                    if not repeatable or kept.was_heard or self._closed:
                        raise
            return await self._over(await self._connect(), request, most)

    async def close(self) -> None:
        """Close all connections; requests under way end in ConnectionError."""
        self._closed = True
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()
        # The loop closes their sockets in its next turn.
        await asyncio.sleep(0)

    def _kept(self) -> Connection | None:
        """Return the connection that was idle for the shortest time, if any is young enough."""
        oldest = asyncio.get_running_loop().time() - self._keep_alive
        while self._idle and not (self._idle[0].is_open and self._idle[0].idle_since >= oldest):
            self._idle.popleft().close()
        while self._idle:
            if (connection := self._idle.pop()).is_open:
                return connection
        return None

    async def _connect(self) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, self._host, self._port, ssl=self._tls
        )
        return connection

    async def _over(self, connection: Connection, request: bytes, most: int | None) -> Reply:
        if self._closed:
            connection.close()
            raise ConnectionAbortedError("the client was closed")
        self._busy.add(connection)
        try:
            reply = await connection.exchange(request, most)
        finally:
            self._busy.discard(connection)
        if connection.is_open:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        return reply
