"""The tests that the how-to page shows pass with the demo plan."""

from __future__ import annotations

import re
from pathlib import Path

from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.simulation.plan_tests import run
from officesmart_ivr.simulation.run import simulate
from tests.unit.simulation.offices import load

ROOT = Path(__file__).parents[3]


def test_the_examples_pass() -> None:
    page = (ROOT / "docs/how-to/test-before-going-live.md").read_text("utf-8")
    (tests,) = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    demo = (ROOT / "config/callplan.yaml").read_text("utf-8").partition("\ntests:\n")[0]
    plan = load(f"{demo}\n{tests}", CalendarFolder(ROOT / "config"))
    assert len(plan.plan.tests) > 1
    for test in plan.plan.tests:
        found = run(plan, test, lambda requests: simulate(plan, requests))
        assert [call.differences for call in found.calls] == [()] * len(test.each), test.name
