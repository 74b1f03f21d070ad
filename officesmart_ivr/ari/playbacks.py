"""Playbacks: ``/playbacks``."""

from __future__ import annotations

from typing import Literal

import msgspec

from officesmart_ivr.ari.models import Playback
from officesmart_ivr.ari.transport import Transport, segment

Operation = Literal["restart", "pause", "unpause", "reverse", "forward"]


class PlaybackHandle:
    """One playback, by its id. Every method raises `AriNotFoundError` once it has finished."""

    __slots__ = ("_path", "_transport", "id")

    def __init__(self, transport: Transport, playback_id: str) -> None:
        self.id = playback_id
        self._transport = transport
        self._path = f"/playbacks/{segment(playback_id)}"

    @classmethod
    def of_reply(cls, transport: Transport, playback_id: str | None, reply: bytes) -> PlaybackHandle:
        """The handle of a playback just asked for; the reply is read only if Asterisk chose its id."""
        if playback_id is None:
            playback_id = msgspec.json.decode(reply, type=Playback).id
        return cls(transport, playback_id)

    async def get(self) -> Playback:
        """The playback as Asterisk sees it now."""
        return await self._transport.get(self._path, Playback)

    async def stop(self) -> None:
        """Stop it, playing or still waiting.

        One that waits is told as finished when its turn comes. A stop within some milliseconds of the end may
        hit the next playback of the channel instead (measured: 6 of 400 aimed at the end).
        """
        await self._transport.delete(self._path)

    async def control(self, operation: Operation) -> None:
        """Restart, pause, unpause, or skip. Raises `AriConflictError` when it is not playing."""
        await self._transport.post(f"{self._path}/control", {"operation": operation})
