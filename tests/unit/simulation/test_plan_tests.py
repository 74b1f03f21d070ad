"""Plan tests: when they pass, what is told when they fail, and the plans that may not hold them."""

from __future__ import annotations

from typing import Any

import pytest

from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.findings import Severity
from officesmart_ivr.simulation.plan_tests import Verdict, run
from officesmart_ivr.simulation.run import simulate
from tests.unit.simulation.offices import PLAN, AnySound, load

SOURCE = PLAN.read_text("utf-8").partition("\ntests:\n")[0]


def verdict(test: str) -> Verdict:
    plan = load(f"{SOURCE}\ntests:\n{test}")
    return run(plan, plan.plan.tests[0], lambda requests: simulate(plan, requests))


def one(expect: str, *, keys: str = "1", more: str = "") -> Verdict:
    keys = f'keys: "{keys}", {more}'
    return verdict(f'  - {{name: T, at: 2026-03-02 10:00, call: "100", {keys}expect: {{{expect}}}}}\n')


@pytest.mark.parametrize(
    "expect",
    [
        "period: Office",
        "menus: [day], connected: '201'",
        "plays: [day], offers: [['201']], ended: connected",
        "steps: [{what: menu}, {what: answered}]",
        "steps: [{what: period, at: '2026-03-02T10:00:00+01:00'}]",
    ],
)
def test_what_is_expected_and_happens_passes(expect: str) -> None:
    assert one(expect).passed


@pytest.mark.parametrize(
    ("expect", "part"),
    [
        ("period: Christmas", "period"),
        ("period: none", "period"),
        ("menus: []", "menus"),
        ("menus: [day, other]", "menus"),
        ("plays: [closed]", "plays"),
        ("offers: [['202']]", "offers"),
        ("offers: [['201', '202']]", "offers"),
        ("connected: none", "connected"),
        ("ended: forwarded", "ended"),
        ("steps: [{what: answered}, {what: menu}]", "steps"),
    ],
)
def test_what_happens_otherwise_fails_and_says_where(expect: str, part: str) -> None:
    found = one(expect)
    assert not found.passed
    assert [difference.part for difference in found.calls[0].differences] == [part]


def test_nothing_is_a_value_of_its_own() -> None:
    assert one("connected: none", keys="#").passed
    assert one("connected: null", keys="#").passed


def test_numbers_of_lines_may_be_written_in_any_way() -> None:
    assert one("connected: '3331234567', ended: forwarded", keys="4").passed
    assert one("connected: '+393331234567'", keys="4").passed


def test_calls_run_one_after_the_other_and_only_what_is_expected_of_one_is_asked() -> None:
    found = verdict(
        """
  - name: in turns
    at: 2026-03-02 10:00
    members: {"203": no_answer}
    calls:
      - {call: "502", lasts: 5m}
      - {call: "502", overlaps: true, expect: {connected: "202"}}
      - {call: "502", members: {"203": rejects}, expect: {offers: [["203"], ["204"]], connected: "204"}}
"""
    )
    assert found.passed
    assert [call.result.connected for call in found.calls] == ["201", "202", "204"]


def test_an_override_holds_for_a_test() -> None:
    assert one("period: override, menus: [closed]", keys="x", more="override: {main: closed}, ").passed


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("name: T, at: 2026-13-01 10:00, call: '100', expect: {period: Office}", "bad-value"),
        ("name: T, at: tomorrow, call: '100', expect: {period: Office}", "bad-value"),
        ("name: T, call: '100', expect: {period: Office}", "missing-field"),
        ("name: T, at: 2026-03-02 10:00, expect: {period: Office}", "missing-field"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {}", "missing-field"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {period: Ofice}", "unknown-reference"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {menus: [dya]}", "unknown-reference"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {connected: '2011'}", "unknown-reference"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {ended: fine}", "bad-value"),
        ("name: T, at: 2026-03-02 10:00, call: '100', expect: {end: busy}", "unknown-field"),
        (
            "name: T, at: 2026-03-02 10:00, call: '100', members: {'299': busy}, expect: {period: Office}",
            "unknown-reference",
        ),
        (
            "name: T, at: 2026-03-02 10:00, call: '100', members: {'201': away}, expect: {period: Office}",
            "bad-value",
        ),
        (
            "name: T, at: 2026-03-02 10:00, call: '100', override: {main: clsed}, expect: {period: Office}",
            "unknown-reference",
        ),
        ("name: T, at: 2026-03-02 10:00, call: '100', keys: 1a, expect: {period: Office}", "bad-value"),
        ("name: T, at: 2026-03-02 10:00, calls: [{call: '100'}]", "missing-field"),
        (
            "name: T, at: 2026-03-02 10:00, calls: [{call: '100', lasts: 5x, expect: {period: Office}}]",
            "bad-value",
        ),
    ],
)
def test_a_test_that_cannot_be_meant_is_refused_where_it_stands(test: str, code: str) -> None:
    text = f"{SOURCE}\ntests:\n  - {{{test}}}\n"
    checked: Any = check(parse({"plan": text.encode()}), AnySound(), ())
    findings = [each for each in checked.findings if each.severity is Severity.ERROR]
    assert [finding.code.value for finding in findings] == [code]
    assert findings[0].position.line == text.count("\n")
