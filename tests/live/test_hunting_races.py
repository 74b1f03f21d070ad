"""Hunt groups when much happens at once: two answer together, the caller leaves, hundreds of callers wait.

``OFFICESMART_HUNTS=1`` makes 500 races and 300 simultaneous calls, in place of a few.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.sipp import run_sipp
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live import plan
from tests.live.hunting import WHOLE, is_free, phones, talks
from tests.live.station import Station, station_with, until

RACES = 500 if WHOLE else 10
CALLERS = 300 if WHOLE else 60
LINES = ["201", "202", "203", "204", "205", "206"]
SCENARIO = Path(__file__).parents[1] / "sipp" / "wait_for_an_answer.xml"
LEFT_RINGING_NS = 500_000_000
"""How long a phone may ring on when the caller has left."""
LINE_IDLE_SECONDS = 0.25
"""How long a line may be free while somebody waits for it, on a machine that also plays 300 callers."""

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
  "203": {name: Carla}
  "204": {name: Dario}
  "205": {name: Elena}
  "206": {name: Fabio}
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
  pair: {name: Coppia, numbers: ["500"], strategy: ring_all, members: ["201", "202"]}
  row: {name: Fila, numbers: ["501"], members: ["203", "201"], ring_seconds: 1}
  short: {name: Coda, numbers: ["502"], members: ["201"], music: default, queue: {announcement: wait}}
  one:
    name: Uno
    numbers: ["503"]
    strategy: uniform_longest_idle
    members: ["201", "202", "203", "204", "205", "206"]
    queue: {places: 1000}
  two:
    name: Due
    numbers: ["504"]
    strategy: uniform_sequential
    members: ["206", "205", "204", "203", "202", "201"]
    queue: {places: 1000}
limits: {calls: 400}
"""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("races") / "plan", PLAN)
    async with station_with(path, box, calls=400) as station:
        before = await station.settle()
        yield station
        await station.settle(before)


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    yield office
    await office.settle()


# --- R8


@pytest.mark.timeout(60 + RACES)
async def test_of_two_who_answer_together_one_has_the_call(station: Station) -> None:
    chance, both_answered = Random(8), 0
    async with phones(station, {"201": None, "202": None}) as members, station.caller() as caller:
        for _ in range(RACES):
            call = caller.call("500")
            rung = [await members[extension].incoming() for extension in sorted(members)]
            chance.shuffle(rung)
            rung[0].answer()
            # As far apart as two people's fingers; there is nothing to wait for.
            await asyncio.sleep(chance.uniform(0, 0.005))
            rung[1].answer()
            both_answered += bool(rung[1].answered_ns)
            await call.answered()
            winner = await the_one_left(rung)
            call.rtp.say_tone(2000)
            winner.rtp.say_tone(2200)
            await asyncio.gather(winner.rtp.hear(2000, within=2), call.rtp.hear(2200, within=2))
            (bridge,) = await station.ari.bridges.list()
            assert len(bridge.channels) == 2
            assert sorted(map(len, (station.legs("201"), station.legs("202")))) == [0, 1]
            await call.hang_up()
            await winner.ended(within=2)
            await is_free(station, "201", "202")
    print(f"in {both_answered} of {RACES} races both phones had answered")
    assert both_answered


async def the_one_left(rung: list[IncomingCall]) -> IncomingCall:
    """Wait until one of two is released; return the other."""
    await until(lambda: any(each.ending for each in rung))
    (left,) = (each for each in rung if each.ending is None)
    return left


# --- R9


Stage = Callable[[Station, OutgoingCall, dict[str, Phone]], Awaitable[None]]
"""Waits until a call has come so far."""


