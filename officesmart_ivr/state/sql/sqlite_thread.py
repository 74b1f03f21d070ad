"""Transactions on a file of SQLite, each handed to one thread as a whole.

aiosqlite goes to another thread for each call, fifteen times in a transaction, and SQLAlchemy takes longer to
find a statement that it has compiled before than SQLite takes to carry it out. So SQLAlchemy says each
statement once, and the driver does the rest.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import ClauseElement, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from officesmart_ivr.state.sql.transaction import Change

_DIALECT = sqlite.dialect(paramstyle="qmark")


class SqliteThread:
    """Carries changes out in a thread of its own, one transaction after the other; a ``CarryOut``.

    A transaction that nobody waits for any more goes on all the same if it has begun; the next one begins
    after it. ``set_up`` is done with each connection.
    """

    def __init__(self, path: Path, set_up: Callable[[sqlite3.Connection], None]) -> None:
        self._path = path
        self._set_up = set_up
        self._connection: sqlite3.Connection | None = None
        self._prepared: dict[Executable, _Prepared] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database writer")

    async def __call__(self, changes: Sequence[Change]) -> None:
        """Carry out changes in their order. Raises sqlite3.Error."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._carry_out, changes)

    def close(self) -> None:
        """Let go of thread and connection; a transaction that has begun is not waited for."""
        self._thread.submit(self._disconnect)
        self._thread.shutdown(wait=False)

    def _carry_out(self, changes: Sequence[Change]) -> None:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path)
            self._set_up(self._connection)
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                for statement, rows in changes:
                    if (prepared := self._prepared.get(statement)) is None:
                        prepared = self._prepared[statement] = _Prepared(statement, rows[0])
                    cursor.executemany(prepared.sql, [prepared.values(row) for row in rows])
                cursor.execute("COMMIT")
        except BaseException:
            # It takes an unfinished transaction with it; a file that is there again is opened again.
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Prepared:
    """A statement as SQLite takes it, and how its values are made of a row like ``row``."""

    def __init__(self, statement: Executable, row: Mapping[str, Any]) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(row))
        assert isinstance(compiled, SQLCompiler)
        assert compiled.positiontup is not None
        self.sql = str(compiled)
        self._values = [
            (name, compiled.binds[name].type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for name in compiled.positiontup
        ]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        return [row[name] if made is None else made(row[name]) for name, made in self._values]
