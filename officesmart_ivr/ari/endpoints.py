"""Endpoints: ``/endpoints``. ``PJSIP/201`` is technology PJSIP, resource 201."""

from __future__ import annotations

from collections.abc import Mapping

from officesmart_ivr.ari.models import Endpoint
from officesmart_ivr.ari.transport import Transport, body, segment


class EndpointHandle:
    """One endpoint. Every method raises `AriNotFoundError` when there is none of this name."""

    __slots__ = ("_path", "_transport", "resource", "technology")

    def __init__(self, transport: Transport, technology: str, resource: str) -> None:
        self.technology = technology
        self.resource = resource
        self._transport = transport
        self._path = f"/endpoints/{segment(technology)}/{segment(resource)}"

    async def get(self) -> Endpoint:
        """Its state and its channels."""
        return await self._transport.get(self._path, Endpoint)

    async def send_message(
        self, text: str, *, sender: str, variables: Mapping[str, str] | None = None
    ) -> None:
        """Send a text message (SIP MESSAGE) from a URI to this endpoint."""
        wanted = {"from": sender} | body(body=text, variables=variables)
        await self._transport.put(f"{self._path}/sendMessage", wanted)

    async def refer(
        self,
        refer_to: str,
        *,
        sender: str,
        to_self: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Ask this endpoint, out of any call, to call ``refer_to``."""
        wanted = {"from": sender} | body(refer_to=refer_to, to_self=to_self, variables=variables)
        await self._transport.post(f"{self._path}/refer", wanted)


class EndpointCollection:
    """All endpoints."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self, technology: str | None = None) -> list[Endpoint]:
        """Every endpoint, or those of one technology. Raises `AriNotFoundError` for an unknown technology."""
        path = "/endpoints" if technology is None else f"/endpoints/{segment(technology)}"
        return await self._transport.get(path, list[Endpoint])
