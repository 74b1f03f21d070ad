"""``simulate`` and ``test`` as an admin and a program meet them: what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from officesmart_ivr.cli.main import app

DEMO = Path(__file__).parents[3] / "config/callplan.yaml"
DAY = "2026-03-03 10:00"
WITH_TESTS = """
tests:
  - {name: taxes, at: 2026-03-03 10:00, call: "100", keys: "1", expect: {ended: connected, connected: "201"}}
  - {name: bonus, at: 2026-03-03 10:00, call: "120", expect: {period: disabled}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    text = DEMO.read_text("utf-8").partition("\ntests:\n")[0]
    path = tmp_path / "plan.yaml"
    path.write_text(text + WITH_TESTS, "utf-8")
    (tmp_path / "sounds").symlink_to(DEMO.parents[1] / "sounds")
    (tmp_path / "closures.ics").write_bytes((DEMO.parent / "closures.ics").read_bytes())
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_json_has_exactly_the_documented_fields(plan: Path) -> None:
    done = run("simulate", plan, "--call", "120", "--at", DAY, "--format", "json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(told) == ["period", "menus", "plays", "offers", "connected", "ended", "steps"]
    assert {key: told[key] for key in list(told)[:-1]} == {
        "period": "disabled",
        "menus": [],
        "plays": ["bonus-desk-closed"],
        "offers": [["205"]],
        "connected": "205",
        "ended": "connected",
    }
    assert all(list(step) == ["at", "what", "why"] for step in told["steps"])


def test_keys_members_and_an_override_are_taken_from_the_command_line(plan: Path) -> None:
    done = run(
        "simulate", plan, "--call", "100", "--at", DAY, "--override", "main=taxes", "--keys", "1",
        "--members", "201=rejects, 205=busy", "--from", "206", "--format", "json",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["period"], told["menus"][0], told["offers"]) == ("override", "taxes", [["201"], ["203"]])


def test_the_text_has_a_line_for_each_step_and_no_colours_in_a_pipe(plan: Path) -> None:
    done = run("simulate", plan, "--call", "100", "--at", DAY)
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--keys", "1a"],
        ["--at", "yesterday"],
        ["--members", "299=busy"],
        ["--members", "201=away"],
        ["--members", "201"],
        ["--override", "mian=day"],
        ["--override", "main=dya"],
        ["--format", "xml"],
    ],
)
def test_bad_usage_is_told_and_ends_with_2(plan: Path, arguments: list[str]) -> None:
    done = run("simulate", plan, "--call", "100", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize("command", [["simulate", "--call", "100"], ["test"]])
def test_a_plan_with_errors_is_refused_with_1_and_its_findings(plan: Path, command: list[str]) -> None:
    plan.write_text(plan.read_text("utf-8").replace("{menu: taxes,", "{menu: texas,"), "utf-8")
    done = run(command[0], plan, *command[1:])
    assert done.exit_code == 1
    assert "unknown-reference" in done.stderr


@pytest.mark.parametrize("command", [["simulate", "--call", "100"], ["test"]])
def test_where_there_is_no_plan_it_ends_with_2(tmp_path: Path, command: list[str]) -> None:
    assert run(command[0], tmp_path / "none.yaml", *command[1:]).exit_code == 2


def test_a_test_that_fails_is_told_with_what_was_expected_and_what_happened(plan: Path) -> None:
    done = run("test", plan)
    assert done.exit_code == 1
    shown = done.stdout
    # The front desk is rung, for nobody presses a key in the menu of taxes.
    assert shown.index("taxes") < shown.index('"201"') < shown.index('"205"') < shown.index("bonus")
    verdicts = json.loads(run("test", plan, "--format", "json").stdout)
    assert [(verdict["name"], verdict["passed"]) for verdict in verdicts] == [
        ("taxes", False),
        ("bonus", True),
    ]
    difference = {"part": "connected", "expected": "201", "got": "205"}
    assert verdicts[0]["calls"][0]["differences"] == [difference]


def test_only_the_named_tests_run(plan: Path) -> None:
    assert run("test", plan, "--only", "bonus").exit_code == 0
    assert run("test", plan, "--only", "bonsu").exit_code == 2


def test_a_plan_without_tests_ends_with_2(plan: Path) -> None:
    plan.write_text(plan.read_text("utf-8").partition("\ntests:\n")[0], "utf-8")
    assert run("test", plan).exit_code == 2
