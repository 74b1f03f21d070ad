"""What the tests of hunt groups share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from tests.live.station import Station, until

WHOLE = bool(os.environ.get("OFFICESMART_HUNTS"))
"""Whether as many calls are made as the program promises, which takes some minutes."""


@asynccontextmanager
async def phones(
    station: Station, behaviour: Mapping[str, Behaviour | None]
) -> AsyncIterator[dict[str, Phone]]:
    """Phones by extension, registered as far as the application knows."""
    async with AsyncExitStack() as stack:
        made = {
            extension: await stack.enter_async_context(station.phone(extension, does))
            for extension, does in behaviour.items()
        }
        await until(lambda: set(made) <= set(station.status.registered))
        yield made


async def record_of(station: Station, call: Call) -> CallRecord:
    """What the log has of a test phone's call."""
    (found,) = await station.app.log.find(CallQuery(sip_call_id=call.dialog.call_id))
    return found


async def talks(station: Station, *extensions: str) -> None:
    """Wait until these lines talk."""
    await until(lambda: all(station.legs(extension) == ["talking"] for extension in extensions))


async def is_free(station: Station, *extensions: str) -> None:
    """Wait until nobody uses these lines."""
    await until(lambda: not any(station.legs(extension) for extension in extensions))
