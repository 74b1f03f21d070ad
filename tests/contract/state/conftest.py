from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL, make_url

from officesmart_ivr.state.sql.database import in_file

from . import stores
from .stores import Opener, State

_made: set[str] = set()


async def _postgres(worker_id: str) -> str:
    """Return the URL of a database of this process's own, for tests that run beside each other."""
    url = os.environ.get(stores.POSTGRES_VARIABLE)
    if not url:
        pytest.skip(f"no PostgreSQL: {stores.POSTGRES_VARIABLE} holds no URL")
    name = f"tests_{worker_id}"
    if name not in _made:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name}")
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        _made.add(name)
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    await stores.empty(own)
    return own


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> str | URL:
    """An empty database."""
    if request.param == "sqlite":
        return in_file(tmp_path / "state.db")
    return await _postgres(worker_id)


@pytest.fixture
def durable(database_url: str | URL) -> Opener:
    """State that can be opened again."""
    return stores.sql(database_url)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def state(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> AsyncIterator[State]:
    if request.param == "memory":
        opener: Opener = stores.memory
    elif request.param == "sqlite":
        opener = stores.sql(in_file(tmp_path / "state.db"))
    else:
        opener = stores.sql(await _postgres(worker_id))
    async with opener() as opened:
        yield opened
