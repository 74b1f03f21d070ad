"""Hunt groups on a real Asterisk: who rings, what is heard, and what is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live import plan
from tests.live.hunting import is_free, phones, record_of, talks
from tests.live.station import Station, station_with

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
  "203": {name: Carla}
  "204": {name: Dario}
  "205": {name: Elena}
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
      day:
        announcement: welcome
        keys: {"1": {hunt_group: line}, "2": {hunt_group: back}, "3": {hunt_group: music}}
hunt_groups:
  line:
    name: In linea
    numbers: ["500"]
    members: ["201", "202", "203"]
    ring_seconds: 1
    caller_name_prefix: "Vendite: "
  all: {name: Tutti, numbers: ["501"], strategy: ring_all, members: ["201", "202", "203"], ring_seconds: 3}
  music: {name: Con musica, numbers: ["502"], members: ["204", "205"], music: default, ring_seconds: 2}
  back: {name: Di ritorno, numbers: ["503"], members: ["204"], ring_seconds: 1, when_no_answer: replay}
  circle:
    name: In cerchio
    numbers: ["504"]
    strategy: circular
    members: ["203", "204", "205"]
    hunt_direct_calls: true
service_codes: {pick_up: "*8"}
"""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("hunting") / "plan", PLAN)
    async with station_with(path, box) as station:
        before = await station.settle()
        yield station
        await station.settle(before)


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    yield office
    await office.settle()


async def hear_each_other(one: Call, other: Call) -> None:
    """Both speak, and hear each other."""
    now = time.monotonic_ns()
    one.rtp.say_tone(2000)
    other.rtp.say_tone(2200)
    await asyncio.gather(one.rtp.hear(2200, within=3, after=now), other.rtp.hear(2000, within=3, after=now))
    for each in (one, other):
        each.rtp.say_silence()
    for each in (one, other):
        await each.rtp.hear_silence(within=3)


async def facts(station: Station, call: Call) -> list[str]:
    return [step.note.fact.value for step in (await record_of(station, call)).steps]


# --- who rings


TOO_SOON_TO_CANCEL = 408
"""An INVITE that was never replied to cannot be cancelled (RFC 3261, section 9.1); the phone gives up."""


async def test_the_first_who_answers_has_the_call_and_no_one_else_missed_it(
    station: Station,
) -> None:
    async with (
        phones(station, {"201": None, "202": behaviours.answer(after=0.3), "203": None}) as members,
        station.caller() as caller,
    ):
        call = caller.call("501")
        await call.answered()
        for extension in ("201", "203"):
            left = await members[extension].incoming()
            ending = await left.ended(within=2)
            assert (ending.status, ending.answered_elsewhere) == (487, True)
        await call.hang_up()


async def test_who_becomes_free_joins_those_who_ring(station: Station) -> None:
    async with phones(station, dict.fromkeys(["201", "202", "203"])) as members, station.caller() as caller:
        busy = members["202"].call("100")
        await busy.answered()
        await talks(station, "202")
        call = caller.call("501")
        await asyncio.gather(members["201"].incoming(), members["203"].incoming())
        await busy.hang_up()
        joined = await members["202"].incoming()
        joined.answer()
        await call.answered()
        await hear_each_other(call, joined)
        await call.hang_up()


async def test_a_call_to_a_busy_member_hunts_on_behind_it(station: Station) -> None:
    does = {"203": None, "204": None, "205": behaviours.reject(486)}
    async with phones(station, does) as members, station.caller() as caller:
        busy = members["204"].call("100")
        await busy.answered()
        await talks(station, "204")
        call = caller.call("204")
        incoming = await members["203"].incoming()
        assert [len(members[line].received) for line in ("203", "204", "205")] == [1, 0, 1]
        incoming.answer()
        await call.answered()
        await hear_each_other(call, incoming)
        await call.hang_up()


# --- what the caller hears


async def test_the_ringing_tone_is_heard_after_a_menu(station: Station) -> None:
    async with phones(station, {"201": None}) as members, station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("1")
        await call.rtp.hear(plan.RINGING_TONE, within=2, after=pressed)
        (await members["201"].incoming()).answer()
        await talks(station, "201")
        await call.hang_up()


