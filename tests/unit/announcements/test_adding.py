from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from officesmart_ivr import files
from officesmart_ivr.announcements.adding import add
from officesmart_ivr.announcements.formats import PCM, inspect, read_sound
from officesmart_ivr.announcements.report import LOUDNESS_LUFS
from officesmart_ivr.errors import AnnouncementError
from officesmart_ivr.testcall.tones import tone, write_wave
from tests.unit.announcements import wavs
from tests.unit.announcements.table import written


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    write_wave(path, tone(800, 1.0, rate=16000, level=-30))
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_what_is_accepted_keeps_its_samples_and_loses_what_is_beside_them(tmp_path: Path) -> None:
    source, folder = tmp_path / "upload", tmp_path / "sounds"
    content = wavs.riff(
        wavs.chunk(b"LIST", b"INFO" * 20), wavs.g711(wavs.MU_LAW), wavs.data(b"\x05\x7f" * 4000)
    )
    source.write_bytes(content)
    added = add(source, "welcome", folder)
    assert (added.file, added.converted) == (folder / "welcome.wav", False)
    assert b"INFO" not in added.file.read_bytes()
    assert read_sound(added.file)[1] == b"\x05\x7f" * 4000


def test_what_is_not_is_converted(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(written("mp3"))
    added = add(source, "welcome", tmp_path / "sounds")
    assert added.converted
    assert inspect(added.file).format is PCM
    assert added.source.coding.startswith("MP3")


def test_what_is_accepted_is_levelled_if_that_is_wanted(upload: Path, tmp_path: Path) -> None:
    assert add(upload, "a", tmp_path / "sounds").report.loudness == pytest.approx(-33, abs=0.5)
    levelled = add(upload, "b", tmp_path / "sounds", convert=True).report.loudness
    assert levelled == pytest.approx(LOUDNESS_LUFS, abs=0.5)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_file_that_is_there_is_kept_unless_it_is_to_be_replaced(
    upload: Path, tmp_path: Path, accepted: bool
) -> None:
    if not accepted:
        upload.write_bytes(written("flac"))
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / "welcome.wav").write_text("mine")
    with pytest.raises(AnnouncementError, match="there already"):
        add(upload, "welcome", folder)
    assert everything(folder) == {"welcome.wav": b"mine"}
    assert inspect(add(upload, "welcome", folder, replace=True).file)


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/b", "", ".hidden", "none", "a" * 65, "a\0b"])
def test_no_name_leads_out_of_the_folder(upload: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(AnnouncementError):
        add(upload, name, tmp_path / "sounds")
    assert everything(tmp_path / "sounds") == {}


def test_a_link_that_is_there_is_not_followed(upload: Path, tmp_path: Path) -> None:
    folder, mine = tmp_path / "sounds", tmp_path / "mine"
    folder.mkdir()
    mine.write_text("mine")
    (folder / "welcome.wav").symlink_to(mine)
    add(upload, "welcome", folder, replace=True)
    assert mine.read_text() == "mine"


def test_a_full_disk_leaves_what_was_there(
    upload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sounds"
    add(upload, "welcome", folder)
    before = everything(folder)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AnnouncementError) as refused:
        add(upload, "welcome", folder, replace=True)
    assert "room" in refused.value.remedy
    assert everything(folder) == before


def test_a_converted_file_that_does_not_fit_leaves_what_was_there(tmp_path: Path) -> None:
    """A real full disk: the worker may write no more than the limit that it inherits."""
    import resource

    source, folder = tmp_path / "upload", tmp_path / "sounds"
    source.write_bytes(written("flac"))
    add(source, "welcome", folder)
    before = everything(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(AnnouncementError):
            add(source, "welcome", folder, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert everything(folder) == before


def test_two_at_once_under_one_name_do_not_overwrite_each_other(upload: Path, tmp_path: Path) -> None:
    target = tmp_path / "sounds" / "welcome.wav"
    target.parent.mkdir()
    files.replace(target, b"first", anew=True)
    with pytest.raises(FileExistsError):
        files.replace(target, b"second", anew=True)
    assert everything(target.parent) == {"welcome.wav": b"first"}


def test_the_plans_own_name_of_the_file_is_kept(upload: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    added = add(upload, "welcome", folder, file="it/hello.wav", replace=True)
    assert added.file == folder / "it" / "hello.wav"
    assert inspect(added.file).format is PCM


def test_no_link_leads_out_of_the_folder(upload: Path, tmp_path: Path) -> None:
    folder, outside = tmp_path / "sounds", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    with pytest.raises(AnnouncementError):
        add(upload, "welcome", folder, file="link/hello.wav", replace=True)
    assert everything(outside) == {}
