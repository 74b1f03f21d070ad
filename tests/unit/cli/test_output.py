"""Standard output that takes nothing more: commands as a shell starts them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """version: 1
company: {name: Studio Rossi}
extensions: {'201': {name: Anna}}
tests: [{name: Anna, at: 2026-12-25 10:05, call: '201', expect: {connected: '201'}}]
"""
PROGRAM = [sys.executable, "-c", "from officesmart_ivr.cli.main import main; main()"]
COMMANDS = {
    "check": ["check"],  # prints by itself
    "simulate": ["simulate", "--call", "201"],  # prints a table
    "flow": ["flow", "--format", "svg"],  # prints much at once
    "test": ["test"],
    "help": ["check", "--help"],
}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture(autouse=True, params=["buffered", "unbuffered"])
def _buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1" if request.param == "unbuffered" else "")


def command(name: str, plan: Path) -> list[str]:
    first, *rest = COMMANDS[name]
    return [*PROGRAM, first, str(plan), *rest]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_pipe_ends_a_command_quietly(name: str, plan: Path) -> None:
    with subprocess.Popen(command(name, plan), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
    assert (running.returncode, said) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_told_in_a_line(name: str, plan: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(name, plan), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"
