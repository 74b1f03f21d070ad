"""A line board that outlives its process.

It is the board in memory, which answers at once, with a journal that puts what must survive into the
database: who is logged in, paused or not to be disturbed, since when each line is idle, who talks, and whom
each group offered last. Registrations, reservations and ringing phones are the next process' to learn anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.lines import LastOffered, Leg, Line, Phase
from officesmart_ivr.state.memory import MemoryLineBoard
from officesmart_ivr.state.sql import tables
from officesmart_ivr.state.sql.database import Database
from officesmart_ivr.state.sql.rows import added, without
from officesmart_ivr.state.sql.transaction import Change
from officesmart_ivr.state.sql.writer import Writer, reason

_LIMIT = 100_000
"""More lines and groups than any plan has; what waits is one entry for each."""


async def open_board(database: Database) -> MemoryLineBoard:
    """Return the board with what the database has kept. Raises StateError."""
    try:
        async with database.engine.connect() as connection:
            lines = await _read_lines(connection)
            groups = [
                (row.id, LastOffered(row.last_offered, row.place))
                for row in await connection.execute(select(tables.groups))
            ]
    except Exception as error:
        raise StateError(f"{database.where} could not be read: {reason(error)}") from error
    return MemoryLineBoard(lines, groups, _Journal(database.writer, lines))


def surviving(line: Line) -> Line:
    """Return what of a line outlives the process."""
    return replace(line, registered=False, legs=tuple(leg for leg in line.legs if leg.phase is Phase.TALKING))


class _Journal:
    """Queues changes of what survives; a reservation or a ringing phone changes nothing of that."""

    def __init__(self, writer: Writer, lines: Sequence[Line]) -> None:
        self._kept = {line.id: line for line in lines}
        self._lines = writer.queue(_changes_of_lines, limit=_LIMIT)
        self._groups = writer.queue(_changes_of_groups, limit=_LIMIT)

    def line(self, line: Line) -> None:
        """Take the new state of a line."""
        kept = surviving(line)
        if self._kept.get(line.id) != kept:
            self._kept[line.id] = kept
            self._lines.put(line.id, (line.id, kept))

    def forgotten(self, line: str) -> None:
        """Take note that a line is no more."""
        del self._kept[line]
        self._lines.put(line, (line, None))

    def last_offered(self, group: str, last: LastOffered) -> None:
        """Take the new memory of a group."""
        self._groups.put(group, (group, last))


async def _read_lines(connection: AsyncConnection) -> list[Line]:
    ended_of: dict[str, dict[str, Any]] = defaultdict(dict)
    calls_of: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await connection.execute(select(tables.line_groups)):
        ended_of[row.line][row.group_id] = row.call_ended
        calls_of[row.line][row.group_id] = row.calls
    legs: dict[str, list[Leg]] = defaultdict(list)
    for row in await connection.execute(select(tables.line_legs).order_by(tables.line_legs.c.position)):
        legs[row.line].append(Leg(row.id, row.line, row.call_id, Phase.TALKING, row.group_id))
    return [
        Line(
            row.id,
            row.ready_since,
            logged_in=row.logged_in,
            paused=row.paused,
            do_not_disturb=row.do_not_disturb,
            call_ended=row.call_ended,
            call_ended_of=ended_of.get(row.id, {}),
            calls_of=calls_of.get(row.id, {}),
            wrap_up_until=row.wrap_up_until,
            missed=row.missed,
            legs=tuple(legs.get(row.id, ())),
        )
        for row in await connection.execute(select(tables.lines))
    ]


def _changes_of_lines(kept: Sequence[tuple[str, Line | None]]) -> list[Change]:
    """Replace whole lines; their legs and groups go with them."""
    lines = [line for _, line in kept if line is not None]
    rows = [
        {
            "id": line.id,
            "ready_since": line.ready_since,
            "logged_in": line.logged_in,
            "paused": line.paused,
            "do_not_disturb": line.do_not_disturb,
            "call_ended": line.call_ended,
            "wrap_up_until": line.wrap_up_until,
            "missed": line.missed,
        }
        for line in lines
    ]
    groups = [
        {"line": line.id, "group_id": group, "call_ended": ended, "calls": line.calls_of[group]}
        for line in lines
        for group, ended in line.call_ended_of.items()
    ]
    legs = [
        {"id": leg.id, "line": leg.line, "position": position, "call_id": leg.call_id, "group_id": leg.group}
        for line in lines
        for position, leg in enumerate(line.legs)
    ]
    return [
        without(tables.lines, [name for name, _ in kept]),
        # A leg may have moved here from a line that is written later.
        without(tables.line_legs, [leg.id for line in lines for leg in line.legs]),
        added(tables.lines, rows),
        added(tables.line_groups, groups),
        added(tables.line_legs, legs),
    ]


def _changes_of_groups(kept: Sequence[tuple[str, LastOffered]]) -> list[Change]:
    rows = [{"id": group, "last_offered": last.member, "place": last.place} for group, last in kept]
    return [without(tables.groups, [group for group, _ in kept]), added(tables.groups, rows)]
