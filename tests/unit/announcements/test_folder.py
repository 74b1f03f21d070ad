from __future__ import annotations

from pathlib import Path

import pytest

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.errors import AnnouncementError, SettingsError
from tests.unit.announcements import wavs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sounds = tmp_path / "sounds"
    (sounds / "it").mkdir(parents=True)
    (sounds / "it" / "welcome.wav").write_bytes(wavs.pcm())
    (tmp_path / "outside.wav").write_bytes(wavs.pcm())
    return sounds


def test_a_file_below_the_folder_is_found_also_through_a_link_inside(folder: Path) -> None:
    (folder / "hello.wav").symlink_to("it/welcome.wav")
    for file in ("it/welcome.wav", "hello.wav"):
        assert SoundFolder(folder).locate(file) == (folder / "it" / "welcome.wav").resolve()
        assert SoundFolder(folder).problem(file) is None


@pytest.mark.parametrize(
    "file",
    [
        "../outside.wav",
        "../absent.wav",
        "it/../../outside.wav",
        "/etc/passwd",
        "a\0b",
        "link.wav",
        "up/outside.wav",
    ],
)
def test_nothing_leads_out_of_the_folder(folder: Path, file: str) -> None:
    (folder / "link.wav").symlink_to(folder.parent / "outside.wav")
    (folder / "up").symlink_to("..")
    with pytest.raises(AnnouncementError):
        SoundFolder(folder).locate(file)
    problem = SoundFolder(folder).problem(file)
    assert problem is not None
    assert problem[0] == "bad"


def test_problems_are_told_apart(folder: Path) -> None:
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "notes.wav").write_text("no sound")
    kinds = {}
    for file in ("absent.wav", "it/welcome.wav/x", "notes.wav", "it", "loop.wav", "x" * 255 + ".wav"):
        problem = SoundFolder(folder).problem(file)
        assert problem is not None
        kinds[file[:20]] = problem[0]
    assert list(kinds.values()) == ["missing", "missing", "bad", "bad", "bad", "bad"]
    assert SoundFolder(folder / "absent").problem("a.wav") is not None


def test_where_sounds_are_looked_up(tmp_path: Path) -> None:
    plan = tmp_path / "config" / "plan.yaml"
    plan.parent.mkdir()
    plan.touch()
    beside, above = plan.parent / "sounds", tmp_path / "sounds"
    assert find_sounds(plan) == beside
    above.mkdir()
    assert find_sounds(plan) == above
    assert find_sounds(plan.parent) == above
    beside.mkdir()
    assert find_sounds(plan) == beside
    assert find_sounds(plan.parent) == beside
    assert find_sounds(plan, above) == above
    with pytest.raises(SettingsError):
        find_sounds(plan, plan)
