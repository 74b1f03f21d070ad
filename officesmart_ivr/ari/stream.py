"""The event stream: a WebSocket that comes back by itself, and the typed events that it carries."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import aiohttp
import msgspec
from aiohttp.http import WSMessageNoDecodeText

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import ApplicationReplaced, Event, UnknownEvent, decode
from officesmart_ivr.ari.transport import NO_REPLY, ari_error, query
from officesmart_ivr.errors import AriConflictError, AriNotFoundError, AriServerError, AriUnavailableError

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 6.0
"""A ping goes out after this long without a frame, and half of it is waited for the pong: a socket that has
fallen silent is given up within 9 s."""

CLOSE_SECONDS = 1.0
"""Asterisk does not always answer the closing of a stream; it is not waited for longer than this."""

_REQUEST = "GET /events"

_PASSING = (AriUnavailableError, AriNotFoundError, AriServerError)
"""Unreachable, or up without ARI yet: Asterisk's HTTP server answers before its modules are loaded."""

_Socket = aiohttp.ClientWebSocketResponse[Literal[False]]


@dataclass(frozen=True, slots=True)
class StreamUp:
    """The stream is open. Whatever happened before it, and while it was down, is not told."""

    reconnected: bool


@dataclass(frozen=True, slots=True)
class StreamDown:
    """The stream was lost."""

    why: str


@dataclass(slots=True)
class StreamCounts:
    """What the stream has seen since the start of the process."""

    events: int = 0
    malformed: int = 0
    connections: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    """Events of types that this client does not know, by type."""


Receive = Callable[[Event | StreamUp | StreamDown], None]


def backoff(
    first: float = 0.1, limit: float = 2.0, rand: Callable[[], float] = random.random
) -> Iterator[float]:
    """Seconds to wait before each further try: doubling from ``first`` up to ``limit``.

    Each is shortened by a random part of up to a half, so that many clients do not come back in step. None is
    near zero: Asterisk puts a lost stream away in a thread of its own, and one that is opened at that very
    moment is deaf (measured on 22.10.1: 2 of 300 reopened within 2 ms).
    """
    wait = first
    while True:
        yield wait * (1 - rand() / 2)
        wait = min(wait * 2, limit)


class EventStream:
    """The events of one application.

    ``disallowed`` names event types that Asterisk shall not send (they cost both sides time). ``delays``
    and ``sleep`` are for tests.
    """

    def __init__(
        self,
        client: AriClient,
        *,
        disallowed: Sequence[str] = (),
        heartbeat: float = HEARTBEAT_SECONDS,
        delays: Callable[[], Iterator[float]] = backoff,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.counts = StreamCounts()
        self._client = client
        self._disallowed = tuple(disallowed)
        self._heartbeat = heartbeat
        self._delays = delays
        self._sleep = sleep

    async def run(self, receive: Receive) -> NoReturn:
        """Hand every event to ``receive``, for ever, connecting again after every loss.

        ``receive`` is called from the loop's thread and must not block; nothing is ever dropped or put in
        another order. It gets `StreamUp` first after each connect, `StreamDown` at each loss.

        Raises `AriRequestError` when Asterisk refuses the credentials, and `AriConflictError` when another
        client has opened the stream of the same application: fighting for it would lose calls on both sides.
        """
        delays = self._delays()
        while True:
            try:
                async with self._connected() as socket:
                    delays = self._delays()
                    receive(StreamUp(reconnected=self.counts.connections > 0))
                    self.counts.connections += 1
                    why = await self._read(socket, receive)
            except _PASSING as error:
                why = error.message
            wait = next(delays)
            log.warning("no event stream, next try in %.1f s: %s", wait, why)
            await self._sleep(wait)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[_Socket]:
        """The open WebSocket, the event filter set. Raises an `AriError`."""
        transport = self._client.transport
        url = transport.url("/events" + query(app=self._client.app))
        try:
            socket = await transport.session.ws_connect(
                url,
                heartbeat=self._heartbeat,
                max_msg_size=0,
                decode_text=False,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )
        except aiohttp.WSServerHandshakeError as error:
            raise ari_error(_REQUEST, error.status, f"{error.status} {error.message}") from error
        except TimeoutError:
            raise ari_error(_REQUEST, NO_REPLY, "no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise ari_error(_REQUEST, NO_REPLY, str(error) or type(error).__name__) from error
        async with socket:
            if self._disallowed:
                # Asterisk forgets the filter when the stream closes, and takes none before it is open.
                await self._client.application().filter(disallowed=self._disallowed)
            yield socket

    async def _read(self, socket: _Socket, receive: Receive) -> str:
        """Hand on events until the socket is lost; why it was lost."""
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                why = _loss(message)
                receive(StreamDown(why))
                return why
            event = self._event(message.data)
            if event is None:
                continue
            receive(event)
            if isinstance(event, ApplicationReplaced):
                replaced = f"another client has taken over the application {self._client.app}"
                receive(StreamDown(replaced))
                raise AriConflictError(replaced, remedy="Stop one of the two programs.")

    def _event(self, frame: bytes) -> Event | None:
        """The event of a frame, counted; None when it cannot be read, which must not end the stream."""
        try:
            event = decode(frame)
        except msgspec.DecodeError as error:
            self.counts.malformed += 1
            log.warning("a frame of %d bytes that is no event: %s", len(frame), error)
            return None
        self.counts.events += 1
        if isinstance(event, UnknownEvent):
            self.counts.unknown[event.type] = self.counts.unknown.get(event.type, 0) + 1
        return event


def _loss(message: WSMessageNoDecodeText) -> str:
    """Why the socket is lost, from the message that ends it."""
    if message.type is aiohttp.WSMsgType.ERROR:
        return f"the event stream broke: {message.data}"
    if message.type is aiohttp.WSMsgType.CLOSE:
        return f"Asterisk closed the event stream: {message.data} {message.extra or ''}".rstrip()
    return "the connection of the event stream ended"
