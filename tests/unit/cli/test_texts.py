"""What is printed is what can be typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from officesmart_ivr.cli.texts import program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program in a virtual environment below the folder in which somebody works."""
    file = tmp_path / ".venv" / "bin" / "officesmart-ivr"
    file.parent.mkdir(parents=True)
    file.touch(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return file


@pytest.mark.parametrize("typed", [".venv/bin/officesmart-ivr", "{installed}"])
def test_a_program_off_the_path_is_named_by_its_file(
    installed: Path, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [typed.format(installed=installed), "up"])
    assert program() == ".venv/bin/officesmart-ivr"
    monkeypatch.chdir("/usr")
    monkeypatch.setattr(sys, "argv", [str(installed), "up"])
    assert program() == str(installed)


def test_one_on_the_path_is_named_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{installed.parent}:/usr/bin")
    monkeypatch.setattr(sys, "argv", [str(installed), "up"])
    assert program() == "officesmart-ivr"


def test_another_program_that_runs_it_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/lib/package/__main__.py", "up"])
    assert program() == "officesmart-ivr"
