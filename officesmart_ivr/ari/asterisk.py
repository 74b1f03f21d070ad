"""Asterisk itself: ``/asterisk``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from officesmart_ivr.ari.models import (
    AsteriskInfo,
    AsteriskPing,
    ConfigTuple,
    LogChannel,
    Module,
    Variable,
)
from officesmart_ivr.ari.transport import Transport, body, query, segment

InfoPart = Literal["build", "system", "config", "status"]


class AsteriskResource:
    """Version and status, live configuration objects, modules, logging, global variables."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def info(self, only: Sequence[InfoPart] = ()) -> AsteriskInfo:
        """What Asterisk says of itself, all or some parts."""
        return await self._transport.get(f"/asterisk/info{query(only=','.join(only) or None)}", AsteriskInfo)

    async def ping(self) -> AsteriskPing:
        """A reply says that the HTTP server lives; for the rest see `AriClient.is_responsive`."""
        return await self._transport.get("/asterisk/ping", AsteriskPing)

    async def config_object(self, config_class: str, object_type: str, object_id: str) -> dict[str, str]:
        """The attributes of one object, such as ``res_pjsip``, ``endpoint``, ``201``.

        One that Asterisk names several times, such as ``match``, has all its values, with commas.
        """
        tuples = await self._transport.get(_object(config_class, object_type, object_id), list[ConfigTuple])
        attributes: dict[str, str] = {}
        for name, value in ((each.attribute, each.value) for each in tuples):
            attributes[name] = f"{attributes[name]},{value}" if name in attributes else value
        return attributes

    async def push_config_object(
        self, config_class: str, object_type: str, object_id: str, fields: Mapping[str, str]
    ) -> None:
        """Create the object or change it, at once and without a reload.

        The type must be mapped to a writable wizard in sorcery.conf (``memory``). Raises `AriRequestError`
        for a field or a value that Asterisk refuses, and (403) for an object that lives in a file.
        """
        tuples = [{"attribute": name, "value": value} for name, value in fields.items()]
        await self._transport.put(_object(config_class, object_type, object_id), {"fields": tuples})

    async def delete_config_object(self, config_class: str, object_type: str, object_id: str) -> None:
        """Delete the object. `AriNotFoundError`: there is none; `AriRequestError`: it lives in a file."""
        await self._transport.delete(_object(config_class, object_type, object_id))

    async def get_variable(self, name: str) -> str:
        """The value of a global variable or function; empty when not set."""
        return (await self._transport.get(f"/asterisk/variable{query(variable=name)}", Variable)).value

    async def set_variable(self, name: str, value: str) -> None:
        """Set a global variable or function."""
        await self._transport.post("/asterisk/variable", body(variable=name, value=value))

    async def modules(self) -> list[Module]:
        """Every module that is loaded."""
        return await self._transport.get("/asterisk/modules", list[Module])

    async def module(self, name: str) -> Module:
        """One module, such as ``res_pjsip.so``."""
        return await self._transport.get(f"/asterisk/modules/{segment(name)}", Module)

    async def load_module(self, name: str) -> None:
        """Load a module. Raises `AriConflictError` when it cannot be loaded, or is already."""
        await self._transport.post(f"/asterisk/modules/{segment(name)}")

    async def unload_module(self, name: str) -> None:
        """Unload a module."""
        await self._transport.delete(f"/asterisk/modules/{segment(name)}")

    async def reload_module(self, name: str) -> None:
        """Have a module read its configuration again."""
        await self._transport.put(f"/asterisk/modules/{segment(name)}")

    async def log_channels(self) -> list[LogChannel]:
        """Every log file."""
        return await self._transport.get("/asterisk/logging", list[LogChannel])

    async def add_log_channel(self, name: str, levels: Sequence[str]) -> None:
        """Begin a log file with these levels (``notice``, ``warning``, ``error``, …)."""
        await self._transport.post(
            f"/asterisk/logging/{segment(name)}{query(configuration=','.join(levels))}"
        )

    async def rotate_log_channel(self, name: str) -> None:
        """Begin the log file anew."""
        await self._transport.put(f"/asterisk/logging/{segment(name)}/rotate")

    async def delete_log_channel(self, name: str) -> None:
        """End the log file."""
        await self._transport.delete(f"/asterisk/logging/{segment(name)}")


def _object(config_class: str, object_type: str, object_id: str) -> str:
    names = (segment(config_class), segment(object_type), segment(object_id))
    return "/asterisk/config/dynamic/" + "/".join(names)