async def test_music_is_heard_from_the_first_phone_to_the_answer(station: Station) -> None:
    does = {"204": behaviours.ring(), "205": None}
    async with phones(station, does) as members, station.caller() as caller:
        call = caller.call("502")
        await members["204"].incoming()
        await call.rtp.hear(OTHER_SOUND, within=2)
        incoming = await members["205"].incoming()
        assert not any(segment.sound == plan.RINGING_TONE for segment in call.rtp.segments)
        incoming.answer()
        await talks(station, "205")
        incoming.rtp.say_tone(2000)
        heard = await call.rtp.hear(2000, within=2)
        await call.hang_up()
        assert not any(s.sound == OTHER_SOUND and s.first_ns > heard for s in call.rtp.segments)


@pytest.mark.parametrize(
    ("key", "announcement"), [("2", "welcome"), ("1", "transfer-failed")], ids=["as planned", "by itself"]
)
async def test_back_at_the_menu(station: Station, key: str, announcement: str) -> None:
    does = {"204": behaviours.ring(), "201": behaviours.reject(603)}
    async with phones(station, does), station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press(key)
        heard = await station.hears(call, announcement, after=pressed)
        if announcement != "welcome":
            await station.hears(call, "welcome", after=heard)
        await call.hang_up()


# --- with transfers and picking up


async def to_anna(station: Station, caller: Phone, anna: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """Somebody who came from outside talks to 204, a line that is in no group under test."""
    call = caller.call("204")
    incoming = await anna.incoming()
    incoming.answer()
    await call.answered()
    await hear_each_other(call, incoming)
    return call, incoming


@pytest.mark.parametrize("dialled", ["*8501", "*8202"])
async def test_a_call_to_a_group_is_picked_up(station: Station, dialled: str) -> None:
    async with (
        phones(station, dict.fromkeys(["201", "202", "203", "204"])) as members,
        station.caller() as caller,
    ):
        call = caller.call("501")
        rung = [await members[line].incoming() for line in ("201", "202", "203")]
        await asyncio.gather(*(incoming.ringing() for incoming in rung))
        picked = members["204"].call(dialled)
        await picked.answered()
        await call.answered()
        for incoming in rung:
            assert (await incoming.ended(within=2)).answered_elsewhere
        await hear_each_other(call, picked)
        await is_free(station, "201", "202", "203")
        await picked.hang_up()
        await call.ended(within=2)
        assert "picked_up" in await facts(station, call)


@pytest.mark.parametrize("answers", [True, False])
async def test_a_caller_is_sent_on_to_a_group(station: Station, answers: bool) -> None:
    does = {"201": behaviours.answer(after=0.2) if answers else behaviours.reject(603), "204": None}
    async with phones(station, does) as members, station.caller() as caller:
        call, first = await to_anna(station, caller, members["204"])
        await first.transfer("500", within=3)
        await first.hang_up()
        second = await members["201" if answers else "204"].incoming()
        if not answers:
            second.answer()
        await second.answered()
        await hear_each_other(call, second)
        await call.hang_up()
        assert "transfers" in await facts(station, call)


@pytest.mark.parametrize("answers", [True, False])
async def test_a_caller_is_joined_with_a_group_that_still_rings(station: Station, answers: bool) -> None:
    async with (
        phones(station, dict.fromkeys(["201", "202", "203", "204"])) as members,
        station.caller() as caller,
    ):
        call, first = await to_anna(station, caller, members["204"])
        await first.hold()
        asked = members["204"].call("501")
        await members["201"].incoming()
        await asked.ringing()
        assert await first.transfer_to(asked, within=5) == 200
        await first.hang_up()
        if not answers:
            for line in ("201", "202", "203"):
                members[line].behaviour = behaviours.reject(486)
        again = await members["201"].incoming()
        if answers:
            await call.rtp.hear(plan.RINGING_TONE, within=3)
        else:
            again = await members["204"].incoming()
        again.answer()
        await hear_each_other(call, again)
        await is_free(station, "202", "203", "204" if answers else "201")
        await call.hang_up()
        assert "joins_group" in await facts(station, call)
