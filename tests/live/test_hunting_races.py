"""Hundreds of callers wait for the same few lines.

``OFFICESMART_HUNTS=1`` makes 300 simultaneous calls, in place of a few.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.sipp import run_sipp
from tests.live import plan
from tests.live.hunting import WHOLE, phones
from tests.live.station import Station, station_with

CALLERS = 300 if WHOLE else 60
LINES = ["201", "202", "203", "204", "205", "206"]
SCENARIO = Path(__file__).parents[1] / "sipp" / "wait_for_an_answer.xml"
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
limits: {calls: 400, calls_per_second: 1000}
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


# --- R9


Stage = Callable[[Station, OutgoingCall, dict[str, Phone]], Awaitable[None]]
"""Waits until a call has come so far."""


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