async def nothing(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    """Wait for nothing: the call has just been sent."""


async def one_rings(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    await members["203"].incoming()


async def the_next_rings(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    await members["201"].incoming()


async def all_ring(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    await asyncio.gather(members["201"].incoming(), members["202"].incoming())


async def somebody_answers(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    await all_ring(station, call, members)
    members["201"].received[-1].answer()


async def somebody_talks(station: Station, call: OutgoingCall, members: dict[str, Phone]) -> None:
    await somebody_answers(station, call, members)
    await talks(station, "201")
    await call.answered()


@pytest.mark.parametrize(
    ("number", "stage"),
    [
        ("500", nothing),
        ("500", all_ring),
        ("500", somebody_answers),
        ("500", somebody_talks),
        ("501", one_rings),
        ("501", the_next_rings),
    ],
)
async def test_nobody_rings_on_when_the_caller_leaves(station: Station, number: str, stage: Stage) -> None:
    async with phones(station, dict.fromkeys(LINES[:3])) as members, station.caller() as caller:
        call = caller.call(number)
        await stage(station, call, members)
        left = time.monotonic_ns()
        await call.hang_up()
        await station.settle()
        rung = [incoming for phone in members.values() for incoming in phone.received]
        assert all(incoming.ended_ns - left < LEFT_RINGING_NS for incoming in rung)


@pytest.mark.parametrize("when", ["as he begins to wait", "in the announcement", "with music"])
async def test_who_leaves_the_queue_is_not_called_for_any_more(station: Station, when: str) -> None:
    async with phones(station, {"201": behaviours.answer()}) as members, station.caller() as caller:
        first = caller.call("502")
        await first.answered()
        waiting = caller.call("502")
        await waiting.answered()
        if when != "as he begins to wait":
            heard = await station.hears(waiting, "wait")
            if when == "with music":
                await waiting.rtp.hear(OTHER_SOUND, within=3, after=heard)
        await waiting.hang_up()
        await first.hang_up()
        await station.settle()
        assert len(members["201"].received) == 1


# --- hundreds


async def a_short_talk(call: IncomingCall) -> None:
    """Answer, and hang up a little later."""
    call.ring()
    call.answer()
    await call.answered()
    await asyncio.sleep(0.1)
    await call.hang_up()


class Watcher:
    """Sees each change of a line: whether one ever has two legs, and how long one is free while some wait."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.twice: list[str] = []
        self.idle = 0.0
        self._free_since: dict[str, float] = {}
        station.app.lines.listen(self._look)

    def _look(self) -> None:
        now = time.monotonic()
        view = self.station.app.lines.view(datetime.now(UTC))
        hunts = self.station.app._hunts
        somebody_waits = hunts.waiting("one") + hunts.waiting("two") > 0
        for line in LINES:
            legs = view.line(line).legs
            if len(legs) > 1:
                self.twice.append(line)
            if legs:
                if since := self._free_since.pop(line, 0.0):
                    self.idle = max(self.idle, now - since)
            elif somebody_waits:
                self._free_since.setdefault(line, now)


@pytest.mark.timeout(60 + CALLERS)
async def test_hundreds_wait_for_the_same_lines_in_order(station: Station, tmp_path: Path) -> None:
    assert station.toolbox.sipp is not None
    began = datetime.now(UTC)
    watcher = Watcher(station)
    async with phones(station, dict.fromkeys(LINES, a_short_talk)) as members:
        results = await asyncio.gather(
            *(
                run_sipp(
                    station.toolbox.sipp.command(),
                    SCENARIO,
                    station.server,
                    folder=_folder(tmp_path / number),
                    number=number,
                    calls=CALLERS // 2,
                    rate=150,
                    within=CALLERS,
                )
                for number in ("503", "504")
            )
        )
        await station.settle()
        for result in results:
            assert (result.successful, result.failed, result.unfinished) == (CALLERS // 2, 0, 0), result
        assert sum(len(phone.received) for phone in members.values()) == CALLERS
        for phone in members.values():
            assert all(one.ended_ns <= other.invited_ns for one, other in pairwise(phone.received))
    calls = await station.app.log.find(CallQuery(since=began, limit=2 * CALLERS))
    assert len(calls) == CALLERS
    assert watcher.twice == []
    print(f"{CALLERS} callers: a line was free at most {watcher.idle * 1000:.1f} ms while somebody waited")
    assert watcher.idle < LINE_IDLE_SECONDS
    for group in ("one", "two"):
        of_group = [call for call in calls if call.steps[1].note.about == {"hunt_group": group}]
        of_group.sort(key=lambda call: _at(call, Fact.HUNT_GROUP))
        served = [_at(call, Fact.RINGS) for call in of_group]
        assert served == sorted(served)
    assert sum(Fact.WAITS in {step.note.fact for step in call.steps} for call in calls) > CALLERS / 2


def _at(call: CallRecord, fact: Fact) -> datetime:
    """When a fact was noted first."""
    return next(step.at for step in call.steps if step.note.fact is fact)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
