"""The kinds of state that fulfil the same contract, opened and reopened alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import URL, delete

from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller, Origin
from officesmart_ivr.state.call_log import CallLog, CallRecord
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
from officesmart_ivr.state.overrides import MemoryOverrideBoard, OverrideBoard
from officesmart_ivr.state.revisions import MemoryRevisions, Revisions
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import opened
from officesmart_ivr.state.sql.lines import open_board
from officesmart_ivr.state.sql.overrides import open_overrides
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.state.sql.tables import metadata

POSTGRES_VARIABLE = "OFFICESMART_TEST_POSTGRES"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass(frozen=True)
class State:
    board: LineBoard
    log: CallLog
    revisions: Revisions
    overrides: OverrideBoard
    write: Callable[[], Awaitable[None]]


Opener = Callable[[], AbstractAsyncContextManager[State]]
"""Opens the state; once more, as a process does that starts again."""


@asynccontextmanager
async def memory() -> AsyncIterator[State]:
    async def nothing() -> None:
        pass

    yield State(MemoryLineBoard(), MemoryCallLog(), MemoryRevisions(), MemoryOverrideBoard(), nothing)


def sql(url: str | URL) -> Opener:
    @asynccontextmanager
    async def opener() -> AsyncIterator[State]:
        async with opened(url) as database:
            board, log = await open_board(database), await open_call_log(database)
            revisions, overrides = SqlRevisions(database), await open_overrides(database)
            yield State(board, log, revisions, overrides, database.writer.flush)

    return opener


async def empty(url: str | URL) -> None:
    async with opened(url) as database, database.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))


def record(call_id: str, minutes: float = 0, **caller: str) -> CallRecord:
    who = {"dialled": "0212345678", "number": "3331234567", "endpoint": "carrier"} | caller
    return CallRecord(Caller(call_id, origin=Origin.TRUNK, **who), at(minutes), f"sip-{call_id}")


def told(call: CallRecord, minutes: float, fact: Fact, **about: str) -> CallRecord:
    call.note(at(minutes), Note(fact, about))
    return call
