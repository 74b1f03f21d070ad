"""What every keeper of revisions does."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import URL, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from officesmart_ivr.callplan.findings import Code, Finding, Position
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.revisions import Origin, PublicationState, Revisions, Source, Texts, digest_of
from officesmart_ivr.state.sql import revisions as module
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import opened
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.state.sql.tables import texts

from .stores import Opener, State, at, record

ANNA = Origin(Source.RELOAD, "anna", "orari di Natale \0'\"")
FIRST = {"plan.yaml": b"version: 1\n", "closures.ics": b"BEGIN:VCALENDAR\xff\x00"}
SECOND = {"plan.yaml": b"version: 1 # changed\n", "closures.ics": b"BEGIN:VCALENDAR\xff\x00"}


@pytest.fixture
def revisions(state: State) -> Revisions:
    return state.revisions


async def test_what_was_added_is_found_whole_the_newest_first(revisions: Revisions) -> None:
    first = await revisions.add(FIRST, ANNA, at(0))
    second = await revisions.add(SECOND, Origin(Source.FILE, "file"), at(1))
    assert (first.number, second.number) == (1, 2)
    found = await revisions.find(10)
    assert [each.number for each in found] == [2, 1]
    assert (found[1].at, found[1].digest, found[1].origin.author) == (at(0), digest_of(FIRST), "anna")
    assert found[1].origin.source is Source.RELOAD
    assert await revisions.texts(found[1].files) == FIRST
    assert await revisions.texts(found[0].files) == SECOND
    kept = await revisions.get(1)
    assert kept is not None
    assert kept.files == first.files
    assert await revisions.get(3) is None
    assert [each.number for each in await revisions.find(1)] == [2]


async def test_what_was_only_kept_never_went_live(revisions: Revisions) -> None:
    await revisions.add(FIRST, ANNA, at(0))
    await revisions.add(SECOND, Origin(Source.KEPT, "anna"), at(1))
    assert [each.number for each in await revisions.find(9, went_live=True)] == [1]
    assert [each.went_live for each in await revisions.find(9)] == [False, True]


async def test_the_oldest_are_forgotten_and_no_number_is_used_twice(revisions: Revisions) -> None:
    for minute in range(5):
        await revisions.add({"plan.yaml": b"%d" % minute}, ANNA, at(minute))
    waiting = await revisions.schedule({"plan.yaml": b"0"}, ANNA, at(60), at(5))
    assert await revisions.prune(2) == 3
    assert [each.number for each in await revisions.find(9)] == [5, 4]
    assert await revisions.texts(waiting.files) == {"plan.yaml": b"0"}
    assert (await revisions.add(FIRST, ANNA, at(6))).number == 6
    assert await revisions.prune(2) == 1


async def test_publications_wait_the_next_first_until_they_are_settled(revisions: Revisions) -> None:
    late = await revisions.schedule(SECOND, ANNA, at(90), at(0))
    early = await revisions.schedule(FIRST, ANNA, at(60), at(1))
    waiting = await revisions.publications(9, waiting=True)
    assert [each.id for each in waiting] == [early.id, late.id]
    assert (waiting[0].at, waiting[0].made, waiting[0].state) == (at(60), at(1), PublicationState.WAITS)
    assert await revisions.texts(waiting[0].files) == FIRST
    found = Finding(Position("plan.yaml", 3, 4), Code.MISSING_SOUND, "there is no file a.wav")
    assert await revisions.settle(early.id, PublicationState.REFUSED, at(60), "refused", [found])
    assert not await revisions.settle(early.id, PublicationState.CANCELLED, at(61))
    assert not await revisions.settle(99, PublicationState.CANCELLED, at(61))
    assert [each.id for each in await revisions.publications(9, waiting=True)] == [late.id]
    settled = (await revisions.publications(9))[-1]
    assert (settled.state, settled.settled, settled.reason) == (PublicationState.REFUSED, at(60), "refused")
    assert list(settled.findings) == [found]


async def test_it_outlives_the_process_and_equal_texts_are_kept_once(
    durable: Opener, database_url: str | URL
) -> None:
    async with durable() as state:
        for minute in range(3):
            await state.revisions.add(FIRST, ANNA, at(minute))
        await state.revisions.add(SECOND, ANNA, at(3))
        await state.revisions.schedule(SECOND, ANNA, at(60), at(4))
    async with durable() as state:
        found = await state.revisions.find(9)
        assert [each.number for each in found] == [4, 3, 2, 1]
        assert await state.revisions.texts(found[0].files) == SECOND
        assert len(await state.revisions.publications(9, waiting=True)) == 1
    async with opened(database_url) as database, database.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(texts))).scalar() == 3


async def test_a_database_that_fails_is_told_as_such(database_url: str | URL) -> None:
    async with opened(database_url) as database:
        revisions = SqlRevisions(database)
        revision = await revisions.add(FIRST, ANNA, at(0))
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM texts"))
        with pytest.raises(StateError, match="lacks"):
            await revisions.texts(revision.files)
        async with database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE revisions RENAME TO gone"))
        try:
            with pytest.raises(StateError, match="read"):
                await revisions.find(1)
            with pytest.raises(StateError, match="written") as refused:
                await revisions.add(SECOND, ANNA, at(1))
            assert refused.value.remedy
        finally:
            async with database.engine.begin() as connection:
                await connection.execute(text("ALTER TABLE gone RENAME TO revisions"))


async def test_what_is_written_meanwhile_does_not_refuse_it(
    database_url: str | URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading the last number and writing the next, another transaction wants to write."""
    async with opened(database_url) as database:
        revisions, log = SqlRevisions(database), await open_call_log(database)
        writing: list[asyncio.Task[None]] = []

        async def meanwhile(connection: AsyncConnection, given: Texts) -> dict[str, str]:
            log.begin(record("c1"))
            writing.append(asyncio.create_task(database.writer.flush()))
            await asyncio.wait(writing, timeout=0.1)
            return await keep(connection, given)

        keep = module._keep_texts
        monkeypatch.setattr(module, "_keep_texts", meanwhile)
        assert (await revisions.add(FIRST, ANNA, at(0))).number == 1
        await writing[0]
