"""The plan's files are replaced all together or not at all, whenever it is that the process dies."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from officesmart_ivr.errors import SettingsError
from officesmart_ivr.publishing import writing

OLD = {"a.yaml": b"old a", "b.yaml": b"old b", "c.yaml": b"old c"}
NEW = {"a.yaml": b"new a", "b.yaml": b"new b", "cal/d.ics": b"new d"}


class DeadError(BaseException):
    """The process was killed."""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    folder.mkdir()
    for name, content in OLD.items():
        (folder / name).write_bytes(content)
    (folder / "secrets.yaml").write_text("a: b\n")
    return folder


def content(plan: Path) -> dict[str, bytes]:
    """What a reader of the plan finds; files that are staged are hidden."""
    return {
        str(file.relative_to(plan)): file.read_bytes()
        for file in sorted(plan.rglob("*"))
        if file.is_file() and not file.name.startswith(".") and file.name != "secrets.yaml"
    }


def test_they_are_replaced_and_others_of_the_folder_go(plan: Path, tmp_path: Path) -> None:
    undo = writing.replace(plan, NEW, tmp_path)
    assert content(plan) == NEW
    assert not writing.recover(tmp_path)
    undo()
    assert content(plan) == OLD
    assert (plan / "secrets.yaml").exists()
    assert not list(plan.glob(".*"))


def dies_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Let the process die at the so-manieth change of the disk."""
    left = [step]

    def dying(real: Any) -> Any:
        def act(*arguments: Any, **named: Any) -> Any:
            if str(arguments[0]).endswith(".lock"):
                return real(*arguments, **named)
            left[0] -= 1
            if left[0] < 0:
                raise DeadError
            return real(*arguments, **named)

        return act

    monkeypatch.setattr(os, "replace", dying(os.replace))
    monkeypatch.setattr(os, "unlink", dying(os.unlink))


@pytest.mark.parametrize("step", range(10))
def test_a_process_that_dies_leaves_the_old_or_is_finished_by_the_next(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with monkeypatch.context() as patched:
        dies_at(patched, step)
        with suppress(DeadError):
            writing.replace(plan, NEW, tmp_path)
    if (tmp_path / writing.JOURNAL).exists():
        assert writing.recover(tmp_path)
        assert content(plan) == NEW
    else:
        assert not writing.recover(tmp_path)
        assert content(plan) in (OLD, NEW)
    assert not writing.recover(tmp_path)


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "plan.yaml"
    real.write_bytes(b"old")
    link.symlink_to(real)
    writing.replace(link, {"plan.yaml": b"new"}, tmp_path)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_that_cannot_be_written_refuses(plan: Path, tmp_path: Path) -> None:
    (plan / "cal").write_text("a file where a folder is wanted")
    with pytest.raises(SettingsError) as refused:
        writing.replace(plan, NEW, tmp_path)
    assert refused.value.remedy
    assert {name: content(plan)[name] for name in OLD} == OLD
    assert not list(plan.glob(".*"))


@pytest.mark.parametrize("name", ["../plan.yaml", "/etc/passwd", ".hidden.yaml", "secrets.yaml", "a\\b.yaml"])
def test_no_name_leads_elsewhere(plan: Path, name: str) -> None:
    with pytest.raises(SettingsError):
        writing.fitted({name: b""}, plan)


def test_a_single_file_takes_the_place_of_the_plans(tmp_path: Path, plan: Path) -> None:
    single = tmp_path / "callplan.yaml"
    assert writing.fitted({"christmas.yaml": b"x", "c.ics": b"y"}, single) == {
        "callplan.yaml": b"x",
        "c.ics": b"y",
    }
    with pytest.raises(SettingsError):
        writing.fitted(OLD, single)
    assert writing.fitted(OLD, plan) == OLD
