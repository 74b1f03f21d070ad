"""The fake's channels, bridges and playbacks, and what becomes of them.

Nothing here knows HTTP. What a request does, and what the world does, are methods; both tell the application
by `World.tell`. Time does not exist: a prompt plays until it is stopped or the test says that it ended.
The order of events is that of Asterisk 22.10.1, which the contract suite holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from officesmart_ivr.ari.events import (
    ChannelConnectedLine,
    ChannelDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelLeftBridge,
    ChannelStateChange,
    Dial,
    Event,
    PlaybackContinuing,
    PlaybackFinished,
    PlaybackStarted,
    StasisEnd,
    StasisStart,
)
from officesmart_ivr.ari.fake.recordings import Recordings
from officesmart_ivr.ari.models import Bridge, CallerID, Channel, DialplanCEP, Playback

BEING_HUNG_UP = 32
"""The cause that Asterisk gives in `ChannelHangupRequest` when the hang-up was asked for inside."""

NOT_ANSWERED_YET = ("Down", "Rsrved", "Ringing")
"""States in which Asterisk refuses to do anything with a channel but dial it or hang it up."""


class RefusedError(Exception):
    """A request that Asterisk would refuse, with the HTTP status and the words of the real one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class FakePlayback:
    """A playback that waits or plays."""

    id: str
    media: list[str]
    target: str
    language: str = ""
    state: str = "queued"
    index: int = 0

    def snapshot(self) -> Playback:
        """As Asterisk tells it."""
        following = self.media[self.index + 1 :]
        return Playback(
            id=self.id,
            media_uri=self.media[self.index],
            next_media_uri=following[0] if following else "",
            target_uri=self.target,
            language=self.language,
            state=self.state,
        )


@dataclass(slots=True)
class Player:
    """What a channel or a bridge plays: one playback, and those that wait for it."""

    queue: list[FakePlayback] = field(default_factory=list)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.idle.set()


@dataclass(slots=True)
class FakeChannel:
    """A channel, with what was asked of it."""

    id: str
    name: str
    inbound: bool
    state: str
    caller: CallerID = field(default_factory=CallerID)
    connected: CallerID = field(default_factory=CallerID)
    exten: str = "s"
    app_data: str = ""
    in_stasis: bool = False
    dialled: bool = False
    in_dial_bridge: bool = False
    """Asterisk has a bridge of its own for what it dials; any other takes the channel out of it for good."""
    dial_timeout: int | None = None
    originator: str | None = None
    bridge_id: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    player: Player = field(default_factory=Player)
    ringing: bool = False
    moh: str | None = None
    sent_dtmf: str = ""
    marks: set[str] = field(default_factory=set)
    """What is switched on: hold, mute, silence."""
    partner: str = ""
    """The other half of a Local channel."""
    replaced: bool = False
    """A transfer has put another channel in its place: no more than the end of Stasis is told of it."""

    def snapshot(self) -> Channel:
        """As Asterisk tells it."""
        return Channel(
            id=self.id,
            name=self.name,
            state=self.state,
            caller=self.caller,
            connected=self.connected,
            dialplan=DialplanCEP(
                context="inbound", exten=self.exten, priority=1, app_name="Stasis", app_data=self.app_data
            ),
            creationtime="2026-01-01T00:00:00.000+0000",
            language="en",
        )


@dataclass(slots=True)
class FakeBridge:
    """A bridge and the ids of its channels."""

    id: str
    types: str
    name: str = ""
    channels: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    player: Player = field(default_factory=Player)
    moh: str | None = None

    def snapshot(self) -> Bridge:
        """As Asterisk tells it."""
        holding = "holding" in self.types
        return Bridge(
            id=self.id,
            technology="holding_bridge" if holding else "simple_bridge",
            bridge_type="holding" if holding else "mixing",
            bridge_class="stasis",
            creator="Stasis",
            name=self.name,
            channels=list(self.channels),
        )


