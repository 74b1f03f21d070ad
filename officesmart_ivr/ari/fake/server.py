"""The fake Asterisk on a loopback port: HTTP, the event stream, ordered faults, and what a test may do."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

import msgspec
from aiohttp import WSMsgType, web

from officesmart_ivr.ari.events import (
    ApplicationReplaced,
    ChannelHold,
    ChannelUnhold,
    Event,
)
from officesmart_ivr.ari.fake.faults import Fault, FaultQueue
from officesmart_ivr.ari.fake.rest import Rest
from officesmart_ivr.ari.fake.transfers import attended_transfer, blind_transfer
from officesmart_ivr.ari.fake.world import FakeChannel, RefusedError, World, encoded
from officesmart_ivr.ari.models import CallerID


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request as it came in; ``params`` holds query and body together."""

    method: str
    path: str
    params: dict[str, Any]


class _Stream:
    """One open event stream."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.silent = False


class FakeAri:
    """An Asterisk that does what the test says; to be used with ``async with``.

    Give `base_url`, `username` and `password` to an `AriClient`. ``world`` holds the channels, bridges,
    playbacks and configuration to look at; ``requests`` what came in.
    """

    username = "officesmart"
    password = "fake-password"

    def __init__(self, app: str = "officesmart") -> None:
        self.world = World(app, self.send, lambda: self._stream is not None)
        self.requests: list[SeenRequest] = []
        self.base_url = ""
        self._rest = Rest(self.world)
        self._faults = FaultQueue()
        self._stream: _Stream | None = None
        token = base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")
        self._authorization = f"Basic {token}"
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/ari/events", self._open_stream)
        application.router.add_route("*", "/ari/{path:.*}", self._request)
        # Replies that never come are given up at the end at once; for aiohttp, 0 would mean for ever.
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut_stream()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- the world, as the test moves it

    def register(
        self, endpoint: str, *, online: bool = True, contacts: Sequence[str] = ("sip:127.0.0.1:9",)
    ) -> None:
        """Let ``PJSIP/201`` be registered at these addresses (it can be called), or known but offline."""
        self.world.contacts[endpoint] = tuple(contacts) if online else ()
        self.world.endpoints[endpoint] = online

    def call_in(
        self, did: str, *, number: str = "0612345678", name: str = "", args: Sequence[str] | None = None
    ) -> str:
        """A call comes in from outside; its channel's id. Without an open stream it falls back.

        ``args`` is what the dialplan gives to Stasis; if None: ``inbound``, the DID, ``trunk``, ``trunk``.
        """
        channel = FakeChannel(
            id=self.world.new_id(),
            name=f"PJSIP/trunk-{len(self.world.channels):08x}",
            inbound=True,
            state="Ring",
            caller=CallerID(name=name, number=number),
            exten=did,
        )
        self.world.enter(channel, ["inbound", did, "trunk", "trunk"] if args is None else args)
        return channel.id

    def press(self, channel_id: str, keys: str, *, duration_ms: int = 100) -> None:
        """The phone presses keys, one after another."""
        for key in keys:
            self.world.key(self.world.channel(channel_id), key, duration_ms)

    def member_rings(self, channel_id: str) -> None:
        """The dialled phone rings."""
        self.world.dial_goes_on(self._dialled(channel_id), "Ringing", "RINGING")

    def member_answers(self, channel_id: str) -> None:
        """The dialled phone answers."""
        self.world.dial_goes_on(self._dialled(channel_id), "Up", "ANSWER")

    def member_rejects(self, channel_id: str, *, cause: int = 17, sip_status: int = 486) -> None:
        """The dialled phone refuses: 17 and 486 busy, 21 and 603 declined, 20 and 480 not there."""
        self.world.end(self._dialled(channel_id), cause, tech_cause=sip_status, soft=False)

    def dial_times_out(self, channel_id: str) -> None:
        """The time of the dial request is over."""
        self.world.end(self._dialled(channel_id), 19, tech_cause=480, soft=True)

    def hang_up(self, channel_id: str, cause: int = 16) -> None:
        """The far end hangs up."""
        self.world.end(self.world.channel(channel_id), cause, soft=False)

    def hold(self, channel_id: str) -> None:
        """The phone puts the other side on hold."""
        channel = self.world.channel(channel_id)
        self.world.tell(ChannelHold(channel=channel.snapshot(), musicclass="default"))

    def resume(self, channel_id: str) -> None:
        """The phone ends the hold."""
        self.world.tell(ChannelUnhold(channel=self.world.channel(channel_id).snapshot()))

    def transfer(self, channel_id: str, number: str) -> None:
        """The phone, which talks, sends the other side on to a number (REFER)."""
        blind_transfer(self.world, self.world.channel(channel_id), number)

    def transfer_to(self, first_id: str, second_id: str) -> None:
        """The phone joins the other ends of its two calls (REFER with Replaces); the first one talks."""
        attended_transfer(self.world, self.world.channel(first_id), self.world.channel(second_id))

    def finish_playback(self, playback_id: str) -> None:
        """The prompt came to its end."""
        self.world.finish(*self.world.playback(playback_id))

    def recording_ends(self, name: str) -> None:
        """The channel was silent for too long, or its time is over."""
        self.world.recordings.end(name)

    def restart(self, startup_time: str) -> None:
        """Asterisk starts anew: no call is left, and the stream is lost."""
        self.cut_stream()
        for gone in (self.world.channels, self.world.bridges, self.world.playbacks, self.world.config):
            gone.clear()
        self._rest.startup_time = startup_time

    def send(self, event: Event) -> None:
        """Send any event, unless nobody listens or the filter holds it back."""
        kind = type(event).__name__
        allowed = self._rest.filter["allowed"]
        if kind not in self._rest.filter["disallowed"] and (not allowed or kind in allowed):
            self.send_frame(encoded(event, self.world.app))

    def send_frame(self, frame: bytes) -> None:
        """Send any bytes as a text frame."""
        if self._stream is not None:
            self._stream.frames.put_nowait(frame)

    # --- faults

    def order(self, fault: Fault) -> Fault:
        """Have a fault happen to the next request that it fits."""
        self._faults.pending.append(fault)
        return fault

    def cut_stream(self) -> None:
        """The event stream's connection breaks; channels stay, their events are lost."""
        if self._stream is not None:
            self._stream.frames.put_nowait(None)
            self._stream = None
            self._rest.filter = {"allowed": [], "disallowed": []}
            self._rest.subscriptions.clear()

    def silence_stream(self) -> None:
        """The event stream stays open, but nothing comes any more, not even an answer to a ping."""
        if self._stream is not None:
            self._stream.silent = True
            self._stream = None

    # --- HTTP

    def _dialled(self, channel_id: str) -> FakeChannel:
        channel = self.world.channel(channel_id)
        if not channel.dialled:
            raise ValueError(f"the channel {channel_id} was not dialled")
        return channel

    def _authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == self._authorization

    async def _request(self, request: web.Request) -> web.Response:
        # The raw path: an id may hold an encoded slash.
        path = request.raw_path.partition("?")[0].removeprefix("/ari")
        body = await request.read()
        params: dict[str, Any] = dict(request.query) | (msgspec.json.decode(body) if body else {})
        self.requests.append(SeenRequest(request.method, path, params))
        if not self._authorized(request):
            return _reply({"error": "Authentication required"}, 401)
        fault = self._faults.take(request.method, path)
        if fault is not None and fault.status is not None:
            fault.met.set()
            return _reply({"message": fault.message}, fault.status)
        if fault is not None and fault.hold is not None:
            fault.met.set()
            await fault.hold.wait()
        reply = await self._carried_out(request.method, path, params)
        if fault is not None:
            fault.met.set()
            if fault.release is not None:
                await fault.release.wait()
        return reply

    async def _carried_out(self, method: str, path: str, params: dict[str, Any]) -> web.Response:
        segments = [unquote(segment) for segment in path.strip("/").split("/")]
        try:
            result = await self._rest.carry_out(method, segments, params)
        except RefusedError as refusal:
            return _reply({"message": refusal.message}, refusal.status)
        return web.Response(status=204) if result is None else _reply(result, 200)

    async def _open_stream(self, request: web.Request) -> web.StreamResponse:
        if not self._authorized(request):
            return _reply({"error": "Authentication required"}, 401)
        fault = self._faults.take("GET", "/events")
        if fault is not None and fault.status is not None:
            return _reply({"message": fault.message}, fault.status)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if self._stream is not None:
            self.send(ApplicationReplaced())
        stream = self._stream = _Stream()
        reader = asyncio.create_task(self._read(socket, stream))
        try:
            while (frame := await stream.frames.get()) is not None:
                await socket.send_str(frame.decode("utf-8", "replace"))
        finally:
            reader.cancel()
            if request.transport is not None:
                request.transport.abort()
        return socket

    async def _read(self, socket: web.WebSocketResponse, stream: _Stream) -> None:
        """Answer pings; see the client go."""
        async for message in socket:
            if message.type is WSMsgType.PING and not stream.silent:
                await socket.pong(message.data)
        stream.frames.put_nowait(None)
        if self._stream is stream:
            self._stream = None


def _reply(content: object, status: int) -> web.Response:
    if isinstance(content, bytes):
        return web.Response(status=status, body=content, content_type="application/octet-stream")
    return web.Response(status=status, body=msgspec.json.encode(content), content_type="application/json")
