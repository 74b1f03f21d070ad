"""What a group remembers over a restart, and what a new plan changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.publishing.outcome import Published
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.hunting import is_free, phones, talks
from tests.live.station import Station, station_with, until

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
  "203": {name: Carla}
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
  turns:
    name: A turno
    numbers: ["500"]
    strategy: uniform_sequential
    members: ["201", "202", "203"]
  idle:
    name: Lunga attesa
    numbers: ["501"]
    strategy: uniform_longest_idle
    idle_counts: group
    members: ["201", "202", "203"]
"""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("memory") / "plan", PLAN)
    async with station_with(path, box) as station:
        before = await station.settle()
        yield station
        await station.settle(before)


@pytest.fixture
async def station(office: Station) -> AsyncIterator[Station]:
    """The office; after each test nothing may be left of its calls."""
    yield office
    await office.settle()


LINES = ("201", "202", "203")


@asynccontextmanager
async def all_answer(station: Station) -> AsyncIterator[dict[str, Phone]]:
    async with phones(station, dict.fromkeys(LINES, behaviours.answer())) as members:
        yield members


async def who_answers(station: Station, caller: Phone, number: str) -> str:
    """Make a call; return the line that took it, once it is free again."""
    call = caller.call(number)
    await call.answered()
    await until(lambda: any(station.legs(line) == ["talking"] for line in LINES))
    (line,) = (line for line in LINES if station.legs(line))
    await call.hang_up()
    await station.settle()
    return line


async def test_turns_go_on_after_restarts(station: Station) -> None:
    async with all_answer(station), station.caller() as caller:

        async def turn() -> list[str]:
            return [await who_answers(station, caller, number) for number in ("500", "501")]

        first = [await turn(), await turn()]
        await station.stop()
        await station.start()
        await until(lambda: set(LINES) <= set(station.status.registered))
        third = await turn()
        assert [*first, third] == [[line, line] for line in _rotated(first[0][0])]
        await station.restart_asterisk()
        await until(lambda: set(LINES) <= set(station.status.registered))
        assert [await turn(), await turn()] == first


def _rotated(first: str) -> list[str]:
    place = LINES.index(first)
    return [*LINES[place:], *LINES[:place]]


async def serve(station: Station, text: str) -> None:
    """Let a plan with these groups go live."""
    path = station.run.plan
    plan_text = await asyncio.to_thread(path.read_text)
    changed = re.sub("(?m)^hunt_groups:(\n  .*)*", "hunt_groups:\n" + text, plan_text)
    await asyncio.to_thread(path.write_text, changed)
    outcome = await station.app.reload()
    assert isinstance(outcome, Published), outcome


@pytest.fixture
async def edited(station: Station) -> AsyncIterator[Station]:
    """The office, which has its own plan again afterwards."""
    before = await asyncio.to_thread(station.run.plan.read_text)
    yield station
    await asyncio.to_thread(station.run.plan.write_text, before)
    assert isinstance(await station.app.reload(), Published)


GROUP = '  turns: {{name: A turno, numbers: ["500"], strategy: {}, members: [{}], ring_seconds: 1}}\n'


async def rung_in_order(station: Station, caller: Phone, members: dict[str, Phone]) -> list[str]:
    """The lines that ring for a call which nobody takes, in their order."""
    before = {line: len(phone.received) for line, phone in members.items()}
    call = caller.call("500")
    await call.ended(within=8)
    rung = [
        (phone.received[-1].invited_ns, line) for line, phone in members.items() if _new(phone, before[line])
    ]
    await station.settle()
    return [line for _, line in sorted(rung)]


def _new(phone: Phone, before: int) -> bool:
    return len(phone.received) > before


async def test_a_new_plan_holds_from_the_next_hunt_on(edited: Station) -> None:
    async with (
        phones(edited, dict.fromkeys(LINES, behaviours.reject(486))) as members,
        edited.caller() as caller,
    ):
        for strategy, order in (
            ("linear", ["203", "201", "202"]),
            ("linear", ["202", "203"]),
            ("uniform_sequential", ["201", "202", "203"]),
        ):
            await serve(edited, GROUP.format(strategy, ", ".join(f'"{line}"' for line in order)))
            assert await rung_in_order(edited, caller, members) == order
        # The last one of those offered, 203, is no more: whoever took its place is next.
        await serve(edited, GROUP.format("uniform_sequential", '"202", "201"'))
        assert await rung_in_order(edited, caller, members) == ["202", "201"]


async def test_who_is_removed_may_finish_ringing_and_talk_on(edited: Station) -> None:
    async with (
        phones(edited, {"201": None, "202": behaviours.answer()}) as members,
        edited.caller() as caller,
    ):
        await serve(edited, GROUP.format("linear", '"201", "202"'))
        call = caller.call("500")
        ringing = await members["201"].incoming()
        await serve(edited, GROUP.format("linear", '"202"'))
        ringing.answer()
        await call.answered()
        await talks(edited, "201")
        other = caller.call("500")
        await other.answered()
        await talks(edited, "202")
        await call.hang_up()
        await other.hang_up()
        await is_free(edited, "201", "202")
        assert len(members["201"].received) == 1


async def test_who_is_removed_is_not_offered_the_call_again(edited: Station) -> None:
    async with (
        phones(edited, {"201": None, "202": None, "203": behaviours.answer()}) as members,
        edited.caller() as caller,
    ):
        await serve(edited, GROUP.format("linear", '"201", "202", "203"'))
        call = caller.call("500")
        ringing = await members["201"].incoming()
        await serve(edited, GROUP.format("ring_all", '"203", "201"'))
        ringing.reject(486)
        await call.answered()
        assert [len(phone.received) for phone in members.values()] == [1, 0, 1]
        await call.hang_up()
