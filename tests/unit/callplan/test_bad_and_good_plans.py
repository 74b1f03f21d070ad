"""One bad plan per rule, and plans that come near each of them.

A plan's first line says what is to be found in it on 26 November 2026: ``# line:column code, ...``, or
``# nothing``. Calendar files stand beside the plans that name them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from officesmart_ivr.callplan import yaml_reader
from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.checks import Sounds, check
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import Code, has_errors

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
SECRETS = ("carrier",)
PLANS = sorted([*HERE.glob("bad_plans/*.yaml"), *HERE.glob("good_plans/*.yaml")])


def expected(plan: Path) -> list[str]:
    first_line = plan.read_text("utf-8").splitlines()[0].removeprefix("# ")
    return [] if first_line == "nothing" else first_line.split(", ")


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_finds_exactly_what_the_plan_says(plan: Path, sounds: Sounds) -> None:
    checked = check(read(plan), sounds, SECRETS, calendars=CalendarFolder.beside(plan), now=NOW)
    places = [(finding.position.line, finding.position.column) for finding in checked.findings]
    codes = [finding.code for finding in checked.findings]
    found = [f"{line}:{column} {code}" for (line, column), code in zip(places, codes, strict=True)]
    assert found == expected(plan)
    assert (checked.plan is None) == has_errors(checked.findings)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.stem)
def test_pure_python_parser_finds_the_same(
    plan: Path, sounds: Sounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_reader, "_LOADER", yaml.SafeLoader)
    test_finds_exactly_what_the_plan_says(plan, sounds)


def test_every_code_has_a_bad_plan() -> None:
    found = {entry.split(" ")[1] for plan in HERE.glob("bad_plans/*.yaml") for entry in expected(plan)}
    only_in_folders = {Code.IGNORED_FILE}
    assert found == set(Code) - only_in_folders


@pytest.mark.parametrize("plan", sorted(HERE.glob("bad_plans/*.yaml")), ids=lambda plan: plan.stem)
def test_a_bad_plan_is_named_after_a_finding(plan: Path) -> None:
    assert any(plan.stem.startswith(entry.split(" ")[1]) for entry in expected(plan))
