"""What a person does wrong is said in words on standard error, with an exit code and without a traceback."""

from __future__ import annotations

import importlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from officesmart_ivr.cli import main
from officesmart_ivr.settings import DATA_VARIABLE, DataFolder

Said = tuple[int | str | None, str]
Run = Callable[..., Said]

REFUSED = "version: 1\ncompany: {name: Studio Rossi}\nsites:\n  milano: {nam: Milano}\n"
GOOD = "version: 1\ncompany: {name: Studio Rossi}\n"


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Commands set logs up for the process; other tests have theirs."""
    log = logging.getLogger("officesmart_ivr")
    before = log.handlers, log.level, log.propagate
    yield
    log.handlers, log.level, log.propagate = before


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command with a data folder of its own; its exit code and standard error."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))

    def command(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["officesmart-ivr", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return ended.value.code, said

    return command


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "ari-password"
    path.write_text("hush\n")
    return path


@pytest.fixture
def commands(password: Path) -> dict[str, tuple[str | Path, ...]]:
    return {"up": ("up",), "run": ("run", "--ari-password-file", password)}


@pytest.mark.parametrize("name", ["up", "run"])
def test_there_is_no_plan(
    run: Run, commands: dict[str, tuple[str | Path, ...]], name: str, tmp_path: Path
) -> None:
    plan = tmp_path / "[bold]plan[/none].yaml"
    code, said = run(*commands[name], "--plan", plan)
    assert code == 1
    assert str(plan) in said


@pytest.mark.parametrize("name", ["up", "run"])
def test_a_plan_that_is_refused_with_its_findings(
    run: Run, commands: dict[str, tuple[str | Path, ...]], name: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(REFUSED)
    code, said = run(*commands[name], "--plan", plan)
    assert code == 1
    assert f"{plan}:4:3: error[missing-field] " in said
    assert f"{plan}:4:12: error[unknown-field] " in said
    assert "remedy:" in said


@pytest.mark.parametrize("command", [("status",), ("call", "100")])
def test_nothing_runs(run: Run, command: tuple[str, ...], tmp_path: Path) -> None:
    code, said = run(*command)
    assert code == 1
    assert str(tmp_path / "data") in said


@pytest.mark.parametrize(
    ("answer", "state", "is_told"), [(None, None, False), (None, "run", True), ("7", None, True)]
)
def test_the_fallback_is_told_of_unless_nothing_runs_at_all(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer: str | None,
    state: str | None,
    is_told: bool,
) -> None:
    monkeypatch.setattr(importlib.import_module("officesmart_ivr.cli.status"), "ask", lambda _: answer)
    data = DataFolder(tmp_path / "data")
    data.make()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if state is not None:
            data.write_state(state, {"pid": 1, "http_port": nobody.getsockname()[1]})
        code, said = run("status")
    assert code == 1
    assert ("fallback:" in said) == is_told


@pytest.mark.parametrize("command", [("status",), ("call", "100")])
def test_what_ran_was_killed(run: Run, command: tuple[str, ...], tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.make()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        data.write_state("run", {"pid": 1, "http_port": nobody.getsockname()[1]})
        code, said = run(*command)
    assert code == 1
    assert str(tmp_path / "data") in said


@pytest.mark.parametrize(
    "ports", ["x", "10000", "11000-10000", "10000-10000", "80-90", "10000-70000", "-", "²-³"]
)
def test_ports_for_sound_that_are_no_range(run: Run, ports: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(GOOD)
    code, said = run("up", "--plan", plan, "--rtp-ports", ports)
    assert code == 1
    assert f"--rtp-ports {ports}" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--sip-port", "70000"),
        ("run",),
        ("run", "--plan", "x"),
        ("call",),
        ("call", "100", "--before-key", "0"),
        ("status", "--format", "xml"),
        ("none",),
    ],
)
def test_what_the_command_line_does_not_take(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_a_password_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    code, said = run("run", "--plan", "x", "--ari-password-file", tmp_path)
    assert code == 1
    assert str(tmp_path) in said


@pytest.mark.parametrize("name", ["up", "run"])
def test_a_data_folder_that_cannot_be_used(
    run: Run, commands: dict[str, tuple[str | Path, ...]], name: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(GOOD)
    (tmp_path / "file").touch()
    code, said = run(*commands[name], "--plan", plan, "--data", tmp_path / "file" / "data")
    assert code == 1
    assert str(tmp_path / "file" / "data") in said


@pytest.mark.parametrize("name", ["up", "run"])
def test_another_runs_with_the_data_folder(
    run: Run, commands: dict[str, tuple[str | Path, ...]], name: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(GOOD)
    data = DataFolder(tmp_path / "data")
    data.make()
    with data.lock(name):
        code, said = run(*commands[name], "--plan", plan)
    assert code == 1
    assert str(data.root) in said


@pytest.mark.parametrize("command", [("check",), ("simulate", "--call", "100"), ("test",)])
@pytest.mark.parametrize("named", ["nowhere", "broken"])
def test_all_commands_tell_an_error_and_its_remedy_alike(
    run: Run, command: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(REFUSED)
    code, said = run(command[0], tmp_path / f"{named}.yaml", *command[1:])
    if named == "nowhere":
        assert (code, said.splitlines()[0]) == (2, f"error: there is no call plan at {tmp_path}/nowhere.yaml")
    elif command != ("check",):  # which prints the findings as its output
        assert code == 1
        assert said.splitlines()[2].startswith("error: ")
    if named == "nowhere" or command != ("check",):
        assert said.splitlines()[-1].startswith("remedy: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--call", "100", "--members", "201=sleepy"),
        ("flow", "--format", "mermaid", "--multiselection", "nonesuch"),
        ("test", "--only", "nonesuch"),
        ("test",),
    ],
)
def test_so_they_do_of_what_they_were_given(run: Run, arguments: tuple[str, ...], tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    named = "tests: [{name: Christmas, at: 2026-12-25 10:05, call: '201', expect: {menus: []}}]\n"
    plan.write_text(GOOD + "extensions: {'201': {name: Anna}}\n" + (named if "--only" in arguments else ""))
    code, said = run(arguments[0], plan, *arguments[1:])
    error, remedy = said.splitlines()
    assert code == 2
    assert error.startswith("error: ")
    assert remedy.startswith("remedy: ")
    if "--only" in arguments:
        assert "'Christmas'" in remedy
