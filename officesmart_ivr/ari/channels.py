"""Channels: ``/channels``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from officesmart_ivr.ari.models import Channel, RtpStatistics, Variable, Variables
from officesmart_ivr.ari.playbacks import PlaybackHandle
from officesmart_ivr.ari.recordings import IfExists, LiveRecordingHandle, TerminateOn, record_body
from officesmart_ivr.ari.transport import Transport, body, query, segment

Direction = Literal["none", "both", "in", "out"]

HangupReason = Literal[
    "normal",
    "busy",
    "congestion",
    "no_answer",
    "timeout",
    "rejected",
    "unallocated",
    "normal_unspecified",
    "number_incomplete",
    "codec_mismatch",
    "interworking",
    "failure",
    "answered_elsewhere",
]


class ChannelHandle:
    """One channel, by its id.

    Every method raises `AriNotFoundError` when the channel is gone, and `AriConflictError` when it is not in
    the application or not in the state that is needed.

    A channel is served by one thread of Asterisk, which a prompt occupies: `answer`, `set_variable` and a
    bridge's ``add_channels`` wait for the end of all that plays or waits to play (measured on 22.10.1).
    Requests sent at once travel on different connections and may overtake each other: what must come first
    (answer before play) is awaited first.
    """

    __slots__ = ("_path", "_transport", "id")

    def __init__(self, transport: Transport, channel_id: str) -> None:
        self.id = channel_id
        self._transport = transport
        self._path = f"/channels/{segment(channel_id)}"

    async def get(self) -> Channel:
        """The channel as Asterisk sees it now."""
        return await self._transport.get(self._path, Channel)

    async def answer(self) -> None:
        """Answer an inbound channel. The reply comes when the channel is Up; its media may start later.

        While a prompt plays, that is at the prompt's end.
        """
        await self._transport.post(f"{self._path}/answer")

    async def ring(self) -> None:
        """Let the caller hear ringing: SIP 180 before the answer, a tone after it.

        The tone needs a country in indications.conf. A playback ends it; a bridge does not.
        """
        await self._transport.post(f"{self._path}/ring")

    async def stop_ringing(self) -> None:
        """Stop the ringing that the caller hears."""
        await self._transport.delete(f"{self._path}/ring")

    async def progress(self) -> None:
        """Tell an unanswered caller that early media follows (SIP 183)."""
        await self._transport.post(f"{self._path}/progress")

    async def hangup(self, *, reason: HangupReason | None = None, reason_code: int | None = None) -> None:
        """Hang up, by a named reason or a Q.850 cause; without either, 16 (normal)."""
        code = None if reason_code is None else str(reason_code)
        await self._transport.delete(self._path + query(reason=reason, reason_code=code))

    async def dial(
        self,
        *,
        caller: str | None = None,
        timeout: int | None = None,  # noqa: ASYNC109 - Asterisk's, not ours
    ) -> None:
        """Dial a channel made with `ChannelCollection.create`.

        ``caller`` is the id of the channel whose caller id, language and inherited variables it gets. Without
        it the phone sees an anonymous caller, or what ``CONNECTEDLINE(all)`` said at `create`. ``timeout`` is
        in whole seconds, after which it is hung up with cause 19 (none: for ever).

        To be sent at the channel's `StasisStart`: right after `create` it may be refused with
        `AriConflictError`, because the channel is not in the application yet. Of a busy or refusing phone
        only `ChannelDestroyed` tells, not `Dial`.
        """
        await self._transport.post(f"{self._path}/dial", body(caller=caller, timeout=timeout))

    async def play(
        self,
        media: Sequence[str],
        *,
        playback_id: str | None = None,
        lang: str | None = None,
        offset_ms: int | None = None,
        skip_ms: int | None = None,
    ) -> PlaybackHandle:
        """Play media (``sound:…``, ``recording:…``, ``tone:…``, ``number:…``, …) one after another.

        A playback asked for while another plays waits for its end. A file that is missing gives
        `PlaybackFinished` with state failed; media of an unknown scheme give no `PlaybackFinished` at all.
        ``skip_ms`` is the step of `PlaybackHandle.control`.
        """
        wanted = body(media=media, playbackId=playback_id, lang=lang, offsetms=offset_ms, skipms=skip_ms)
        reply = await self._transport.post(f"{self._path}/play", wanted)
        return PlaybackHandle.of_reply(self._transport, playback_id, reply)

    async def record(
        self,
        name: str,
        *,
        format: str,
        max_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: IfExists = "fail",
        beep: bool = False,
        terminate_on: TerminateOn = "none",
    ) -> LiveRecordingHandle:
        """Record what this channel says into a stored recording. Raises `AriRequestError` for the format.

        `RecordingFinished` tells that it is whole, also when the channel has hung up: that comes before
        `StasisEnd`. A silence of ``max_silence_seconds`` ends it, and no sound at all does within 4 s. In a
        bridge a channel cannot be recorded (`RecordingFailed`): one that was dialled is in one of Asterisk's
        own until it was taken out of another.
        """
        await self._transport.post(
            f"{self._path}/record",
            record_body(name, format, max_seconds, max_silence_seconds, if_exists, beep, terminate_on),
        )
        return LiveRecordingHandle(self._transport, name)

    async def get_variable(self, name: str) -> str:
        """The value of a variable or a function, such as ``CALLERID(num)``. `AriNotFoundError`: not set."""
        return (await self._transport.get(f"{self._path}/variable{query(variable=name)}", Variable)).value

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable or a function."""
        await self._transport.post(f"{self._path}/variable", body(variable=name, value=value))

    async def get_variables(self, names: Sequence[str]) -> dict[str, str]:
        """Several variables in one request."""
        wanted = query(variables=",".join(names))
        return (await self._transport.get(f"{self._path}/variables{wanted}", Variables)).variables

    async def set_variables(self, values: Mapping[str, str]) -> None:
        """Set several variables in one request."""
        await self._transport.post(f"{self._path}/variables", {"variables": values})

    async def send_dtmf(
        self,
        digits: str,
        *,
        before: int | None = None,
        between: int | None = None,
        duration: int | None = None,
        after: int | None = None,
    ) -> None:
        """Send keys to the channel's other end. Times are in milliseconds; 100 between and for each key."""
        wanted = body(dtmf=digits, before=before, between=between, duration=duration, after=after)
        await self._transport.post(f"{self._path}/dtmf", wanted)

    async def mute(self, direction: Direction = "both") -> None:
        """Mute the channel."""
        await self._transport.post(f"{self._path}/mute", {"direction": direction})

    async def unmute(self, direction: Direction = "both") -> None:
        """Unmute the channel."""
        await self._transport.delete(f"{self._path}/mute{query(direction=direction)}")

    async def hold(self) -> None:
        """Tell the phone that it is on hold."""
        await self._transport.post(f"{self._path}/hold")

    async def unhold(self) -> None:
        """Tell the phone that it is off hold."""
        await self._transport.delete(f"{self._path}/hold")

    async def start_moh(self, moh_class: str | None = None) -> None:
        """Play music until `stop_moh`, a playback or a bridge."""
        await self._transport.post(f"{self._path}/moh", body(mohClass=moh_class))

    async def stop_moh(self) -> None:
        """Stop the music."""
        await self._transport.delete(f"{self._path}/moh")

    async def start_silence(self) -> None:
        """Send silence, for far ends that hang up without packets."""
        await self._transport.post(f"{self._path}/silence")

    async def stop_silence(self) -> None:
        """Stop sending silence."""
        await self._transport.delete(f"{self._path}/silence")

    async def continue_in_dialplan(
        self,
        *,
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
    ) -> None:
        """Leave the application for the dialplan; without a place, where the channel came from."""
        wanted = body(context=context, extension=extension, priority=priority, label=label)
        await self._transport.post(f"{self._path}/continue", wanted)

    async def move(self, app: str, *, app_args: Sequence[str] = ()) -> None:
        """Move to another application."""
        await self._transport.post(f"{self._path}/move", body(app=app, appArgs=_joined(app_args)))

    async def redirect(self, endpoint: str) -> None:
        """Send the caller elsewhere (SIP 302 before the answer, REFER after)."""
        await self._transport.post(f"{self._path}/redirect", {"endpoint": endpoint})

    async def transfer_progress(
        self,
        states: Literal["channel_progress", "channel_answered", "channel_unavailable", "channel_declined"],
    ) -> None:
        """Tell a phone how the transfer goes that it asked for (``ari-only`` handling)."""
        await self._transport.post(f"{self._path}/transfer_progress", {"states": states})

    async def snoop(
        self,
        snoop_id: str,
        *,
        app: str,
        app_args: Sequence[str] = (),
        spy: Direction = "none",
        whisper: Direction = "none",
    ) -> ChannelHandle:
        """Make a channel that hears (``spy``) or speaks into (``whisper``) this one."""
        wanted = body(spy=spy, whisper=whisper, app=app, appArgs=_joined(app_args))
        await self._transport.post(f"{self._path}/snoop/{segment(snoop_id)}", wanted)
        return ChannelHandle(self._transport, snoop_id)

    async def rtp_statistics(self) -> RtpStatistics:
        """Counts and quality of the channel's RTP. `AriNotFoundError` also for a channel without RTP."""
        return await self._transport.get(f"{self._path}/rtp_statistics", RtpStatistics)


