"""Bridges: ``/bridges``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from officesmart_ivr.ari.models import Bridge, Variable, Variables
from officesmart_ivr.ari.playbacks import PlaybackHandle
from officesmart_ivr.ari.recordings import IfExists, LiveRecordingHandle, TerminateOn, record_body
from officesmart_ivr.ari.transport import Transport, body, query, segment

Role = Literal["announcer", "participant"]


class BridgeHandle:
    """One bridge, by its id. Every method raises `AriNotFoundError` when the bridge is gone."""

    __slots__ = ("_path", "_transport", "id")

    def __init__(self, transport: Transport, bridge_id: str) -> None:
        self.id = bridge_id
        self._transport = transport
        self._path = f"/bridges/{segment(bridge_id)}"

    async def get(self) -> Bridge:
        """The bridge as Asterisk sees it now."""
        return await self._transport.get(self._path, Bridge)

    async def destroy(self) -> None:
        """Destroy it; its channels stay, in the application."""
        await self._transport.delete(self._path)

    async def add_channels(
        self,
        channel_ids: Sequence[str],
        *,
        role: Role | None = None,
        absorb_dtmf: bool | None = None,
        mute: bool | None = None,
        inhibit_connected_line_updates: bool | None = None,
    ) -> None:
        """Put channels in, in this order; a channel leaves the bridge in which it was.

        ``role`` matters in a holding bridge only. Raises `AriRequestError` (400) when a channel does not
        exist, `AriConflictError` when the bridge, or (422: `AriRequestError`) a channel, is not in the
        application.
        """
        wanted = body(
            channel=channel_ids,
            role=role,
            absorbDTMF=absorb_dtmf,
            mute=mute,
            inhibitConnectedLineUpdates=inhibit_connected_line_updates,
        )
        await self._transport.post(f"{self._path}/addChannel", wanted)

    async def remove_channels(self, channel_ids: Sequence[str]) -> None:
        """Take channels out. Raises `AriRequestError` when a channel is not there or not in this bridge."""
        await self._transport.post(f"{self._path}/removeChannel", {"channel": channel_ids})

    async def play(
        self,
        media: Sequence[str],
        *,
        playback_id: str | None = None,
        lang: str | None = None,
        announcer_format: str | None = None,
        offset_ms: int | None = None,
        skip_ms: int | None = None,
    ) -> PlaybackHandle:
        """Play media to everybody in the bridge; see `ChannelHandle.play`."""
        wanted = body(
            media=media,
            playbackId=playback_id,
            lang=lang,
            announcer_format=announcer_format,
            offsetms=offset_ms,
            skipms=skip_ms,
        )
        reply = await self._transport.post(f"{self._path}/play", wanted)
        return PlaybackHandle.of_reply(self._transport, playback_id, reply)

    async def record(
        self,
        name: str,
        *,
        format: str,
        recorder_format: str | None = None,
        max_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: IfExists = "fail",
        beep: bool = False,
        terminate_on: TerminateOn = "none",
    ) -> LiveRecordingHandle:
        """Record everybody in the bridge into a stored recording."""
        wanted = record_body(name, format, max_seconds, max_silence_seconds, if_exists, beep, terminate_on)
        await self._transport.post(f"{self._path}/record", wanted | body(recorder_format=recorder_format))
        return LiveRecordingHandle(self._transport, name)

    async def start_moh(self, moh_class: str | None = None) -> None:
        """Play music to the bridge."""
        await self._transport.post(f"{self._path}/moh", body(mohClass=moh_class))

    async def stop_moh(self) -> None:
        """Stop the music."""
        await self._transport.delete(f"{self._path}/moh")

    async def set_video_source(self, channel_id: str) -> None:
        """Show this channel's video to the others."""
        await self._transport.post(f"{self._path}/videoSource/{segment(channel_id)}")

    async def clear_video_source(self) -> None:
        """Let the bridge choose whose video is shown."""
        await self._transport.delete(f"{self._path}/videoSource")

    async def get_variable(self, name: str) -> str:
        """The value of a bridge variable."""
        return (await self._transport.get(f"{self._path}/variable{query(variable=name)}", Variable)).value

    async def set_variable(self, name: str, value: str) -> None:
        """Set a bridge variable."""
        await self._transport.post(f"{self._path}/variable", body(variable=name, value=value))

    async def get_variables(self, names: Sequence[str]) -> dict[str, str]:
        """Several variables in one request."""
        wanted = query(variables=",".join(names))
        return (await self._transport.get(f"{self._path}/variables{wanted}", Variables)).variables

    async def set_variables(self, values: Mapping[str, str]) -> None:
        """Set several variables in one request."""
        await self._transport.post(f"{self._path}/variables", {"variables": values})


class BridgeCollection:
    """All bridges, and the way to make one. The id of a new bridge is ours to choose."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> list[Bridge]:
        """Every bridge of this Asterisk."""
        return await self._transport.get("/bridges", list[Bridge])

    async def create(
        self,
        *,
        bridge_id: str,
        types: str = "mixing,dtmf_events",
        name: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> BridgeHandle:
        """Make an empty bridge.

        ``types`` is a list with commas: mixing or holding, and dtmf_events, proxy_media, video_sfu, … Without
        dtmf_events the keys of bridged channels are not seen. `AriConflictError`: the id is in use.
        """
        wanted = body(type=types, name=name, variables=variables)
        await self._transport.post(f"/bridges/{segment(bridge_id)}", wanted)
        return BridgeHandle(self._transport, bridge_id)
