"""The demo plan's own tests as real calls: they go as expected, and as the simulation says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.plan_tests import Answering, PlanTest
from officesmart_ivr.cli.plans import Loaded, loaded
from officesmart_ivr.core.strategies import SHIPPED
from officesmart_ivr.livetest.run import LiveTests, live_tests
from officesmart_ivr.livetest.verdict import judged_live

DEMO = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def ready() -> Loaded:
    return loaded(DEMO, None)


@pytest.fixture(scope="module")
async def live(ready: Loaded, box: Toolbox) -> AsyncIterator[LiveTests]:
    async with live_tests(DEMO, ready.plan, ready.seconds, box) as tests:
        yield tests


def test_the_tests_of_the_demo_plan_cover_what_a_plan_can_do(ready: Loaded) -> None:
    plan = ready.plan.plan
    assert len(plan.tests) >= 25
    expected = [call.expect for test in plan.tests for call in test.each if call.expect]
    assert {"disabled", "override", "Festivi", "Ufficio", "otherwise"} <= {each.period for each in expected}
    assert {group.strategy for group in plan.hunt_groups.values()} == set(SHIPPED)
    destinations = {
        found.kind
        for multiselection in plan.multiselections.values()
        for menu in multiselection.menus.values()
        for found in (*menu.keys.values(), *multiselection.default_keys.values(), menu.no_input.then)
        if isinstance(found, Destination)
    }
    assert destinations == set(To)
    did = {does for test in plan.tests for call in test.each for does in call.members.values()}
    assert did | {Answering.FREE} | {does for test in plan.tests for does in test.members.values()} == set(
        Answering
    )


async def test_real_calls_go_as_expected_and_as_simulated(ready: Loaded, live: LiveTests) -> None:
    verdicts = [await judged_live(ready.plan, ready.seconds, test, live) for test in ready.plan.plan.tests]
    assert [verdict for verdict in verdicts if not verdict.passed] == []


WRONG: list[tuple[str, Callable[[dict[str, object]], None]]] = [
    ("plays", lambda expect: expect.update(plays=["welcome", "welcome"])),
    ("offers", lambda expect: expect.update(offers=[["205"]])),
    ("connected", lambda expect: expect.update(connected="205")),
    ("ended", lambda expect: expect.update(ended="busy")),
]


@pytest.mark.parametrize(("part", "spoil"), WRONG, ids=[part for part, _ in WRONG])
async def test_what_is_wrongly_expected_fails(
    ready: Loaded, live: LiveTests, part: str, spoil: Callable[[dict[str, object]], None]
) -> None:
    expect: dict[str, object] = {"menus": ["day"]}
    spoil(expect)
    test = PlanTest.model_validate(
        {"name": "wrong", "at": "2026-11-26 10:00", "call": "100", "keys": "2", "expect": expect}
    )
    verdict = await judged_live(ready.plan, ready.seconds, test, live)
    assert not verdict.passed
    assert not verdict.error
    assert [each.part for call in verdict.calls for each in call.differences] == [part]
    assert not verdict.disagreements


async def test_a_test_that_gets_stuck_harms_no_other(ready: Loaded, live: LiveTests) -> None:
    """Asterisk takes no call to what is no number; the next test goes on as if nothing had been."""
    expect = {"ended": "connected"}
    fields = {"name": "stuck", "at": "2026-11-26 10:00", "expect": expect}
    stuck = PlanTest.model_validate({**fields, "call": "*1*2#3", "from": "201"})
    verdict = await judged_live(ready.plan, ready.seconds, stuck, live)
    assert not verdict.passed
    after = PlanTest.model_validate({**fields, "call": "201"})
    assert (await judged_live(ready.plan, ready.seconds, after, live)).passed
