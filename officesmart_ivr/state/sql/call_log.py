"""A call log that outlives its process.

Records are written behind the calls' backs: at their beginning and as they grow into ``open_calls``, at their
end into ``calls``. Questions are answered from the database and, for what it may not have yet, from memory,
so an answer is whole also while the database cannot be written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller, Origin
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.call_log import (
    CallLeg,
    CallQuery,
    CallRecord,
    Step,
    interrupt,
    newest_first,
    only_one,
)
from officesmart_ivr.state.sql import open_calls
from officesmart_ivr.state.sql.database import Database
from officesmart_ivr.state.sql.rows import added, without
from officesmart_ivr.state.sql.tables import call_legs, calls
from officesmart_ivr.state.sql.transaction import Change
from officesmart_ivr.state.sql.writer import reason

_LIMIT = 10_000
"""Records that may wait for a database that cannot be written."""

_BATCH = 500
"""Records deleted in one transaction, so that the writer never waits long for its turn."""

_FACTS = {fact.value: fact for fact in Fact}


async def open_call_log(database: Database) -> SqlCallLog:
    """Return the log with what an earlier process has left open. Raises StateError."""
    async with _reading(database) as connection:
        return SqlCallLog(database, await open_calls.read(connection))


class SqlCallLog:
    """A call log in a database. Make one with :func:`open_call_log`."""

    def __init__(self, database: Database, left_open: Iterable[CallRecord]) -> None:
        self._database = database
        self._left_open = {record.caller.call_id: record for record in left_open}
        self._active: dict[str, CallRecord] = {}
        self._unwritten = database.writer.queue(_changes, limit=_LIMIT)

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived, or an adopted one."""
        self._active[record.caller.call_id] = record
        self.update(record)

    def update(self, record: CallRecord) -> None:
        """Take note that a record has grown."""
        self._unwritten.put(record.caller.call_id, record)

    def finish(self, record: CallRecord) -> None:
        """Take the same record when the call is over, or given up while it lasts."""
        self._active.pop(record.caller.call_id, None)
        self.update(record)

    def left_open(self) -> Sequence[CallRecord]:
        """Return the calls that an earlier process has left open and nobody has adopted."""
        return list(self._left_open.values())

    def adopt(self, call_id: str) -> CallRecord | None:
        """Return the record of a call that an earlier process has left open."""
        return self._left_open.pop(call_id, None)

    def close_interrupted(self) -> Sequence[CallRecord]:
        """Close what an earlier process has left open and nobody has adopted; return these calls."""
        interrupted = list(self._left_open.values())
        self._left_open.clear()
        for record in interrupted:
            interrupt(record)
            self.update(record)
        return interrupted

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """Return the wanted calls, the newest first. Raises StateError."""
        fresh = self._fresh()
        async with _reading(self._database) as connection:
            kept = await _records(connection, _select(query).limit(query.limit))
        return newest_first(self._merged(kept, fresh, query.matches), query.limit)

    async def get(self, prefix: str) -> CallRecord | None:
        """Return the call whose id begins so. Raises AmbiguousCallError when several do."""
        fresh = self._fresh()
        statement = select(calls).where(calls.c.id.startswith(prefix, autoescape=True)).order_by(calls.c.id)
        async with _reading(self._database) as connection:
            # An exact match comes first; of the others two are enough to see that there are several.
            kept = await _records(connection, statement.limit(2))
        named = self._merged(kept, fresh, lambda record: record.caller.call_id.startswith(prefix))
        return only_one(prefix, named)

    async def delete_older(self, before: datetime) -> int:
        """Delete the finished calls that began before, in small batches. Raises StateError."""
        old = select(calls.c.id).where(calls.c.began < before).limit(_BATCH)
        statement = delete(calls).where(calls.c.id.in_(old.scalar_subquery()))
        deleted = 0
        while True:
            try:
                async with self._database.engine.begin() as connection:
                    count = (await connection.execute(statement)).rowcount
            except Exception as error:
                raise StateError(f"{self._database.where} could not be written: {reason(error)}") from error
            deleted += count
            if count < _BATCH:
                return deleted

    def _fresh(self) -> dict[str, CallRecord]:
        """The records of which the database may have an older state, or none.

        Take them before the database is read: one that is written meanwhile is in neither afterwards.
        """
        return {
            record.caller.call_id: record for record in (*self._unwritten.unwritten, *self._active.values())
        }

    def _merged(
        self, kept: list[CallRecord], fresh: dict[str, CallRecord], wanted: Callable[[CallRecord], bool]
    ) -> list[CallRecord]:
        """Return what is wanted, each call once: from memory, else as kept, else as it was left open."""
        found = {call_id: record for call_id, record in self._left_open.items() if wanted(record)}
        found |= {record.caller.call_id: record for record in kept}
        found |= {call_id: record for call_id, record in fresh.items() if wanted(record)}
        return list(found.values())


