"""Waiting for a line: what is heard, in which language, and how it ends; members who rest or miss calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live import plan
from tests.live.hunting import is_free, phones, record_of, talks
from tests.live.station import Station, station_with, until

PLAN = """\
version: 1
company: {name: Prova, language: LANGUAGE}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
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
    menus: {day: {announcement: welcome}}
hunt_groups:
  queue:
    name: In coda
    numbers: ["500"]
    members: ["201"]
    queue: {places: 2, announcement: wait, leave_key: "1", leave_to: {extension: "204"}}
    when_busy: {play: closed}
  told:
    name: Con il posto
    numbers: ["501"]
    members: ["201"]
    queue: {announce_position: true}
  short:
    name: Breve
    numbers: ["502"]
    members: ["201"]
    queue: {max_seconds: 1}
    when_busy: {extension: "204"}
  often:
    name: Con annunci
    numbers: ["503"]
    members: ["201"]
    music: default
    queue: {announce_seconds: 10, announcements: [offers]}
  rest: {name: Con pausa, numbers: ["504"], members: ["201"], wrap_up_seconds: 1, queue: {}}
  missed: {name: Persi, numbers: ["505"], members: ["201", "202"], ring_seconds: 1, pause_after_missed: 2}
  retry:
    name: Riprova
    numbers: ["506"]
    members: ["201", "202"]
    ring_seconds: 1
    queue: {retry_seconds: 1}
"""
VOICE_SECONDS = {"it": 2.99, "en": 2.15}
"""How long "you are number one" takes, as shipped."""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("queue") / "plan", PLAN.replace("LANGUAGE", "it"))
    async with station_with(path, box) as station:
        before = await station.settle()
        yield station
        await station.settle(before)


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    yield office
    await office.settle()


async def a_talk(station: Station, caller: Phone, number: str = "500") -> OutgoingCall:
    """Somebody talks to 201, the only member."""
    call = caller.call(number)
    await call.answered()
    await talks(station, "201")
    return call


async def test_who_waits_hears_the_ringing_tone_and_gets_the_line(station: Station) -> None:
    async with phones(station, {"201": behaviours.answer()}) as members, station.caller() as caller:
        first = await a_talk(station, caller)
        second = caller.call("500")
        heard = await station.hears(second, "wait")
        await second.rtp.hear(plan.RINGING_TONE, within=3, after=heard)
        assert len(members["201"].received) == 1
        await first.hang_up()
        await until(lambda: len(members["201"].received) == 2)
        incoming = members["201"].received[-1]
        await incoming.answered()
        incoming.rtp.say_tone(2200)
        await second.rtp.hear(2200, within=3)
        await second.hang_up()


async def test_the_key_leaves_the_queue_during_the_announcement_and_the_next_moves_up(
    station: Station,
) -> None:
    does = {"201": behaviours.answer(), "204": behaviours.answer()}
    async with phones(station, does) as members, station.caller() as caller:
        first = await a_talk(station, caller)
        second, third = caller.call("500"), caller.call("500")
        await station.hears(third, "wait")
        full = caller.call("500")
        await station.hears(full, "closed")
        await station.hears(second, "wait")
        await second.press("1")
        await members["204"].incoming()
        await first.hang_up()
        await until(lambda: len(members["201"].received) == 2)
        await talks(station, "201", "204")
        for call in (second, third, full):
            await call.hang_up()


async def test_the_wait_is_bounded(station: Station) -> None:
    does = {"201": behaviours.answer(), "204": behaviours.answer()}
    async with phones(station, does) as members, station.caller() as caller:
        first = await a_talk(station, caller, "502")
        began = time.monotonic()
        second = caller.call("502")
        await members["204"].incoming()
        assert 0.9 < time.monotonic() - began < 1.6
        await first.hang_up()
        await second.hang_up()


async def test_who_waits_hears_the_announcements_or_his_place(station: Station) -> None:
    async with phones(station, {"201": behaviours.answer()}), station.caller() as caller:
        first = await a_talk(station, caller)
        announced, told = caller.call("503"), caller.call("501")
        await asyncio.gather(
            hears_announcements_between_music(station, announced),
            hears_his_place(station, told, VOICE_SECONDS["it"]),
        )
        for call in (first, announced, told):
            await call.hang_up()


async def test_the_place_is_told_in_english_too(tmp_path: Path, box: Toolbox) -> None:
    path = plan.write(tmp_path / "plan", PLAN.replace("LANGUAGE", "en"))
    async with (
        station_with(path, box) as station,
        phones(station, {"201": behaviours.answer()}),
        station.caller() as caller,
    ):
        first = await a_talk(station, caller)
        second = caller.call("501")
        await hears_his_place(station, second, VOICE_SECONDS["en"])
        await first.hang_up()
        await second.hang_up()
        await station.settle()


async def hears_announcements_between_music(station: Station, call: OutgoingCall) -> None:
    music = await call.rtp.hear(OTHER_SOUND, within=3)
    heard = await station.hears(call, "offers", within=12)
    assert 9.5e9 < heard - music < 10.7e9
    await call.rtp.hear(OTHER_SOUND, within=3, after=heard)


async def hears_his_place(station: Station, call: OutgoingCall, seconds: float) -> None:
    voice = await call.rtp.hear(OTHER_SOUND, within=3)
    rings = await call.rtp.hear(plan.RINGING_TONE, within=6)
    assert abs((rings - voice) / 1e9 - seconds) < 0.3
    steps = (await record_of(station, call)).steps
    said = [step.note.about["announcements"] for step in steps if step.note.fact is Fact.PLAYS]
    assert said == ["queue-position number-1"]


# --- members


async def test_a_member_rests_after_a_call_before_the_next(station: Station) -> None:
    async with phones(station, {"201": behaviours.answer()}) as members, station.caller() as caller:
        first = await a_talk(station, caller, "504")
        second = caller.call("504")
        await second.answered()
        await first.hang_up()
        ended = members["201"].received[0]
        await ended.ended(within=2)
        await until(lambda: len(members["201"].received) == 2)
        assert 0.95e9 < members["201"].received[1].invited_ns - ended.ended_ns < 1.3e9
        await talks(station, "201")
        await second.hang_up()
        await is_free(station, "201")
        view = station.app.lines.view
        await until(lambda: not view(datetime.now(UTC)).line("201").wraps_up(datetime.now(UTC)))


async def test_who_misses_calls_is_paused(station: Station) -> None:
    async with (
        phones(station, {"201": None, "202": behaviours.answer()}) as members,
        station.caller() as caller,
    ):
        for rung in (1, 2, 2):
            call = caller.call("505")
            await call.answered()
            await call.hang_up()
            await is_free(station, "201", "202")
            assert len(members["201"].received) == rung
        station.app.lines.update("201", datetime.now(UTC), paused=False)


async def test_who_did_not_answer_is_asked_again_while_the_caller_waits(station: Station) -> None:
    async with phones(station, dict.fromkeys(["201", "202"])) as members, station.caller() as caller:
        busy = members["202"].call("100")
        await busy.answered()
        await talks(station, "202")
        call = caller.call("506")
        await call.answered()
        await until(lambda: len(members["201"].received) == 2)
        first, again = members["201"].received
        assert 0.9e9 < again.invited_ns - first.ended_ns < 1.6e9
        again.answer()
        await talks(station, "201")
        await busy.hang_up()
        await call.hang_up()
