"""Members of hunt groups with real phones: service codes, the PIN, pauses, do-not-disturb."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.hunting import phones
from tests.live.station import Held, Station, station_with, until

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
  logged-out: {file: sales.wav}
  logged-in: {file: offers.wav}
  paused: {file: directions.wav}
  resumed: {file: wait.wav}
  do-not-disturb-on: {file: closed.wav}
  enter-pin: {file: second.wav}
  wrong-pin: {file: own-no-input.wav}
multiselections: {}
hunt_groups:
  sales:
    name: Vendite
    numbers: ["500"]
    members: ["201", "202"]
    ring_seconds: 1
    pause_after_missed: 1
service_codes: {login: "*45", pause: "*46", do_not_disturb: "*47", pin: {secret: service-pin}}
"""

HEARD_AS = {
    "logged-out": "sales",
    "logged-in": "offers",
    "paused": "directions",
    "resumed": "wait",
    "do-not-disturb-on": "closed",
    "enter-pin": "second",
    "wrong-pin": "own-no-input",
}
"""The tones as which the prompts are heard."""

PIN = "2580"


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("members") / "plan", PLAN)
    known = path.parent / secrets.FILE_NAME
    known.touch(mode=0o600)
    known.write_text(f'service-pin: "{PIN}"\n')
    async with station_with(path, box) as station:
        yield station


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    before: Held = await office.settle()
    yield office
    await office.settle(before)


async def dials(station: Station, phone: Phone, code: str, heard: str) -> None:
    """A phone dials a code, hears what its line is now, and is released."""
    call = phone.call(code)
    await call.answered()
    await station.hears(call, HEARD_AS[heard])
    await call.ended(within=5)


async def answers(station: Station, office: dict[str, Phone]) -> str:
    """Who answers a call to the group that is there for a moment."""
    before = {extension: len(phone.received) for extension, phone in office.items()}
    async with station.caller() as caller:
        call = caller.call("500")
        await call.answered()
        (line,) = [extension for extension in office if station.legs(extension) == ["talking"]]
        assert len(office[line].received) == before[line] + 1
        await call.hang_up()
    await until(lambda: not station.legs(line))
    return line


async def test_a_phone_logs_out_is_passed_over_and_logs_in(station: Station) -> None:
    (before,) = station.app.facade().groups().groups
    async with phones(station, {"201": behaviours.answer(), "202": behaviours.answer()}) as office:
        assert await answers(station, office) == "201"
        await dials(station, office["201"], "*45", "logged-out")
        assert await answers(station, office) == "202"
        assert len(office["201"].received) == 1
        await dials(station, office["201"], "*45", "logged-in")
        assert await answers(station, office) == "201"
    (after,) = station.app.facade().groups().groups
    assert (after.offered - before.offered, after.answered - before.answered) == (3, 3)
    for then, now, answered in zip(before.members, after.members, (2, 1), strict=True):
        assert now.answered - then.answered == answered
        assert now.talk_seconds > then.talk_seconds


async def test_who_lets_a_call_ring_is_paused_until_he_says_that_he_is_back(station: Station) -> None:
    async with phones(station, {"201": None, "202": behaviours.answer()}) as office:
        assert [await answers(station, office) for _ in range(2)] == ["202", "202"]
        assert len(office["201"].received) == 1
        await dials(station, office["201"], "*46", "resumed")
        assert await answers(station, office) == "202"
        assert len(office["201"].received) == 2
        await dials(station, office["201"], "*46", "resumed")


async def test_another_line_is_paused_by_who_knows_the_pin(station: Station) -> None:
    async with phones(station, {"201": behaviours.answer(), "202": behaviours.answer()}) as office:
        call = office["202"].call("*46201")
        await call.answered()
        await station.hears(call, HEARD_AS["enter-pin"])
        at = await call.press("11#")
        at = await station.hears(call, HEARD_AS["wrong-pin"], after=at)
        await station.hears(call, HEARD_AS["enter-pin"], after=at)
        at = await call.press(f"{PIN}#")
        await station.hears(call, HEARD_AS["paused"], after=at)
        await call.ended(within=5)
        assert await answers(station, office) == "202"
        assert PIN not in str((await station.last_call()).steps)
        await dials(station, office["201"], "*46", "resumed")


async def test_a_line_that_is_not_to_be_disturbed_is_busy_for_direct_calls_too(station: Station) -> None:
    async with (
        phones(station, {"201": behaviours.answer(), "202": behaviours.answer()}) as office,
        station.caller() as caller,
    ):
        await dials(station, office["201"], "*47", "do-not-disturb-on")
        call = caller.call("201")
        assert (await call.ended(within=5)).status == 486
        assert not office["201"].received
        assert (await station.last_call()).steps[-2].about["outcome"] == "do_not_disturb"
        assert await answers(station, office) == "202"
        station.app.facade().change("201", LineChange.DO_NOT_DISTURB_OFF)
        assert await answers(station, office) == "201"