class ChannelCollection:
    """All channels, and the ways to make one. The ids of new channels are ours to choose."""

    def __init__(self, transport: Transport, app: str) -> None:
        self._transport = transport
        self._app = app

    async def list(self) -> list[Channel]:
        """Every channel of this Asterisk, in the application or not."""
        return await self._transport.get("/channels", list[Channel])

    async def create(
        self,
        *,
        endpoint: str,
        channel_id: str,
        app: str | None = None,
        app_args: Sequence[str] = (),
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> ChannelHandle:
        """Make a channel and let it rest, Down, until it is dialled: nothing can be missed of it.

        It belongs to ``app``, or to the client's own application.

        ``originator`` is the id of the channel whose formats it takes, else ``formats`` says them. Raises
        `AriServerError` ("Allocation failed") when no address is registered for the endpoint, and
        `AriConflictError` when the id is in use, or another
        channel's id begins with it (``call-1`` after ``call-10``; measured on 22.10.1).
        """
        wanted = body(
            endpoint=endpoint,
            app=app or self._app,
            appArgs=_joined(app_args),
            channelId=channel_id,
            otherChannelId=other_channel_id,
            originator=originator,
            formats=_joined(formats),
            variables=variables,
        )
        await self._transport.post("/channels/create", wanted)
        return ChannelHandle(self._transport, channel_id)

    async def originate(
        self,
        *,
        endpoint: str,
        channel_id: str,
        app: str | None = None,
        app_args: Sequence[str] = (),
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
        caller_id: str | None = None,
        timeout: int | None = None,  # noqa: ASYNC109 - Asterisk's, not ours
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> ChannelHandle:
        """Make and dial a channel at once; answered, it enters ``app`` or the dialplan place.

        ``timeout`` is in seconds (30 when not given). Raises `AriRequestError` and `AriConflictError`.
        """
        wanted = body(
            endpoint=endpoint,
            app=app,
            appArgs=_joined(app_args),
            context=context,
            extension=extension,
            priority=priority,
            label=label,
            callerId=caller_id,
            timeout=timeout,
            otherChannelId=other_channel_id,
            originator=originator,
            formats=_joined(formats),
            variables=variables,
        )
        await self._transport.post(f"/channels/{segment(channel_id)}", wanted)
        return ChannelHandle(self._transport, channel_id)

    async def external_media(
        self,
        *,
        channel_id: str,
        external_host: str,
        format: str,
        app: str | None = None,
        encapsulation: Literal["rtp", "audiosocket", "none"] | None = None,
        transport: Literal["udp", "tcp", "websocket"] | None = None,
        connection_type: Literal["client", "server"] | None = None,
        data: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> ChannelHandle:
        """Make a channel whose media another program sends and receives at ``external_host`` (HOST:PORT)."""
        wanted = body(
            channelId=channel_id,
            app=app or self._app,
            external_host=external_host,
            format=format,
            encapsulation=encapsulation,
            transport=transport,
            connection_type=connection_type,
            data=data,
            variables=variables,
        )
        await self._transport.post("/channels/externalMedia", wanted)
        return ChannelHandle(self._transport, channel_id)


def _joined(values: Sequence[str]) -> str | None:
    """Asterisk takes several values as one text with commas."""
    return ",".join(values) or None
