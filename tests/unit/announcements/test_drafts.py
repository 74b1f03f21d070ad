"""Drafts: files that say all there is to know of them."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from officesmart_ivr import files
from officesmart_ivr.announcements.drafts import KEEP_DAYS, MOST_BYTES, Drafts, Label
from officesmart_ivr.announcements.formats import read_sound
from officesmart_ivr.errors import AnnouncementError

WELCOME = Label("4f1cab03de-rec5", "welcome_2-day", "201")
SAMPLES = bytes(range(256)) * 125


def test_a_label_is_read_as_it_was_written() -> None:
    for label in (WELCOME, Label("a-rec1", "x", "")):
        assert Label.read(str(label)) == label


@pytest.mark.parametrize(
    "name", ["", "voicemail", "a-rec1.x", "a-rec1.x.201.y", "../a-rec1.x.201", "a-recx.x.201", "a-rec1..201"]
)
def test_what_others_have_recorded_is_not_ours(name: str) -> None:
    assert Label.read(name) is None


def test_a_draft_is_kept_as_it_was_recorded(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    assert drafts.all() == []
    kept = drafts.keep(WELCOME, SAMPLES + b"\0")
    assert (kept.id, kept.seconds) == ("4f1cab03de-rec5", 1.0)
    assert read_sound(kept.file)[1] == SAMPLES
    assert kept.file.stat().st_mode & 0o077 == 0
    assert drafts.all() == [kept]
    assert drafts.get(WELCOME) == kept
    drafts.discard(kept)
    drafts.discard(kept)
    assert (drafts.all(), drafts.get(WELCOME)) == ([], None)


def test_what_else_lies_there_is_no_draft(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    (tmp_path / "notes.wav").write_bytes(b"RIFF")
    (tmp_path / f"{WELCOME}.wav").write_bytes(b"RIFF")
    (tmp_path / ".abc.part").write_bytes(b"")
    assert drafts.all() == []


def test_a_recording_is_no_longer_than_an_announcement_may_be(tmp_path: Path) -> None:
    assert Drafts(tmp_path).keep(WELCOME, bytes(MOST_BYTES + 32000)).seconds == 600


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "replace", full)
    with pytest.raises(AnnouncementError):
        Drafts(tmp_path).keep(WELCOME, SAMPLES)
    assert list(tmp_path.iterdir()) == []


def test_what_is_old_is_deleted(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.keep(WELCOME, SAMPLES)
    now = datetime.now(UTC)
    assert drafts.tidy(now + timedelta(days=KEEP_DAYS - 1)) == 0
    assert drafts.tidy(now + timedelta(days=KEEP_DAYS + 1)) == 1
    assert drafts.all() == []
