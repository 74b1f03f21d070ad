"""SIP messages that no phone would send: Asterisk and the application stay up, and the next call works."""

from __future__ import annotations

from random import Random

import pytest

from tests.live.station import Station
from tests.live.torture import messages
from tests.live.wire import Wire

TRUNK, STRANGER = "127.0.0.1", "127.0.66.9"
"""One whose calls are served, and one whom nobody knows."""

SPOILT_EACH = 5
SEED = 4475


@pytest.mark.parametrize("sender", [TRUNK, STRANGER])
async def test_messages_that_try_a_parser_leave_all_as_it_was(station: Station, sender: str) -> None:
    with Wire(station.server, sender) as wire:
        for message in messages(wire.host, wire.port, "{}:{}".format(*station.server), "100"):
            wire.send(message.text)
            if message.right:
                await wire.response(message.call_id)
            await is_up(wire, message.name)
    await serves_a_call(station)


async def test_messages_that_chance_has_spoilt_leave_all_as_it_was(station: Station) -> None:
    chance = Random(SEED)
    # A stranger: a call that begins, and whose answer does not find back to us, would stay for half a minute.
    with Wire(station.server, STRANGER) as wire:
        for message in messages(wire.host, wire.port, "{}:{}".format(*station.server), "100"):
            for _ in range(SPOILT_EACH):
                wire.send(spoilt(message.text, chance))
            await is_up(wire, f"spoilt-{message.name}")
    await serves_a_call(station)


def spoilt(text: bytes, chance: Random) -> bytes:
    """A message with some bytes changed, doubled or missing."""
    bytes_of_it = bytearray(text)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(bytes_of_it) + 1)
        bytes_of_it[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(bytes_of_it)


async def is_up(wire: Wire, after: str) -> None:
    """Wait for an answer to a request in order; it tells as well that the message before it was read."""
    wire.send(wire.request("OPTIONS", "100", f"after-{after}"))
    await wire.response(f"after-{after}")


async def serves_a_call(station: Station) -> None:
    assert station.app.ready.is_set()
    async with station.caller() as caller:
        call = caller.call("100")
        await call.answered()
        await station.hears(call, "welcome")
        await call.hang_up()
