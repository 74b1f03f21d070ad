"""An override board that outlives its process: the one in memory, with a journal into the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from officesmart_ivr.core.overrides import Override
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.overrides import MemoryOverrideBoard
from officesmart_ivr.state.sql import tables
from officesmart_ivr.state.sql.database import Database
from officesmart_ivr.state.sql.rows import added, without
from officesmart_ivr.state.sql.transaction import Change
from officesmart_ivr.state.sql.writer import reason

_LIMIT = 100_000
"""More multiselections than any plan has; what waits is one entry for each."""

_Kept = tuple[str, Override | None]


async def open_overrides(database: Database) -> MemoryOverrideBoard:
    """Return the board with what the database has kept. Raises StateError."""
    try:
        async with database.engine.connect() as connection:
            kept = {
                row.id: Override(row.menu, row.set_at, row.until, row.set_by)
                for row in await connection.execute(select(tables.overrides))
            }
    except Exception as error:
        raise StateError(f"{database.where} could not be read: {reason(error)}") from error
    queue = database.writer.queue(_changes, limit=_LIMIT)
    return MemoryOverrideBoard(kept, lambda name, override: queue.put(name, (name, override)))


def _changes(kept: Sequence[_Kept]) -> list[Change]:
    rows = [
        {
            "id": name,
            "menu": override.menu,
            "set_at": override.set_at,
            "until": override.until,
            "set_by": override.by,
        }
        for name, override in kept
        if override is not None
    ]
    return [without(tables.overrides, [name for name, _ in kept]), added(tables.overrides, rows)]
