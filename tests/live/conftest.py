"""The system that the live tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from tests.live import plan
from tests.live.station import Station, station_with


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def live_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="session")
async def running(live_folder: Path, box: Toolbox) -> AsyncIterator[Station]:
    async with station_with(plan.write(live_folder / "plan"), box) as station:
        yield station


@pytest.fixture
async def station(running: Station) -> AsyncIterator[Station]:
    """The shared system; after each test nothing may be left of its calls."""
    before = await running.settle()
    yield running
    await running.settle(before)
