"""The sounds that came with Asterisk: ``/sounds``. Our own announcements are not among them."""

from __future__ import annotations

from officesmart_ivr.ari.models import Sound
from officesmart_ivr.ari.transport import Transport, query, segment


class SoundCollection:
    """All sounds of Asterisk's index."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self, *, lang: str | None = None, format: str | None = None) -> list[Sound]:
        """Every sound, or those in a language or a format."""
        return await self._transport.get("/sounds" + query(lang=lang, format=format), list[Sound])

    async def get(self, sound_id: str) -> Sound:
        """One sound. Raises `AriNotFoundError`."""
        return await self._transport.get(f"/sounds/{segment(sound_id)}", Sound)
