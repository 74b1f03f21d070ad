"""Opening a database: its engine, its migrations, its writer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.sql.sqlite_thread import SqliteThread
from officesmart_ivr.state.sql.transaction import CarryOut, over
from officesmart_ivr.state.sql.writer import WRITE_SECONDS, Writer, reason

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_IN_MEMORY = ":memory:"
_MIGRATIONS = Path(__file__).parent / "migrations"

READS_THEN_WRITES = "officesmart_reads_then_writes"
"""The execution option of a transaction whose writing depends on what it reads."""

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
        with _carrying_out(target, engine) as carry_out:
            async with Writer(carry_out, where) as writer:
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
        yield Database(engine, Writer(over(engine), where), where)
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
        event.listen(engine.sync_engine, "connect", lambda connection, _: _set_up_sqlite(connection))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    limits = {"timeout": WRITE_SECONDS, "command_timeout": WRITE_SECONDS}
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=limits)


@contextmanager
def _carrying_out(url: URL, engine: AsyncEngine) -> Iterator[CarryOut]:
    """Say how transactions of the writer are carried out; a database in memory has but one connection."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == _IN_MEMORY:
        yield over(engine)
        return
    thread = SqliteThread(Path(url.database), _set_up_sqlite)
    try:
        yield thread
    finally:
        thread.close()


def _make_private(url: URL) -> None:
    """Let nobody else read the callers' numbers; SQLite gives its other files the mode of this one."""
    if url.database and url.database != _IN_MEMORY:
        try:
            Path(url.database).touch(mode=0o600)
        except OSError as error:
            raise StateError(
                f"{_name_of(url)} cannot be opened: {error.strerror}",
                remedy="Choose another data folder, or make this one writable.",
            ) from None


def _set_up_sqlite(connection: Any) -> None:
    # Python's module would begin transactions by itself, but not before the statements that make tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first cannot write any more once another one has: SQLite does not even wait.
    reads_first = connection.get_execution_options().get(READS_THEN_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if reads_first else "BEGIN")


async def _migrate(engine: AsyncEngine, where: str) -> None:
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except _LaterVersionError as error:
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
    if _version(connection) == max(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py")):
        return
    # It takes a third of a second to load, for which callers would wait at each restart.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise _LaterVersionError(str(error)) from error


class _LaterVersionError(Exception):
    """The tables are of a version that this program does not know."""


def _version(connection: Connection) -> str | None:
    """Return the migration up to which the tables are; None where there are none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version
