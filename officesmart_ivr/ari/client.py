"""The ARI client: one session to one Asterisk, and the way to every resource."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from officesmart_ivr.ari.applications import ApplicationCollection, ApplicationHandle
from officesmart_ivr.ari.asterisk import AsteriskResource
from officesmart_ivr.ari.bridges import BridgeCollection, BridgeHandle
from officesmart_ivr.ari.channels import ChannelCollection, ChannelHandle
from officesmart_ivr.ari.device_states import DeviceStateCollection, DeviceStateHandle
from officesmart_ivr.ari.endpoints import EndpointCollection, EndpointHandle
from officesmart_ivr.ari.mailboxes import MailboxCollection, MailboxHandle
from officesmart_ivr.ari.playbacks import PlaybackHandle
from officesmart_ivr.ari.recordings import LiveRecordingHandle, RecordingCollection, StoredRecordingHandle
from officesmart_ivr.ari.sounds import SoundCollection
from officesmart_ivr.ari.transport import Transport
from officesmart_ivr.ari.user_events import UserEvents

_PROBE = "/channels/officesmart-probe"
"""A channel that never exists. Looking for it takes the lock that a stuck Asterisk never gives back, while
a ping would still be answered."""


class AriClient:
    """Asterisk's REST interface, to be used with ``async with``.

    Plural names are collections (``ari.channels.list()``); singular ones take a key and give a handle
    (``ari.channel(id).answer()``) that holds no state: making one asks nobody, and its methods tell what
    Asterisk says now. Every request raises an `AriError`; see `transport.ari_error` for which.

    ``pool`` is the number of requests at once; more wait. ``request_timeout`` is in seconds. An idle
    connection is closed after ``keep_alive`` seconds. That must be clearly less than ``session_keep_alive``
    in http.conf (15 s unless set), or a request may be sent into a connection that is just closing; a new
    connection costs about 1 ms.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8088",
        *,
        username: str,
        password: str,
        app: str = "officesmart",
        request_timeout: float = 5.0,
        pool: int = 32,
        keep_alive: float = 10.0,
    ) -> None:
        self.app = app
        self.transport = Transport(
            base_url,
            username=username,
            password=password,
            request_timeout=request_timeout,
            pool=pool,
            keep_alive=keep_alive,
        )
        self.applications = ApplicationCollection(self.transport)
        self.asterisk = AsteriskResource(self.transport)
        self.bridges = BridgeCollection(self.transport)
        self.channels = ChannelCollection(self.transport, app)
        self.device_states = DeviceStateCollection(self.transport)
        self.endpoints = EndpointCollection(self.transport)
        self.mailboxes = MailboxCollection(self.transport)
        self.recordings = RecordingCollection(self.transport)
        self.sounds = SoundCollection(self.transport)
        self.user_events = UserEvents(self.transport)

    async def __aenter__(self) -> Self:
        await self.transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.transport.__aexit__(kind, error, trace)

    def application(self, name: str | None = None) -> ApplicationHandle:
        """An application; without a name, this client's own."""
        return ApplicationHandle(self.transport, name or self.app)

    def bridge(self, bridge_id: str) -> BridgeHandle:
        """The bridge of this id."""
        return BridgeHandle(self.transport, bridge_id)

    def channel(self, channel_id: str) -> ChannelHandle:
        """The channel of this id."""
        return ChannelHandle(self.transport, channel_id)

    def device_state(self, name: str) -> DeviceStateHandle:
        """The device of this name."""
        return DeviceStateHandle(self.transport, name)

    def endpoint(self, technology: str, resource: str) -> EndpointHandle:
        """The endpoint ``technology/resource``."""
        return EndpointHandle(self.transport, technology, resource)

    def mailbox(self, name: str) -> MailboxHandle:
        """The mailbox of this name."""
        return MailboxHandle(self.transport, name)

    def playback(self, playback_id: str) -> PlaybackHandle:
        """The playback of this id."""
        return PlaybackHandle(self.transport, playback_id)

    def recording(self, name: str) -> LiveRecordingHandle:
        """The recording under way of this name."""
        return LiveRecordingHandle(self.transport, name)

    def stored_recording(self, name: str) -> StoredRecordingHandle:
        """The finished recording of this name."""
        return StoredRecordingHandle(self.transport, name)

    async def probe(self) -> None:
        """Ask a real question: look for a channel that never exists.

        Raises `AriNotFoundError`, which is the answer, or another `AriError`.
        """
        await self.transport.request("GET", _PROBE)

    async def is_responsive(self, within: float = 2.0) -> bool:
        """Whether Asterisk looks for a channel, and says that there is none, within so many seconds."""
        return await self.transport.answers_within(_PROBE, within)
