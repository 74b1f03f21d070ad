"""Recordings: ``/recordings``. A live one is under way, a stored one is a file on Asterisk's disk."""

from __future__ import annotations

from typing import Literal

from officesmart_ivr.ari.models import LiveRecording, StoredRecording
from officesmart_ivr.ari.transport import Transport, body, query, segment

IfExists = Literal["fail", "overwrite", "append"]
TerminateOn = Literal["none", "any", "*", "#"]


def record_body(
    name: str,
    format: str,
    max_seconds: int | None,
    max_silence_seconds: int | None,
    if_exists: IfExists,
    beep: bool,
    terminate_on: TerminateOn,
) -> dict[str, object]:
    """The body of a request to record a channel or a bridge."""
    return body(
        name=name,
        format=format,
        maxDurationSeconds=max_seconds,
        maxSilenceSeconds=max_silence_seconds,
        ifExists=if_exists,
        beep=beep,
        terminateOn=terminate_on,
    )


class LiveRecordingHandle:
    """A recording under way, by its name. Every method raises `AriNotFoundError` once it has ended."""

    __slots__ = ("_path", "_transport", "name")

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/recordings/live/{segment(name)}"

    async def get(self) -> LiveRecording:
        """The recording as Asterisk sees it now."""
        return await self._transport.get(self._path, LiveRecording)

    async def stop(self) -> None:
        """End it and keep it."""
        await self._transport.post(f"{self._path}/stop")

    async def cancel(self) -> None:
        """End it and throw it away."""
        await self._transport.delete(self._path)

    async def pause(self) -> None:
        """Record nothing for a while; the pause is left out."""
        await self._transport.post(f"{self._path}/pause")

    async def unpause(self) -> None:
        """Go on recording."""
        await self._transport.delete(f"{self._path}/pause")

    async def mute(self) -> None:
        """Record silence for a while."""
        await self._transport.post(f"{self._path}/mute")

    async def unmute(self) -> None:
        """Record sound again."""
        await self._transport.delete(f"{self._path}/mute")


class StoredRecordingHandle:
    """A finished recording, by its name. Every method raises `AriNotFoundError` when there is none."""

    __slots__ = ("_path", "_transport", "name")

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/recordings/stored/{segment(name)}"

    async def get(self) -> StoredRecording:
        """Its name and format."""
        return await self._transport.get(self._path, StoredRecording)

    async def file(self, most: int | None = None) -> bytes:
        """The whole file. Raises `AriServerError` when it has more than ``most`` bytes."""
        return await self._transport.request("GET", f"{self._path}/file", most=most)

    async def copy(self, name: str) -> StoredRecordingHandle:
        """Copy it under another name. Raises `AriConflictError` when that one is taken."""
        await self._transport.post(f"{self._path}/copy{query(destinationRecordingName=name)}")
        return StoredRecordingHandle(self._transport, name)

    async def delete(self) -> None:
        """Delete the file."""
        await self._transport.delete(self._path)


class RecordingCollection:
    """All stored recordings."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> list[StoredRecording]:
        """Every stored recording."""
        return await self._transport.get("/recordings/stored", list[StoredRecording])
