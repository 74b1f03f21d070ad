"""Stasis applications: ``/applications``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from officesmart_ivr.ari.models import Application
from officesmart_ivr.ari.transport import Transport, query, segment


class ApplicationHandle:
    """One application, by its name. `AriNotFoundError`: no client has ever opened its event stream."""

    __slots__ = ("_path", "_transport", "name")

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/applications/{segment(name)}"

    async def get(self) -> Application:
        """What it is subscribed to, and its filter."""
        return await self._transport.get(self._path, Application)

    async def subscribe(self, sources: Sequence[str]) -> None:
        """Hear the events of ``channel:ID``, ``bridge:ID``, ``endpoint:TECH/RESOURCE``, ``deviceState:NAME``.

        An endpoint brings the events of its channels too, so those that the application hears anyway come
        twice. ``endpoint:`` alone is all endpoints, without their channels; Asterisk 22.10.1 may crash when
        an application goes that is subscribed to it.
        Raises `AriRequestError` for a source that does not exist.
        """
        await self._transport.post(f"{self._path}/subscription{query(eventSource=','.join(sources))}")

    async def unsubscribe(self, sources: Sequence[str]) -> None:
        """Hear them no more. Raises `AriConflictError` when it was not subscribed."""
        await self._transport.delete(f"{self._path}/subscription{query(eventSource=','.join(sources))}")

    async def filter(self, *, allowed: Iterable[str] = (), disallowed: Iterable[str] = ()) -> None:
        """Have only the ``allowed`` event types sent (none named: all), and never the ``disallowed``.

        The filter is lost when the application's stream closes: `EventStream` sets it at each connect.
        """
        wanted = {"allowed": _types(allowed), "disallowed": _types(disallowed)}
        await self._transport.put(f"{self._path}/eventFilter", wanted)


class ApplicationCollection:
    """All applications."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> list[Application]:
        """Every application whose stream is, or was, open."""
        return await self._transport.get("/applications", list[Application])


def _types(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"type": name} for name in names]
