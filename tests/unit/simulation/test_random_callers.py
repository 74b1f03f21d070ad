"""Whoever calls whatever: each call ends within the limits, and nothing of it is left."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.simulation.office import Office
from officesmart_ivr.simulation.random_callers import random_caller
from officesmart_ivr.simulation.run import make_calls
from tests.unit.simulation.offices import OFFICE, PLAN, AnySound

SOURCE = PLAN.read_text("utf-8")
WORDS = ["replay", "previous_menu", "hang_up", "busy", "{menu: day}", "{menu: other}", '{extension: "201"}']
WORDS += ["{hunt_group: mixed}", "{hunt_group: queue}", "{multiselection: off}", "{multiselection: main}"]
WORDS += ['{dial: "201"}', '{outside: "3331234567"}', "{play: way}"]


def survives(plan: PreparedPlan, seed: int, calls: int) -> None:
    rng = Random(seed)
    requests = [random_caller(plan, rng) for _ in range(calls)]
    office = Office(plan, lambda _: 1.0, requests[0].at)
    results = make_calls(office, requests)
    assert len(results) == calls
    assert not any(office.leftovers().values()), office.leftovers()
    for result in results:
        steps = sum(step.what == "goes_to" for step in result.steps)
        assert steps <= plan.plan.limits.steps


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_any_callers_end_and_leave_nothing(seed: int, calls: int) -> None:
    survives(OFFICE, seed, calls)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_callers_of_any_plan_that_is_accepted(data: st.DataObject) -> None:
    """Destinations of the plan are changed at random; what the check accepts must hold."""
    text = SOURCE
    for word in ("9: replay", "#: hang_up", "8: busy"):
        key, _, old = word.partition(": ")
        text = text.replace(f'"{key}": {old}', f'"{key}": {data.draw(st.sampled_from(WORDS))}')
    for then in ("then: hang_up", 'when_busy: {extension: "202"}'):
        name = then.split(":")[0]
        text = text.replace(then, f"{name}: {data.draw(st.sampled_from(WORDS))}")
    checked = check(parse({"plan": text.encode()}), AnySound(), ())
    if checked.plan is not None:
        survives(prepare(checked.plan), data.draw(st.integers(0, 2**32)), 4)


def test_the_same_chance_gives_the_same_calls() -> None:
    assert [random_caller(OFFICE, Random(7)) for _ in range(2)] == [random_caller(OFFICE, Random(7))] * 2
