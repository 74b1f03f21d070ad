"""Members outside: called through a carrier, asked for a key, and no mailbox ever takes a caller."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core import hunting
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live.carrier import Carrier, carrier, write_plan
from tests.live.hunting import phones, record_of, talks
from tests.live.station import Station, station_with

OUTSIDE = "+393337654321"
PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
trunks:
  carrier: {server: SERVER, username: USERNAME, password: {secret: carrier}, register: true}
outside_calls: {trunk: carrier, allow: ["+39"], caller_id: "0212345678"}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus: {day: {announcement: welcome}}
hunt_groups:
  first:
    name: Prima fuori
    numbers: ["500"]
    members: [{outside: "3337654321"}, "202"]
    ring_seconds: 2
  trusted: {name: Senza conferma, numbers: ["501"], members: [{outside: "3337654321", confirm: false}]}
"""


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Carrier]:
    async with carrier(tmp_path_factory.mktemp("hunting-carrier"), box) as running:
        yield running


@pytest.fixture(scope="module")
async def connected(
    tmp_path_factory: pytest.TempPathFactory, world: Carrier, box: Toolbox
) -> AsyncIterator[Station]:
    path = write_plan(tmp_path_factory.mktemp("hunting-outside") / "plan", PLAN, world)
    async with station_with(path, box) as station:
        await world.registered()
        before = await station.settle()
        yield station
        await station.settle(before)


@pytest.fixture
async def office(connected: Station) -> AsyncIterator[Station]:
    yield connected
    await connected.settle()


async def test_somebody_outside_takes_the_call_with_the_key(office: Station, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer(0.1)) as person,
        phones(office, {"201": None, "202": None}) as inside,
    ):
        call = inside["201"].call("500")
        incoming = await person.incoming()
        assert incoming.invite.uri.startswith(f"sip:{OUTSIDE}@")
        await incoming.answered()
        await incoming.rtp.hear(OTHER_SOUND, within=3)
        assert not call.answered_ns
        await incoming.press("5")
        await incoming.press("1")
        await call.answered()
        call.rtp.say_tone(2000)
        incoming.rtp.say_tone(2200)
        await incoming.rtp.hear(2000, within=3)
        await call.rtp.hear(2200, within=3)
        assert office.legs(OUTSIDE) == ["talking"]
        await call.hang_up()
        await incoming.ended(within=2)
        assert not inside["202"].received


async def test_a_mailbox_that_answers_swallows_nobody(
    office: Station, world: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hunting, "CONFIRM_SECONDS", 2.0)
    async with (
        world.person(behaviour=behaviours.answer()) as mailbox,
        phones(office, {"201": None, "202": None}) as inside,
    ):
        call = inside["201"].call("500")
        greeting = await mailbox.incoming()
        await greeting.answered()
        greeting.rtp.say_tone(2200)
        next_ = await inside["202"].incoming()
        await greeting.ended(within=2)
        next_.answer()
        await call.answered()
        await talks(office, "202")
        assert not any(segment.sound == 2200 for segment in call.rtp.segments)
        steps = [step.note.fact.value for step in (await record_of(office, call)).steps]
        assert steps[steps.index("asked") : steps.index("answered") + 1].count("not_reached") == 1
        await call.hang_up()


async def test_the_caller_leaves_while_somebody_outside_is_asked(office: Station, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer()) as person,
        phones(office, {"201": None}) as inside,
    ):
        call = inside["201"].call("500")
        incoming = await person.incoming()
        await incoming.rtp.hear(OTHER_SOUND, within=3)
        await call.hang_up()
        await incoming.ended(within=2)
        assert incoming.ended_ns - call.ended_ns < 500_000_000


async def test_a_trusted_number_needs_no_key(office: Station, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer(0.1)) as person,
        phones(office, {"201": None}) as inside,
    ):
        call = inside["201"].call("501")
        await call.answered()
        incoming = await person.incoming()
        incoming.rtp.say_tone(2200)
        await call.rtp.hear(2200, within=3)
        await call.hang_up()
        await incoming.ended(within=2)


@pytest.mark.parametrize("status", [486, 404])
async def test_who_is_not_reached_outside_is_passed_over(
    office: Station, world: Carrier, status: int
) -> None:
    async with (
        world.person(behaviour=behaviours.reject(status)) as person,
        phones(office, {"201": None, "202": behaviours.answer()}) as inside,
    ):
        call = inside["201"].call("500")
        incoming = await inside["202"].incoming()
        await call.answered()
        incoming.rtp.say_tone(2200)
        await call.rtp.hear(2200, within=3)
        await call.hang_up()
        assert len(person.received) == 1
