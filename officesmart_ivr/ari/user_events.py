"""Telling applications something of one's own, and claiming channels: ``/events``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from officesmart_ivr.ari.transport import Transport, query, segment


class UserEvents:
    """What a client may put into the event stream."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(
        self,
        name: str,
        *,
        application: str,
        sources: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Send a `ChannelUserevent` to an application, about ``channel:ID``, ``bridge:ID``, … or nothing.

        Raises `AriNotFoundError` when the application has no stream.
        """
        wanted = query(application=application, source=",".join(sources) or None)
        payload = None if variables is None else {"variables": variables}
        await self._transport.post(f"/events/user/{segment(name)}{wanted}", payload)

    async def claim(self, channel_id: str, *, application: str) -> None:
        """Take a channel that was offered to several applications. `AriConflictError`: another was first."""
        await self._transport.post(f"/events/claim{query(channelId=channel_id, application=application)}")
