"""The database when it is not as it should be, and the writer that nobody waits for."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from msgspec import to_builtins
from sqlalchemy import JSON, URL, Connection, column, insert, text
from sqlalchemy import table as sql_table

from officesmart_ivr.callplan.destination import To
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import Heading, Place
from officesmart_ivr.core.state import Caller, Journey
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.call_log import CallQuery, Step
from officesmart_ivr.state.sql import writer
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import in_file, opened
from officesmart_ivr.state.sql.lines import open_board
from officesmart_ivr.state.sql.tables import metadata
from officesmart_ivr.state.sql.transaction import Change

from .stores import at, record


async def test_migrations_make_the_tables_that_the_program_uses(database_url: str | URL) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with opened(database_url) as database, database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    url = in_file(tmp_path / "state.db")
    async with opened(url) as database, database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StateError, match="later version"):
        async with opened(url):
            pass


async def test_the_file_is_private(tmp_path: Path) -> None:
    async with opened(in_file(tmp_path / "state.db")) as database:
        (await open_call_log(database)).begin(record("c1"))
        await database.writer.flush()
        modes = {name: stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in os.listdir(tmp_path)}
    assert set(modes.values()) == {0o600}, modes
    assert "state.db-wal" in modes


@pytest.mark.parametrize(
    "url",
    [
        "mysql://officesmart:s3cret@127.0.0.1/x",
        "postgresql://officesmart:s3cret@127.0.0.1:1/x",
        "s3cret",
        "sqlite:////nowhere/s3cret/state.db",
    ],
)
async def test_a_database_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StateError) as refused:
        async with opened(url):
            pass
    assert refused.value.remedy
    assert "s3cret" not in str(refused.value) or url.startswith("sqlite")


async def test_nobody_waits_for_a_broken_database_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LINGER_SECONDS", 0.01)
    monkeypatch.setattr(writer, "RETRY_SECONDS", (0.01,))
    url = in_file(tmp_path / "state.db")
    async with opened(url) as database:
        log, board = await open_call_log(database), await open_board(database)
        async with database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE open_calls RENAME TO hidden"))
        log.begin(record("c1"))
        board.update("201", at(0), paused=True)
        with pytest.raises(StateError):
            await database.writer.flush()
        board.update("201", at(1), do_not_disturb=True)
        async with database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE hidden RENAME TO open_calls"))
        while await rows(database.engine.connect(), "lines") == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert (database.writer.counts["failed"] > 0, database.writer.dropped) == (True, 0)
    async with opened(url) as database:
        assert [call.caller.call_id for call in await (await open_call_log(database)).find(CallQuery())] == [
            "c1"
        ]
        kept = (await open_board(database)).view(at(2)).line("201")
        assert kept.paused
        assert kept.do_not_disturb


async def rows(connecting: Any, table: str) -> int:
    async with connecting as connection:
        return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_transaction_that_fails_in_its_middle_changes_nothing(database_url: str | URL) -> None:
    async with opened(database_url) as database:
        board, log = await open_board(database), await open_call_log(database)
        for hidden in (True, False):
            was, is_now = ("open_calls", "hidden") if hidden else ("hidden", "open_calls")
            async with database.engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE {was} RENAME TO {is_now}"))
            if hidden:
                board.update("201", at(0), paused=True)
                log.begin(record("c1"))
                with pytest.raises(StateError):
                    await database.writer.flush()
            else:
                await database.writer.flush()
            assert await rows(database.engine.connect(), "lines") == (0 if hidden else 1)


async def test_a_queue_that_runs_over_loses_its_oldest_and_says_so() -> None:
    written: list[int] = []

    def changes(items: Sequence[int]) -> list[Change]:
        written.extend(items)
        return []

    async with opened("sqlite://") as database:
        queue = database.writer.queue(changes, limit=3)
        for number in range(5):
            queue.put(str(number), number)
        queue.put("3", 33)
        assert database.writer.dropped == 2
    assert written == [2, 33, 4]


async def test_what_fails_is_written_later_unless_it_is_newer_by_then() -> None:
    written: list[str] = []
    works = False

    def changes(items: Sequence[str]) -> list[Change]:
        return [Change(text(""), [{"id": item} for item in items])]

    async def carry_out(changes: Sequence[Change]) -> None:
        if not works:
            queue.put("a", "newer")
            raise OSError("no space left on device")
        written.extend(row["id"] for change in changes for row in change.rows)

    async with writer.Writer(carry_out, "the database") as at_work:
        queue = at_work.queue(changes, limit=10)
        queue.put("a", "older")
        queue.put("b", "other")
        with pytest.raises(StateError, match="no space left"):
            await at_work.flush()
        works = True
        await at_work.flush()
    assert written == ["newer", "other"]


async def test_what_has_piled_up_is_written_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_AT_ONCE", 2)
    said: list[Sequence[int]] = []
    works = False

    def changes(items: Sequence[int]) -> list[Change]:
        said.append(items)
        return [Change(text(""), [{"id": item} for item in items])]

    async def carry_out(changes: Sequence[Change]) -> None:
        if not works:
            raise OSError("no space left on device")

    async with writer.Writer(carry_out, "the database") as at_work:
        queue = at_work.queue(changes, limit=10)
        for number in range(5):
            queue.put(str(number), number)
        with pytest.raises(StateError):
            await at_work.flush()
        works = True
        await at_work.flush()
        assert said == [[0, 1], [0, 1], [2, 3], [4]]
        assert at_work.counts["written"] == 5


async def test_changes_of_one_moment_share_a_transaction(tmp_path: Path) -> None:
    async with opened(in_file(tmp_path / "state.db")) as database:
        board = await open_board(database)
        for number in range(50):
            board.update(str(number), at(0), paused=True)
            board.update(str(number), at(1), paused=False)
        await database.writer.flush()
        assert database.writer.counts["written"] == 50


async def test_calls_in_progress_and_legs_of_others_outlive_the_move_to_tables_of_their_own(
    database_url: str | URL,
) -> None:
    place = Place("1.2", Journey(Caller("open", "100")), Heading(To.REPLAY))

    def as_before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(writer.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
        noon = datetime(2026, 3, 2, 12, tzinfo=UTC if connection.dialect.name == "postgresql" else None)
        empty = dict.fromkeys(("name", "outcome"), "")
        said = {
            "path": ["main/welcome"],
            "steps": [["2026-03-02T12:00:00+00:00", "menu", {"menu": "welcome"}]],
            "place": to_builtins(place),
        }
        who = {"sip_call_id": "s", "dialled": "100", "number": "201", "origin": "phone", "endpoint": "201"}
        for name, ended in (("open", None), ("over", noon)):
            call = {
                "id": name,
                **who,
                "multiselection": "main",
                "began": noon,
                "ended": ended,
                **empty,
                **said,
            }
            _insert(connection, "calls", call)
            leg = {"call_id": name, "position": 0, "line": "201", "began": noon, "outcome": ""}
            _insert(connection, "call_legs", leg)

    async with opened(database_url) as before, before.engine.begin() as connection:
        await connection.run_sync(as_before)
    async with opened(database_url) as after:
        log = await open_call_log(after)
        left, over = log.adopt("open"), await log.get("over")
        assert not log.left_open()
    assert left is not None
    assert over is not None
    for call in (left, over):
        assert (call.began, call.path, [leg.began for leg in call.legs]) == (at(0), ["main/welcome"], [at(0)])
        assert call.steps == [Step(at(0), Note(Fact.MENU, {"menu": "welcome"}))]
    assert (left.place, left.ended, over.ended) == (place, None, at(0))


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    """Add a row to a table as it was before."""
    columns = [column(name, JSON if isinstance(value, list | dict) else None) for name, value in row.items()]
    connection.execute(insert(sql_table(table, *columns)), row)
