from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri


@pytest.fixture
async def fake() -> AsyncIterator[FakeAri]:
    async with FakeAri() as fake:
        yield fake


@pytest.fixture
async def ari(fake: FakeAri) -> AsyncIterator[AriClient]:
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        yield ari
