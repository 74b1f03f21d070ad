from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from officesmart_ivr.state.sql.database import in_file

from . import stores
from .stores import Opener, State


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str | URL:
    """An empty database."""
    if request.param == "sqlite":
        return in_file(tmp_path / "state.db")
    url = os.environ.get(stores.POSTGRES_VARIABLE)
    if not url:
        pytest.skip(f"no PostgreSQL: {stores.POSTGRES_VARIABLE} holds no URL")
    await stores.empty(url)
    return url


@pytest.fixture
def durable(database_url: str | URL) -> Opener:
    """State that can be opened again."""
    return stores.sql(database_url)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[State]:
    if request.param == "memory":
        opener: Opener = stores.memory
    elif request.param == "sqlite":
        opener = stores.sql(in_file(tmp_path / "state.db"))
    else:
        url = os.environ.get(stores.POSTGRES_VARIABLE)
        if not url:
            pytest.skip(f"no PostgreSQL: {stores.POSTGRES_VARIABLE} holds no URL")
        await stores.empty(url)
        opener = stores.sql(url)
    async with opener() as opened:
        yield opened
