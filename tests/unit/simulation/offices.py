"""The plan of these tests, and calls made with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan import caller_keys
from officesmart_ivr.callplan.calendars import NO_CALENDARS, Calendars
from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.plan_tests import Answering, moment
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.messages import Message
from officesmart_ivr.publishing.workshop import is_calendar
from officesmart_ivr.simulation.office import service_zone
from officesmart_ivr.simulation.plan_tests import at_place, line_of
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result
from officesmart_ivr.simulation.run import simulate

PLAN = Path(__file__).with_name("plan.yaml")
ROME = ZoneInfo("Europe/Rome")
WORKDAY = "2026-03-02 10:00"


class AnySound:
    """A folder that has every sound."""

    def problem(self, file: str) -> tuple[Literal["missing", "bad"], Message] | None:
        return None


def load(text: str, calendars: Calendars = NO_CALENDARS) -> PreparedPlan:
    """Prepare a plan without errors."""
    return load_texts({"plan": text.encode()}, calendars)


def load_texts(texts: Mapping[str, bytes], calendars: Calendars = NO_CALENDARS) -> PreparedPlan:
    """Prepare a plan of several files without errors."""
    own = {name: text for name, text in texts.items() if not is_calendar(name)}
    checked = check(parse(own), AnySound(), (), calendars=calendars)
    assert checked.plan is not None, [str(finding) for finding in checked.findings]
    return prepare(checked.plan, calendars=calendars)


OFFICE = load(PLAN.read_text("utf-8"))


def request(
    number: str = "100",
    keys: str = "",
    *,
    at: str = WORKDAY,
    members: Mapping[str, str] | None = None,
    plan: PreparedPlan = OFFICE,
    **others: Any,
) -> Request:
    return Request(
        at=at_place(moment(at), service_zone(plan, number)),
        number=number,
        keys=caller_keys.entries(keys),
        members={line_of(plan, line): Answering(does) for line, does in (members or {}).items()},
        **others,
    )


def call(number: str = "100", keys: str = "", **how: Any) -> Result:
    """Make one call; announcements last a second."""
    return simulate(how.get("plan", OFFICE), [request(number, keys, **how)])[0]


def seconds_of(result: Result, what: str) -> float:
    """How long after the beginning of a call a fact was noted first."""
    at = next(step.at for step in result.steps if step.what == what)
    return (datetime.fromisoformat(at) - datetime.fromisoformat(result.steps[0].at)).total_seconds()


def everybody(does: str) -> dict[str, str]:
    return dict.fromkeys(("201", "202", "203", "204", "205"), does)
