from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .office import Office, office


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with office(monkeypatch) as made:
        yield made
