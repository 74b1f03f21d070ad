"""Device states: ``/deviceStates``. Only those named ``Stasis:…`` can be set."""

from __future__ import annotations

from typing import Literal

from officesmart_ivr.ari.models import DeviceState
from officesmart_ivr.ari.transport import Transport, query, segment

State = Literal["NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"]


class DeviceStateHandle:
    """One device, by its name."""

    __slots__ = ("_path", "_transport", "name")

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/deviceStates/{segment(name)}"

    async def get(self) -> DeviceState:
        """Its state; UNKNOWN for a device that nobody knows."""
        return await self._transport.get(self._path, DeviceState)

    async def update(self, state: State) -> None:
        """Set its state. Raises `AriConflictError` for a name that does not begin with ``Stasis:``."""
        await self._transport.put(self._path + query(deviceState=state))

    async def delete(self) -> None:
        """Forget the device. Raises `AriConflictError` as `update` does."""
        await self._transport.delete(self._path)


class DeviceStateCollection:
    """All devices whose state was set here."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> list[DeviceState]:
        """Every device named ``Stasis:…``."""
        return await self._transport.get("/deviceStates", list[DeviceState])
