"""``status``: what the running application tells, and what ``up`` has left beside it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from officesmart_ivr.api.views import trunk_view
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.trunks import TrunkState, TrunkStatus
from tests.unit.api.conftest import Running
from tests.unit.api.conftest import opened as opened_application
from tests.unit.cli.test_calls import run


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


@pytest.fixture
async def running(data: DataFolder) -> AsyncIterator[Running]:
    made = await opened_application(data)
    async with made.serve():
        yield made


@pytest.fixture
def _far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock shows another time than the company's."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("running", "_far_away")
async def test_times_are_the_companys_as_in_all_other_commands(data: DataFolder) -> None:
    shown = (await run(data, "status")).stdout
    assert "live: revision 3 since 2026-03-02 10:00:00\n" in shown
    assert "REFUSED at 2026-03-02 10:00:00," in shown


def test_a_trunks_time_is_told_in_the_zone_that_is_wanted() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    shown = trunk_view(TrunkStatus(TrunkState.REJECTED, noon, ""), ZoneInfo("Europe/Rome")).since
    assert (shown, shown.hour) == (noon, 13)


@pytest.mark.usefixtures("running")
async def test_what_is_to_be_done_about_a_refusal_is_told_with_it(data: DataFolder) -> None:
    lines = (await run(data, "status")).stdout.splitlines()
    refused = next(number for number, line in enumerate(lines) if line.startswith("REFUSED"))
    assert "mend it" in "".join(lines[refused + 1 : refused + 3])


@pytest.mark.usefixtures("running")
async def test_a_range_of_ports_is_written_as_the_option_takes_it(data: DataFolder) -> None:
    data.write_state("up", {"rtp_ports": [20000, 20799]})
    assert "rtp ports 20000-20799\n" in (await run(data, "status")).stdout