class World:
    """Everything that the fake Asterisk holds.

    ``tell`` takes the events. ``app`` is the only application; ``listening`` says whether its stream is open.
    """

    def __init__(self, app: str, tell: Callable[[Event], None], listening: Callable[[], bool]) -> None:
        self.app = app
        self.channels: dict[str, FakeChannel] = {}
        self.bridges: dict[str, FakeBridge] = {}
        self.playbacks: dict[str, tuple[FakePlayback, Player]] = {}
        self.recordings = Recordings(tell)
        self.endpoints: dict[str, bool] = {}
        self.contacts: dict[str, tuple[str, ...]] = {}
        self.config: dict[tuple[str, str, str], dict[str, str]] = {}
        self.globals: dict[str, str] = {}
        self.missing_media: set[str] = set()
        self.fell_back: list[str] = []
        self.continued: list[tuple[str, Mapping[str, object]]] = []
        self.tell = tell
        self._listening = listening
        self._numbers = 0

    # --- finding things, in Asterisk's words when they are not there

    def channel(self, channel_id: str) -> FakeChannel:
        """The channel, or 404."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise RefusedError(404, "Channel not found") from None

    def stasis_channel(self, channel_id: str) -> FakeChannel:
        """The channel if it is in the application, or 404 or 409."""
        channel = self.channel(channel_id)
        if not channel.in_stasis:
            raise RefusedError(409, "Channel not in Stasis application")
        return channel

    def live_channel(self, channel_id: str) -> FakeChannel:
        """The channel if something can be done with it, or 404, 409 or 412."""
        channel = self.stasis_channel(channel_id)
        if channel.state in NOT_ANSWERED_YET:
            raise RefusedError(412, "Channel in invalid state")
        return channel

    def bridge(self, bridge_id: str) -> FakeBridge:
        """The bridge, or 404."""
        try:
            return self.bridges[bridge_id]
        except KeyError:
            raise RefusedError(404, "Bridge not found") from None

    def playback(self, playback_id: str) -> tuple[FakePlayback, Player]:
        """The playback and its player, or 404."""
        try:
            return self.playbacks[playback_id]
        except KeyError:
            raise RefusedError(404, "Playback not found") from None

    def new_id(self) -> str:
        """An id as Asterisk would choose one."""
        self._numbers += 1
        return f"1767225600.{self._numbers}"

    # --- channels

    def enter(self, channel: FakeChannel, args: Sequence[str]) -> None:
        """Put the channel into the application; without a listener it falls back to the dialplan."""
        self.channels[channel.id] = channel
        if not self._listening():
            self.fell_back.append(channel.id)
            return
        channel.in_stasis = True
        channel.app_data = ",".join((self.app, *args))
        self.tell(StasisStart(channel=channel.snapshot(), args=list(args)))

    def create(self, channel: FakeChannel, endpoint: str, args: Sequence[str]) -> None:
        """Make an outbound channel; 500 for an endpoint that nobody registered.

        409 for an id that is used, be it as the beginning of another.
        """
        if any(used.startswith(channel.id) for used in self.channels):
            raise RefusedError(409, "Channel with given unique ID already exists")
        technology, _, rest = endpoint.partition("/")
        registered = self.endpoints.get(f"{technology}/{rest.partition('/')[0]}", False)
        if technology != "Local" and not registered:
            raise RefusedError(500, "Allocation failed")
        self.enter(channel, args)

    def dial(self, channel_id: str, caller_id: str | None, timeout: int | None) -> None:
        """Begin to dial; it goes on when the test says so."""
        channel = self.stasis_channel(channel_id)
        if channel.state != "Down":
            raise RefusedError(409, "Channel is not in the 'Down' state")
        caller = self.channels.get(caller_id or "")
        channel.dialled, channel.dial_timeout = True, timeout
        channel.in_dial_bridge = True
        if caller is not None:
            channel.connected = caller.caller
            self.tell(ChannelConnectedLine(channel=channel.snapshot()))
        self.tell(Dial(peer=channel.snapshot()))

    def change_state(self, channel: FakeChannel, state: str) -> None:
        """Change a channel's state, and tell."""
        channel.state = state
        self.tell(ChannelStateChange(channel=channel.snapshot()))

    def dial_goes_on(self, channel: FakeChannel, state: str, dialstatus: str) -> None:
        """The far end rings or answers."""
        self.change_state(channel, state)
        self.tell(Dial(peer=channel.snapshot(), dialstatus=dialstatus))

    def key(self, channel: FakeChannel, digit: str, duration_ms: int) -> None:
        """The far end pressed a key."""
        self.tell(ChannelDtmfReceived(channel=channel.snapshot(), digit=digit, duration_ms=duration_ms))

    def leave(self, channel: FakeChannel) -> None:
        """The channel leaves the application, and with it its bridge and its prompts."""
        self.stop_player(channel.player)
        self.recordings.channel_leaves(channel.id)
        self.leave_bridge(channel)
        if channel.in_stasis:
            channel.in_stasis = False
            self.tell(StasisEnd(channel=channel.snapshot()))

    def end(self, channel: FakeChannel, cause: int, *, tech_cause: int | None = None, soft: bool) -> None:
        """The channel ends. ``soft``: we asked for it; else its far end did."""
        asked = BEING_HUNG_UP if soft else cause
        self.tell(
            ChannelHangupRequest(
                channel=channel.snapshot(), cause=asked, tech_cause=None if soft else tech_cause, soft=soft
            )
        )
        answered_caller = channel.inbound and channel.state == "Up"
        self.leave(channel)
        del self.channels[channel.id]
        if not (answered_caller or channel.replaced or channel.partner):
            # Asterisk tells the end of an answered inbound channel with StasisEnd only.
            self.tell(ChannelDestroyed(channel=channel.snapshot(), cause=cause, tech_cause=tech_cause))
        if other := self.channels.get(channel.partner):
            self.end(other, cause, soft=False)

    # --- bridges

    def add_to_bridge(self, bridge: FakeBridge, channel: FakeChannel) -> None:
        """Put a channel in; it leaves the bridge in which it was."""
        if channel.bridge_id == bridge.id:
            return
        self.leave_bridge(channel)
        channel.bridge_id = bridge.id
        channel.in_dial_bridge = False
        bridge.channels.append(channel.id)
        self.tell(ChannelEnteredBridge(bridge=bridge.snapshot(), channel=channel.snapshot()))

    def leave_bridge(self, channel: FakeChannel) -> None:
        """Take a channel out of its bridge, if it is in one."""
        if channel.bridge_id is None:
            return
        bridge = self.bridges[channel.bridge_id]
        channel.bridge_id = None
        bridge.channels.remove(channel.id)
        self.tell(ChannelLeftBridge(bridge=bridge.snapshot(), channel=channel.snapshot()))

    def destroy_bridge(self, bridge: FakeBridge) -> None:
        """Destroy a bridge. Its channels leave it, and stay in the application."""
        self.stop_player(bridge.player)
        for channel_id in tuple(bridge.channels):
            self.leave_bridge(self.channels[channel_id])
        del self.bridges[bridge.id]

    # --- playbacks

    def play(self, player: Player, playback: FakePlayback) -> None:
        """Play, after what plays already."""
        if not playback.media:
            raise RefusedError(500, "Failed to queue media for playback")
        self.playbacks[playback.id] = (playback, player)
        player.queue.append(playback)
        player.idle.clear()
        if player.queue[0] is playback:
            self._begin(player)

    def stop(self, playback: FakePlayback, player: Player) -> None:
        """Stop a playback. One that waits is told as finished only when its turn comes, as Asterisk does."""
        if player.queue[0] is playback:
            self._finish(player, "done")
        else:
            playback.state = "done"

    def finish(self, playback: FakePlayback, player: Player) -> None:
        """The last medium came to its end."""
        while player.queue and player.queue[0] is playback:
            self._next_medium(player, "done")

    def stop_player(self, player: Player) -> None:
        """Nothing more is played here: its channel or bridge ends."""
        for waiting in player.queue[1:]:
            waiting.state = "done"
        if player.queue:
            self._finish(player, "done")

    def _begin(self, player: Player) -> None:
        """Let the first of the queue play, unless it was stopped while it waited."""
        playback = player.queue[0]
        if playback.state == "done":
            self._finish(player, "done")
            return
        playback.state = "playing"
        self.tell(PlaybackStarted(playback=playback.snapshot()))
        if playback.media[playback.index] in self.missing_media:
            self._next_medium(player, "failed")

    def _next_medium(self, player: Player, state: str) -> None:
        """A medium ended with this state; the next begins, or the playback ends."""
        playback = player.queue[0]
        if playback.index + 1 == len(playback.media):
            self._finish(player, state)
            return
        playback.state = "continuing"
        self.tell(PlaybackContinuing(playback=playback.snapshot()))
        playback.index += 1
        self._begin(player)

    def _finish(self, player: Player, state: str) -> None:
        """The first of the queue ends; the next begins."""
        playback = player.queue.pop(0)
        playback.state = state
        self.playbacks.pop(playback.id, None)
        self.tell(PlaybackFinished(playback=playback.snapshot()))
        if player.queue:
            self._begin(player)
        else:
            player.idle.set()


def encoded(event: Event, app: str) -> bytes:
    """The event as a frame of the stream."""
    stamped = msgspec.structs.replace(event, application=app, timestamp="2026-01-01T00:00:00.000+0000")
    return msgspec.json.encode(stamped)
