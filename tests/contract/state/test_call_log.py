"""What every call log does."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from officesmart_ivr.callplan.destination import To
from officesmart_ivr.core.effects import Cause, Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import Heading, InGroup, Lost, Over, Place, ToLine
from officesmart_ivr.core.state import Caller, Journey, Outcome
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.call_log import INTERRUPTED, CallLeg, CallLog, CallQuery, CallRecord
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import opened, opened_to_read

from .stores import Opener, State, at, record, told


@pytest.fixture
def log(state: State) -> CallLog:
    return state.log


def finished(log: CallLog, call_id: str, minutes: float, outcome: str = "connected", **caller: str) -> None:
    call = record(call_id, minutes, **caller)
    log.begin(call)
    call.close(at(minutes + 1), outcome)
    log.finish(call)


async def found(log: CallLog, **query: object) -> list[str]:
    return [call.caller.call_id for call in await log.find(CallQuery(**query))]  # type: ignore[arg-type]


def whole(call_id: str) -> CallRecord:
    """A call through two menus to two phones."""
    call = record(call_id, name="Rossi\0 è qui")
    call.answered = at(0.1)
    told(call, 0, Fact.MULTISELECTION, multiselection="main")
    told(call, 0, Fact.MENU, menu="welcome")
    told(call, 1, Fact.MENU, menu="welcome")
    told(call, 1, Fact.MENU, menu="sales")
    told(call, 1, Fact.WRONG_ENTRY, entry="\0\ud83d'\"", attempt="1", attempts="3")
    told(call, 2, Fact.RINGS, line="201", seconds="20")
    told(call, 3, Fact.NOT_REACHED, line="201", outcome="no_answer")
    told(call, 4, Fact.RINGS, line="202", seconds="20")
    told(call, 5, Fact.RINGING, line="202")
    told(call, 6, Fact.ANSWERED, line="202")
    told(call, 7, Fact.CALLER_LEFT)
    told(call, 7, Fact.ENDED, outcome="connected", cause="16")
    call.close(at(7), "connected")
    return call


async def test_a_record_gathers_path_and_legs(state: State) -> None:
    call = whole("c1")
    state.log.begin(call)
    state.log.finish(call)
    await state.write()
    kept = await state.log.get("c1")
    assert kept is not None
    assert (kept.multiselection, kept.path) == ("main", ["main/welcome", "main/sales"])
    assert kept.legs == [
        CallLeg("201", at(2), None, None, at(3), "no_answer"),
        CallLeg("202", at(4), at(5), at(6), at(7), "answered"),
    ]
    assert (kept.began, kept.answered, kept.ended, kept.outcome) == (at(0), at(0.1), at(7), "connected")
    assert (kept.caller.origin, kept.sip_call_id) == (call.caller.origin, "sip-c1")
    assert kept.steps == call.steps


def test_transfers_and_pick_ups_end_legs_and_begin_others() -> None:
    call = record("c1")
    for minute, (fact, about) in enumerate(
        [
            (Fact.RINGS, {"line": "201", "seconds": "20"}),
            (Fact.PICKED_UP, {"line": "202", "call": "o1"}),
            (Fact.JOINS_RINGING, {"line": "202", "to": "203", "call": "o2"}),
            (Fact.ANSWERED, {"line": "203"}),
            (Fact.JOINS, {"line": "203", "to": "204", "call": "o3"}),
            (Fact.TRANSFERS, {"line": "204", "to": "205"}),
        ]
    ):
        call.note(at(minute), Note(fact, about))
    assert call.legs == [
        CallLeg("201", at(0), None, None, at(1), "picked_up"),
        CallLeg("202", at(1), None, at(1), at(2), "answered"),
        CallLeg("203", at(2), at(2), at(3), at(4), "answered"),
        CallLeg("204", at(4), None, at(4), at(5), "answered"),
    ]


async def test_a_call_is_found_from_its_beginning_and_as_it_grows(log: CallLog) -> None:
    call = record("c1")
    log.begin(call)
    told(call, 1, Fact.RINGS, line="201", seconds="20")
    log.update(call)
    assert await found(log, extension="201") == ["c1"]
    call.close(at(2), "busy")
    log.finish(call)
    assert await found(log, extension="201", outcome="busy") == ["c1"]


async def test_the_newest_come_first_up_to_the_limit(state: State) -> None:
    for name, minutes in (("b", 2), ("a", 1), ("d", 4), ("c", 3)):
        finished(state.log, name, minutes)
    assert await found(state.log) == ["d", "c", "b", "a"]
    await state.write()
    finished(state.log, "e", 2.5)
    assert await found(state.log, limit=3) == ["d", "c", "e"]


@pytest.mark.parametrize("written", [True, False])
async def test_filters(state: State, written: bool) -> None:
    log = state.log
    finished(log, "a", 1, "busy", dialled="0212345678", number="+39333111")
    finished(log, "b", 2, "connected", dialled="02_2", number="Anonymous", endpoint="201")
    finished(log, "c", 3, "busy", dialled="100", number="204", endpoint="204")
    if written:
        await state.write()
    assert await found(log, since=at(2)) == ["c", "b"]
    assert await found(log, until=at(2)) == ["a"]
    assert await found(log, number="0212") == ["a"]
    assert await found(log, number="2_") == ["b"]
    assert await found(log, number="%") == []
    assert await found(log, caller="333") == ["a"]
    assert await found(log, caller="ANON") == ["b"]
    assert await found(log, extension="201") == ["b"]
    assert await found(log, extension="20") == []
    assert await found(log, outcome="busy") == ["c", "a"]
    assert await found(log, outcome="busy", since=at(2), number="1") == ["c"]
    assert await found(log, sip_call_id="sip-b") == ["b"]
    assert await found(log, sip_call_id="") == []


async def test_a_prefix_names_one_call_or_is_refused(state: State) -> None:
    for name in ("ab12", "ab34", "ab", "c"):
        finished(state.log, name, 0)
    await state.write()
    finished(state.log, "abcd", 1)
    only = await state.log.get("ab3")
    assert only is not None
    assert only.caller.call_id == "ab34"
    exact = await state.log.get("ab")
    assert exact is not None
    assert exact.caller.call_id == "ab"
    assert await state.log.get("x") is None
    for prefix in ("a", ""):
        with pytest.raises(StateError):
            await state.log.get(prefix)


async def test_old_calls_are_deleted_but_not_those_in_progress(state: State) -> None:
    for number in range(1200):
        finished(state.log, f"old-{number}", number / 1000)
        if number % 400 == 0:
            await state.write()
    told(long := record("long", 0), 1, Fact.RINGS, line="201", seconds="20")
    state.log.begin(long)
    finished(state.log, "new", 3)
    await state.write()
    kept_by_memory = len(await found(state.log, limit=5000)) - 2
    assert await state.log.delete_older(at(2)) == kept_by_memory
    assert await found(state.log, limit=5000) == ["new", "long"]


async def test_calls_survive_a_restart(durable: Opener) -> None:
    call = whole("c1")
    async with durable() as state:
        state.log.begin(call)
        state.log.finish(call)
    async with durable() as state:
        kept = await state.log.get("c1")
    assert kept is not None
    assert (kept.steps, kept.legs, kept.caller.name) == (call.steps, call.legs, "Rossi è qui")


async def test_calls_left_open_are_adopted_or_closed(durable: Opener) -> None:
    async with durable() as state:
        for name in ("adopted", "lost"):
            call = record(name)
            state.log.begin(call)
            told(call, 1, Fact.RINGS, line="201", seconds="20")
            told(call, 2, Fact.ANSWERED, line="201")
            state.log.update(call)
        finished(state.log, "over", 0)
    async with durable() as state:
        adopted = state.log.adopt("adopted")
        assert adopted is not None
        state.log.begin(adopted)
        assert state.log.adopt("adopted") is state.log.adopt("over") is None
        assert [call.caller.call_id for call in state.log.close_interrupted()] == ["lost"]
        assert not state.log.close_interrupted()
        told(adopted, 5, Fact.OTHER_LEFT, line="201")
        adopted.close(at(5), "connected")
        state.log.finish(adopted)
    async with durable() as state:
        calls = {call.caller.call_id: call for call in await state.log.find(CallQuery())}
        assert not state.log.close_interrupted()
    assert (calls["adopted"].outcome, calls["adopted"].legs[0].ended) == ("connected", at(5))
    assert (calls["lost"].outcome, calls["lost"].ended) == (INTERRUPTED, at(2))
    assert calls["lost"].legs[0].outcome == "answered"


CALLER = Caller("c1", "100", "\ud83d'")
PLACES = [
    Place("1.2", Journey(CALLER, True, "main", ("day", "sales"), serial=7), way, "c1-p7")
    for way in (
        Heading(To.REPLAY),
        InGroup("sales", "201"),
        ToLine(PhoneTarget("201")),
        ToLine(OutsideTarget("+393331234567", "carrier", emergency=True)),
        Over(Outcome.CONNECTED, Cause.NORMAL),
        Lost(),
    )
]


@pytest.mark.parametrize("place", PLACES)
async def test_the_place_of_a_call_outlives_the_process_but_not_the_call(
    durable: Opener, place: Place
) -> None:
    async with durable() as state:
        for name in ("in-progress", "over"):
            call = record(name)
            call.place = place
            state.log.begin(call)
        call.close(at(1), "connected")
        state.log.finish(call)
    async with durable() as state:
        (left,) = state.log.left_open()
        assert left.place is not None
        assert (left.place.way, left.place.channel, left.place.prompt) == (place.way, "1.2", "c1-p7")
        assert left.place.journey.trail == ("day", "sales")
        over = await state.log.get("over")
        assert over is not None
        assert over.place is None


async def test_what_is_written_can_be_read_by_another_program(
    durable: Opener, database_url: str | URL
) -> None:
    async with durable() as state:
        finished(state.log, "c1", 0)
        state.log.begin(record("c2", 1))
        await state.write()
        async with opened_to_read(database_url) as database:
            while_it_runs = await found(await open_call_log(database))
    async with opened_to_read(database_url) as database:
        assert await found(await open_call_log(database)) == while_it_runs == ["c2", "c1"]


async def test_a_call_given_up_at_the_process_end_stays_open(durable: Opener) -> None:
    async with durable() as state:
        call = record("talks")
        state.log.begin(call)
        state.log.finish(call)
    async with durable() as state:
        assert state.log.adopt("talks") is not None


async def test_a_call_that_is_over_is_not_left_open_and_one_that_grew_is_there_once(durable: Opener) -> None:
    async with durable() as state:
        call = record("c1")
        state.log.begin(call)
        await state.write()
        told(call, 1, Fact.RINGS, line="201", seconds="20")
        state.log.update(call)
        await state.write()
        assert await found(state.log) == ["c1"]
        call.close(at(2), "busy")
        state.log.finish(call)
        await state.write()
        assert await found(state.log) == ["c1"]
    async with durable() as state:
        assert not state.log.left_open()
        kept = await state.log.get("c1")
        assert kept == call


async def test_a_call_in_progress_is_kept_whole_whatever_a_phone_sent(durable: Opener) -> None:
    call = whole("c1")
    call.ended, call.outcome = None, ""
    odd = record("c2", name="\ud83d\0")
    async with durable() as state:
        state.log.begin(call)
        state.log.begin(odd)
    async with durable() as state:
        assert state.log.adopt("c1") == call
        assert state.log.adopt("c2") == odd


CHANGED_NAMES = (("menu", "tomorrow", "c1"), ("heading", "hiding", "c1"), ("began", "begun", "c2"))


async def test_what_another_version_wrote_of_a_call_in_progress_is_read_as_far_as_it_is_understood(
    database_url: str | URL,
) -> None:
    async with opened(database_url) as database:
        log = await open_call_log(database)
        for name in ("c1", "c2"):
            call = told(record(name), 1, Fact.MENU, menu="welcome")
            call.place = Place("1.2", Journey(call.caller), Heading(To.REPLAY))
            log.begin(call)
        await database.writer.flush()
        async with database.engine.begin() as connection:
            for before, after, name in CHANGED_NAMES:
                replaced = f"""replace(content, '"{before}"', '"{after}"')"""
                await connection.exec_driver_sql(
                    f"UPDATE open_calls SET content = {replaced} WHERE id = '{name}'"
                )
    async with opened_to_read(database_url) as database:
        (left,) = (await open_call_log(database)).left_open()
    assert (left.caller.call_id, left.steps, left.place) == ("c1", [], None)
