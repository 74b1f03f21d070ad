from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from officesmart_ivr.files import replace


def test_new_content_with_its_mode_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, "città", mode=0o600)
    assert path.read_bytes() == "città".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    replace(path, b"\0\1", mode=0o600)
    assert path.read_bytes() == b"\0\1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["open", "fdopen", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(OSError, match="No space"):
            replace(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_is_replaced_and_what_it_names_is_untouched(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "file"
    other.write_text("other")
    path.symlink_to(other)
    replace(path, "new")
    assert (path.read_text(), path.is_symlink(), other.read_text()) == ("new", False, "other")
