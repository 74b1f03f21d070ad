from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from officesmart_ivr.cli.check import check

app = typer.Typer()
app.command()(check)

GOOD = "version: 1\ncompany: {name: Studio Rossi}\n"
BAD = GOOD + "sites:\n  milano: {nam: Milano}\n"
WITH_SOUND = GOOD + "announcements: {invalid: {file: a.wav}}\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "plan.yaml"


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout


def test_a_good_plan(plan: Path) -> None:
    plan.write_text(GOOD)
    assert run(plan) == (0, "0 errors, 0 warnings\n")


def test_each_finding_is_a_line(plan: Path) -> None:
    plan.write_text(BAD)
    code, output = run(plan)
    lines = output.splitlines()
    assert code == 1
    assert lines[0].startswith(f"{plan}:4:3: error[missing-field] ")
    assert lines[1].startswith(f"{plan}:4:12: error[unknown-field] ")
    assert lines[2:] == ["2 errors, 0 warnings"]


def test_json(plan: Path) -> None:
    plan.write_text(BAD)
    code, output = run(plan, "--format", "json")
    findings = json.loads(output)
    assert code == 1
    assert [(finding["code"], finding["line"], finding["column"]) for finding in findings] == [
        ("missing-field", 4, 3),
        ("unknown-field", 4, 12),
    ]
    assert {finding["severity"] for finding in findings} == {"error"}
    assert {finding["file"] for finding in findings} == {str(plan)}


@pytest.mark.parametrize("written", ["123", "hush", "1234567890123", "'12 34'"])
def test_a_pin_that_no_phone_can_type_is_found_where_it_stands(plan: Path, written: str) -> None:
    plan.write_text(GOOD + "service_codes: {override: '*28', pin: {secret: service-pin}}\n")
    secrets = plan.parent / "secrets.yaml"
    secrets.write_text(f"other: x\nservice-pin: {written}\n")
    code, output = run(plan)
    assert code == 1
    assert output.startswith(f"{secrets}:2:14: error[bad-value] the secret 'service-pin' ")
    assert written.strip("'") not in output.splitlines()[0].removeprefix(f"{secrets}:2:14")
    secrets.write_text("service-pin: '0012'\n")
    assert run(plan)[0] == 0


def test_a_pin_of_the_environment_is_found_in_the_plan(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan.write_text(GOOD + "service_codes: {pin: {secret: service-pin}}\n")
    (plan.parent / "secrets.yaml").write_text("service-pin: '12345'\n")
    monkeypatch.setenv("OFFICESMART_SECRET_SERVICE_PIN", "12")
    code, output = run(plan)
    assert code == 1
    assert output.startswith(f"{plan}:3:31: error[bad-value] ")
    assert "OFFICESMART_SECRET_SERVICE_PIN" in output


def test_a_password_that_is_made_up_is_no_pin(plan: Path) -> None:
    codes = "extensions: {'201': {name: Anna}}\nservice_codes: {pin: {secret: extension-201}}\n"
    plan.write_text(GOOD + codes)
    code, output = run(plan)
    assert code == 1
    assert output.startswith(f"{plan}:4:31: error[bad-value] ")


def test_warnings_alone_are_no_failure(plan: Path) -> None:
    plan.write_text(GOOD + "announcements: {old: {file: a.wav}}\n")
    code, output = run(plan)
    assert code == 1  # the file is not there either
    assert "warning[unused-announcement]" in output
    (plan.parent / "other.yml").touch()
    plan.write_text(GOOD)
    assert run(plan.parent) == (
        0,
        f"{plan.parent}/other.yml:1:1: warning[ignored-file] is not read: plan "
        "files end in .yaml\n0 errors, 1 warning\n",
    )


def test_a_misspelt_system_prompt_is_told(plan: Path) -> None:
    plan.write_text(GOOD + "announcements: {invlaid: {file: a.wav}, number-02: {text: Due}}\n")
    output = run(plan)[1]
    assert "'invalid'?" in output
    assert "'number-20'?" in output or "'number-2'?" in output


def test_sounds_are_looked_up_where_told(plan: Path, tmp_path: Path) -> None:
    plan.write_text(WITH_SOUND)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.wav").write_bytes(b"not a sound")
    assert "error[missing-sound]" in run(plan)[1]
    assert "error[bad-sound]" in run(plan, "--sounds", elsewhere)[1]


@pytest.mark.parametrize("arguments", [["nowhere.yaml"], [], ["--format", "xml"]])
def test_bad_usage(arguments: list[str]) -> None:
    assert run(*arguments) == (2, "")
