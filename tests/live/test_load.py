"""Many callers at once: every one hears the right menus, and nothing is left of any."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.testcall.sipp import run_sipp
from tests.live.station import Station

SCENARIOS = Path(__file__).parents[1] / "sipp"
CALLS = 200
CALLS_PER_SECOND = 20


async def test_two_hundred_calls_with_three_keys_each(station: Station, tmp_path: Path) -> None:
    assert station.toolbox.sipp is not None
    began = datetime.now(UTC)
    result = await run_sipp(
        station.toolbox.sipp.command(),
        SCENARIOS / "three_keys.xml",
        station.server,
        folder=tmp_path,
        number="100",
        calls=CALLS,
        rate=CALLS_PER_SECOND,
        values={"key1": "1", "key2": "*", "key3": "4"},
    )
    assert (result.successful, result.failed, result.unfinished) == (CALLS, 0, 0), result
    await station.settle()
    calls = await station.app.log.find(CallQuery(since=began, limit=2 * CALLS))
    heard = Counter(plays(call)[:4] for call in calls)
    assert heard == {("welcome", "sales", "welcome", "directions"): CALLS}


@pytest.mark.parametrize("scenario", ["unknown_number", "hang_up_before_answer", "hang_up_during_prompt"])
async def test_the_shipped_scenarios_go_well(station: Station, tmp_path: Path, scenario: str) -> None:
    assert station.toolbox.sipp is not None
    number = {"unknown_number": "999", "hang_up_before_answer": "202"}.get(scenario, "100")
    async with station.phone("202"):
        result = await run_sipp(
            station.toolbox.sipp.command(),
            SCENARIOS / f"{scenario}.xml",
            station.server,
            folder=tmp_path,
            number=number,
        )
    assert (result.successful, result.failed) == (1, 0), result


def plays(call: CallRecord) -> tuple[str, ...]:
    """The prompts that a call heard, in order."""
    return tuple(step.note.about["announcements"] for step in call.steps if step.note.fact is Fact.PLAYS)
