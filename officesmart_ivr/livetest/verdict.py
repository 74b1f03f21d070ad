"""What real calls have shown of a test, and where that is not what the simulation says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from officesmart_ivr.callplan.plan_tests import PlanTest
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import LiveTestError
from officesmart_ivr.livetest.run import LiveTests
from officesmart_ivr.simulation.plan_tests import Difference, Judged, disagreements, judge, requests
from officesmart_ivr.simulation.result import Result
from officesmart_ivr.simulation.run import simulate
from officesmart_ivr.testcall.errors import PhoneError


class LiveVerdict(msgspec.Struct, frozen=True):
    """The outcome of a test made of real calls.

    It has ``passed`` when they went as expected and as the simulation says. ``disagreements`` are where the
    simulation (``expected``) and the calls (``got``) differ, ``offline`` is all of what the simulation says.
    ``error``: why the calls could not be made, or got stuck.
    """

    name: str
    passed: bool
    calls: Sequence[Judged]
    offline: Sequence[Result]
    disagreements: Sequence[Difference] = ()
    error: str = ""


async def judged_live(
    plan: PreparedPlan, seconds: Callable[[str], float], test: PlanTest, live: LiveTests
) -> LiveVerdict:
    """Make the calls of a test for real, and judge them."""
    asked = requests(plan, test)
    offline = simulate(plan, asked, seconds)
    try:
        results = await live.make(asked)
    except (LiveTestError, PhoneError) as error:
        return LiveVerdict(test.name, False, (), offline, error=str(error))
    verdict, differ = judge(plan, test, results), disagreements(offline, results)
    return LiveVerdict(test.name, verdict.passed and not differ, verdict.calls, offline, differ)
