"""Opening a database: its engine, its migrations, its writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.sql.writer import WRITE_SECONDS, Writer, reason

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_MIGRATIONS = Path(__file__).parent / "migrations"

# WAL lets readers and the writer work at once. With it NORMAL cannot corrupt the file: a power cut may take
# the last transactions, the kill of a process takes none. See https://www.sqlite.org/pragma.html#pragma_synchronous
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)


def in_file(path: Path) -> URL:
    """Return the URL of a SQLite database in a file."""
    return URL.create("sqlite", database=str(path))


class Database:
    """An open database: ``engine`` for questions, ``writer`` for changes."""

    def __init__(self, engine: AsyncEngine, writer: Writer, where: str) -> None:
        self.engine = engine
        self.writer = writer
        self.where = where


@asynccontextmanager
async def opened(url: str | URL) -> AsyncIterator[Database]:
    """Open a database, bring its tables up to date, and write what is put into its queues until the end.

    ``url`` begins with ``sqlite:`` or ``postgresql:``. Raises StateError when it cannot be used.
    """
    target = _with_driver(url)
    where = _name_of(target)
    engine = _engine(target)
    try:
        await _migrate(engine, where)
        async with Writer(engine, where) as writer:
            yield Database(engine, writer, where)
    finally:
        await engine.dispose()


@asynccontextmanager
async def opened_to_read(url: str | URL) -> AsyncIterator[Database]:
    """Open a database that nobody may serve now, for questions only: nothing is made or brought up to date.

    Raises StateError when it cannot be used.
    """
    target = _with_driver(url)
    where = _name_of(target)
    engine = create_async_engine(_only_to_read(target), hide_parameters=True)
    try:
        yield Database(engine, Writer(engine, where), where)
    finally:
        await engine.dispose()


def _only_to_read(url: URL) -> URL:
    """Tell SQLite not to make a file that is not there, and not to change one that is."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=Path(url.database).absolute().as_uri(), query={"mode": "ro", "uri": "true"})


def _with_driver(url: str | URL) -> URL:
    try:
        target = make_url(url)
    except ArgumentError:
        # The text itself is not repeated: it may hold a password.
        raise StateError(
            "the database's URL is not one", remedy="Write it as postgresql://user@host/database."
        ) from None
    kind = target.get_backend_name()
    if kind not in _DRIVERS:
        raise StateError(
            f"databases of the kind '{kind}' are not supported", remedy="Use SQLite or PostgreSQL."
        )
    return target.set(drivername=_DRIVERS[kind])


def _name_of(url: URL) -> str:
    """Name a database for people, without its password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database or 'in memory'}"
    return f"the database '{url.database or ''}' on {url.host or url.query.get('host') or 'this machine'}"


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        _make_private(url)
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    limits = {"timeout": WRITE_SECONDS, "command_timeout": WRITE_SECONDS}
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=limits)


def _make_private(url: URL) -> None:
    """Let nobody else read the callers' numbers; SQLite gives its other files the mode of this one."""
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).touch(mode=0o600)
        except OSError as error:
            raise StateError(
                f"{_name_of(url)} cannot be opened: {error.strerror}",
                remedy="Choose another data folder, or make this one writable.",
            ) from None


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # Python's module would begin transactions by itself, but not before the statements that make tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


async def _migrate(engine: AsyncEngine, where: str) -> None:
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except CommandError as error:
        raise StateError(
            f"{where} was made by a later version of the program: {error}",
            remedy="Use that version, or the copy of the database from before it.",
        ) from error
    except Exception as error:
        # Drivers raise errors of their own and of the system before SQLAlchemy can wrap them.
        raise StateError(
            f"{where} cannot be opened: {reason(error)}",
            remedy="Check that it runs, that its folder can be written, and its user and password.",
        ) from error


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date, within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
