"""The fallback agrees with the core: the demo plan's own tests, made over AGI.

Left out is what the fallback serves in a simpler way (docs/adr/0021-fallback.md): service codes, and queues,
for which calls must be in progress at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.plan_tests import PlanTest
from officesmart_ivr.publishing.workshop import whole_texts
from officesmart_ivr.settings import shipped
from officesmart_ivr.simulation import plan_tests
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result
from tests.unit.agi.peer import World
from tests.unit.simulation.offices import load_texts

DEMO = shipped("config")
TEXTS = whole_texts(DEMO)
PLAN = load_texts(TEXTS, CalendarFolder.beside(DEMO))


def is_simpler(test: PlanTest) -> bool:
    return any(getattr(call, "overlaps", False) or (call.call or "").startswith("*") for call in test.each)


@pytest.mark.parametrize(
    "test", [each for each in PLAN.plan.tests if not is_simpler(each)], ids=lambda test: test.name
)
def test_a_plan_test_passes_over_agi(test: PlanTest, tmp_path: Path) -> None:
    requests = plan_tests.requests(PLAN, test)
    world = World(tmp_path / "fallback", PLAN, TEXTS, requests[0].at)
    verdict = plan_tests.run(PLAN, test, partial(made, world))
    assert verdict.passed, [call.differences for call in verdict.calls]


def made(world: World, requests: Sequence[Request]) -> list[Result]:
    return world.results(list(requests))


def test_most_of_the_tests_are_made() -> None:
    left_out = sum(map(is_simpler, PLAN.plan.tests))
    assert left_out <= 4 < len(PLAN.plan.tests) - left_out
