"""Plan tests: their calls are made, by whatever makes calls, and held against what they expect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from officesmart_ivr.callplan.plan_tests import Expectation, ExpectedStep, PlanTest
from officesmart_ivr.core.numbers import outside_number
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.simulation.office import service_zone
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result, Step

MakeCalls = Callable[[Sequence[Request]], Sequence[Result]]
"""Makes the calls of one test in an office that remembers nothing before them."""


class Difference(msgspec.Struct, frozen=True):
    """A part of a result that is not as expected; both as they would stand in JSON."""

    part: str
    expected: Any
    got: Any


class Judged(msgspec.Struct, frozen=True):
    """What became of one call of a test, and where that is not as expected."""

    result: Result
    differences: Sequence[Difference]


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of a test."""

    name: str
    passed: bool
    calls: Sequence[Judged]


def run(plan: PreparedPlan, test: PlanTest, make: MakeCalls) -> Verdict:
    """Make the calls of a test, and judge what became of them."""
    return judge(plan, test, make(requests(plan, test)))


def judge(plan: PreparedPlan, test: PlanTest, results: Sequence[Result]) -> Verdict:
    """Hold what became of the calls of a test against what it expects."""
    calls = [
        Judged(result, tuple(_differences(plan, call.expect, result)) if call.expect else ())
        for call, result in zip(test.each, results, strict=True)
    ]
    return Verdict(test.name, not any(call.differences for call in calls), calls)


def requests(plan: PreparedPlan, test: PlanTest) -> list[Request]:
    """Return the calls of a test, in order."""
    made: list[Request] = []
    for call in test.each:
        number = call.call or ""
        zone = service_zone(plan, number)
        at = call.at or (made[-1].at if made else test.at)
        assert at is not None, "the model asks for it"
        made.append(
            Request(
                at=at_place(at, zone),
                number=number,
                sender=call.sender or "",
                keys=call.keys,
                members={
                    line_of(plan, name): does for name, does in {**test.members, **call.members}.items()
                },
                overrides={**test.override, **call.override},
                lasts=call.lasts.total_seconds(),
                overlaps=getattr(call, "overlaps", False),
            )
        )
    return made


def at_place(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return an aware moment: without an offset it is by the clock of a place.

    Of an hour that the clock shows twice the first is meant. A time that it leaves out counts on with the
    offset from before, so that 02:30 is what the clock then shows as 03:30.
    """
    if moment.tzinfo is not None:
        return moment
    return datetime.fromtimestamp(moment.replace(tzinfo=zone).timestamp(), zone)


def line_of(plan: PreparedPlan, written: str) -> str:
    """Return the line that people mean by an extension or a number outside, in any spelling."""
    if line := plan.line_named(written):
        return line
    company = plan.plan.company
    outside = plan.dialled(written)
    found = outside_number(written, company.country)
    for each in (found, outside):
        if each is not None and hasattr(each, "text"):
            return str(each.text)
    return written


def _differences(plan: PreparedPlan, expected: Expectation, result: Result) -> Iterable[Difference]:
    for part in sorted(expected.model_fields_set, key=list(type(expected).model_fields).index):
        wanted, got = getattr(expected, part), getattr(result, part)
        match part:
            case "steps":
                if missing := _missing(wanted, got):
                    shown = missing.model_dump(exclude_none=True)
                    yield Difference(part, shown, [msgspec.to_builtins(step) for step in got])
                continue
            case "connected":
                wanted = None if wanted is None else line_of(plan, wanted)
            case "offers":
                wanted = [[line_of(plan, line) for line in wave] for wave in wanted]
            case "menus" | "plays":
                wanted = list(wanted)
        got = msgspec.to_builtins(got)
        if wanted != got:
            yield Difference(part, msgspec.to_builtins(wanted), got)


def _missing(wanted: Sequence[ExpectedStep], steps: Sequence[Step]) -> ExpectedStep | None:
    """Return the first of the wanted steps that does not follow those before it."""
    following = iter(steps)
    for step in wanted:
        if not any(_is_like(step, each) for each in following):
            return step
    return None


def _is_like(wanted: ExpectedStep, step: Step) -> bool:
    return all(value == getattr(step, part) for part, value in wanted if value is not None)


def disagreements(one: Sequence[Result], other: Sequence[Result]) -> list[Difference]:
    """Return where two ways to make the same calls differ, but for the steps, which tell when and how."""
    found: list[Difference] = []
    for number, (first, second) in enumerate(zip_longest(one, other), 1):
        for part in (name for name in Result.__struct_fields__ if name != "steps"):
            left, right = (
                msgspec.to_builtins(getattr(first, part, None)),
                msgspec.to_builtins(getattr(second, part, None)),
            )
            if left != right:
                found.append(Difference(part if len(one) == 1 else f"call {number}: {part}", left, right))
    return found