@asynccontextmanager
async def _reading(database: Database) -> AsyncIterator[AsyncConnection]:
    try:
        async with database.engine.connect() as connection:
            yield connection
    except Exception as error:
        raise StateError(f"{database.where} could not be read: {reason(error)}") from error


def _select(query: CallQuery) -> Select[Any]:
    statement = select(calls).order_by(calls.c.began.desc(), calls.c.id.desc())
    if query.since is not None:
        statement = statement.where(calls.c.began >= query.since)
    if query.until is not None:
        statement = statement.where(calls.c.began < query.until)
    for column, part in ((calls.c.dialled, query.number), (calls.c.number, query.caller)):
        if part:
            statement = statement.where(func.lower(column).contains(part.lower(), autoescape=True))
    if query.extension:
        rung = exists().where(call_legs.c.call_id == calls.c.id, call_legs.c.line == query.extension)
        statement = statement.where(or_(calls.c.endpoint == query.extension, rung))
    if query.outcome:
        statement = statement.where(calls.c.outcome == query.outcome)
    if query.sip_call_id is not None:
        statement = statement.where(calls.c.sip_call_id == query.sip_call_id)
    return statement


async def _records(connection: AsyncConnection, statement: Select[Any]) -> list[CallRecord]:
    """Read calls with their legs."""
    records = {row.id: _record(row) for row in await connection.execute(statement)}
    wanted = select(call_legs).where(call_legs.c.call_id.in_(statement.with_only_columns(calls.c.id)))
    for row in await connection.execute(wanted.order_by(call_legs.c.call_id, call_legs.c.position)):
        # A call may have been written between the two questions.
        if row.call_id in records:
            leg = CallLeg(row.line, row.began, row.rang, row.answered, row.ended, row.outcome)
            records[row.call_id].legs.append(leg)
    return list(records.values())


def _record(row: Row[Any]) -> CallRecord:
    return CallRecord(
        caller=Caller(row.id, row.dialled, row.number, row.name, Origin(row.origin), row.endpoint),
        began=row.began,
        sip_call_id=row.sip_call_id,
        answered=row.answered,
        ended=row.ended,
        outcome=row.outcome,
        multiselection=row.multiselection,
        path=list(row.path),
        # Facts that this version does not know are left out.
        steps=[
            Step(datetime.fromisoformat(at), Note(_FACTS[fact], about))
            for at, fact, about in row.steps
            if fact in _FACTS
        ],
    )


def _changes(records: Sequence[CallRecord]) -> list[Change]:
    """Put calls that last into one table, and replace those that are over in the other, with their legs."""
    over = [record for record in records if record.ended is not None]
    rows = [_row(record) for record in over]
    legs = [_leg_row(record, position) for record in over for position in range(len(record.legs))]
    return [
        open_calls.put([record for record in records if record.ended is None]),
        open_calls.gone(over),
        without(calls, [record.caller.call_id for record in over]),
        added(calls, rows),
        added(call_legs, legs),
    ]


def _row(record: CallRecord) -> dict[str, Any]:
    return {
        "id": record.caller.call_id,
        "sip_call_id": record.sip_call_id,
        "dialled": record.caller.dialled,
        "number": record.caller.number,
        "name": record.caller.name,
        "origin": record.caller.origin.value,
        "endpoint": record.caller.endpoint,
        "began": record.began,
        "answered": record.answered,
        "ended": record.ended,
        "outcome": record.outcome,
        "multiselection": record.multiselection,
        "path": list(record.path),
        "steps": [(step.at.isoformat(), step.note.fact.value, step.note.about) for step in record.steps],
    }


def _leg_row(record: CallRecord, position: int) -> dict[str, Any]:
    leg = record.legs[position]
    return {
        "call_id": record.caller.call_id,
        "position": position,
        "line": leg.line,
        "began": leg.began,
        "rang": leg.rang,
        "answered": leg.answered,
        "ended": leg.ended,
        "outcome": leg.outcome,
    }
