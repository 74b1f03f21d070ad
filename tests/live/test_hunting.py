"""Hunt groups on a real Asterisk: who rings, what is heard, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.station import Held, Station, station_with, until

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
  "203": {name: Carla}
  "204": {name: Dario}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus:
      day: {announcement: welcome, keys: {"1": {hunt_group: line}, "2": {hunt_group: queue}}}
hunt_groups:
  line:
    name: In linea
    numbers: ["500"]
    members: ["201", "202", "203"]
    ring_seconds: 1
    caller_name_prefix: "Vendite: "
  all: {name: Tutti, numbers: ["501"], strategy: ring_all, members: ["201", "202", "203"], ring_seconds: 3}
  queue:
    name: In coda
    numbers: ["502"]
    members: ["201"]
    music: default
    queue: {announcement: wait, leave_key: "1", leave_to: {extension: "204"}}
"""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("hunting") / "plan", PLAN)
    async with station_with(path, box) as station:
        yield station


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    before: Held = await office.settle()
    yield office
    await office.settle(before)


@asynccontextmanager
async def phones(station: Station, **behaviour: Behaviour | None) -> AsyncIterator[dict[str, Phone]]:
    """Phones by extension (``a201``), registered as far as the application knows."""
    async with AsyncExitStack() as stack:
        made = {
            name[1:]: await stack.enter_async_context(station.phone(name[1:], does))
            for name, does in behaviour.items()
        }
        await until(lambda: set(made) <= set(station.status.registered))
        yield made


async def test_the_next_rings_when_one_is_busy_or_silent(station: Station) -> None:
    async with (
        phones(station, a201=behaviours.reject(486), a202=None, a203=behaviours.answer()) as office,
        station.caller() as caller,
    ):
        call = caller.call("500")
        await call.answered()
        incoming = await office["203"].incoming()
        assert [len(phone.received) for phone in office.values()] == [1, 1, 1]
        assert "Vendite" in incoming.caller.name
        call.rtp.say_tone(2000)
        await incoming.rtp.hear(2000, within=2)
        assert station.legs("203") == ["talking"]
        await call.hang_up()
        await incoming.ended(within=2)
    seen = await station.last_call()
    assert seen.outcome == "connected"


async def test_the_first_who_answers_has_the_call_and_the_others_stop_ringing(station: Station) -> None:
    async with (
        phones(station, a201=None, a202=behaviours.answer(after=0.3), a203=None) as office,
        station.caller() as caller,
    ):
        call = caller.call("501")
        await call.answered()
        for extension in ("201", "203"):
            left = await office[extension].incoming()
            assert (await left.ended(within=2)).status == 487
        await call.hang_up()


async def test_a_caller_waits_with_music_until_the_line_is_free(station: Station) -> None:
    async with phones(station, a201=behaviours.answer(), a204=None) as office, station.caller() as caller:
        first = caller.call("502")
        await first.answered()
        second = caller.call("502")
        await station.hears(second, "wait")
        assert len(office["201"].received) == 1
        await first.hang_up()
        await until(lambda: len(office["201"].received) == 2)
        incoming = office["201"].received[-1]
        incoming.rtp.say_tone(2200)
        await second.rtp.hear(2200, within=3)
        await second.hang_up()


async def test_the_key_leaves_the_queue(station: Station) -> None:
    async with (
        phones(station, a201=behaviours.answer(), a204=behaviours.answer()) as office,
        station.caller() as caller,
    ):
        first = caller.call("502")
        await first.answered()
        second = caller.call("502")
        await station.hears(second, "wait")
        await second.press("1")
        await office["204"].incoming()
        await asyncio.gather(first.hang_up(), second.hang_up())
