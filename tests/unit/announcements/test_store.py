from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from officesmart_ivr import files
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, CallPlan
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements import wavs


def plan(language: str = "it", **files: str) -> CallPlan:
    announcements = {name.replace("_", "-"): {"file": file} for name, file in files.items()}
    return CallPlan.model_validate(
        {"version": "1", "company": {"name": "Prova", "language": language}, "announcements": announcements}
    )


class Place:
    """A published folder, the shipped prompts in two languages, and a folder of uploads."""

    def __init__(self, root: Path) -> None:
        self.published, self.shipped, self.sounds = root / "published", root / "shipped", root / "sounds"
        self.sounds.mkdir()
        for number, language in enumerate(("it", "en")):
            (self.shipped / language).mkdir(parents=True)
            for prompt in SYSTEM_PROMPTS:
                content = wavs.pcm(bytes([number]) * 3200)
                (self.shipped / language / f"{prompt}.wav").write_bytes(content)
        self.library = Library(self.published, self.shipped)

    def upload(self, file: str, content: bytes) -> None:
        (self.sounds / file).write_bytes(content)

    def files(self) -> set[str]:
        return {path.name for path in self.published.iterdir()} if self.published.exists() else set()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_each_format_becomes_its_bare_samples(place: Place) -> None:
    place.upload("p.wav", wavs.pcm())
    place.upload("a.wav", wavs.a_law())
    place.upload("u.wav", wavs.mu_law())
    catalogue = place.library.publish(plan(p="p.wav", a="a.wav", u="u.wav"), place.sounds)
    for name, extension, samples in (
        ("p", ".sln16", wavs.SECOND_OF_PCM),
        ("a", ".alaw", wavs.SECOND_OF_G711),
        ("u", ".ulaw", wavs.SECOND_OF_G711),
    ):
        media = catalogue.media(name)
        assert Path(media).is_absolute()
        assert Path(media + extension).read_bytes() == samples
        assert catalogue.seconds(name) == 1.0
        # One name is one file: Asterisk must have nothing to choose from.
        assert len(list(place.published.glob(Path(media).name + "*"))) == 1


def test_the_same_content_is_one_file_and_is_written_once(place: Place) -> None:
    place.upload("p.wav", wavs.pcm())
    place.upload("q.wav", wavs.pcm())
    first = place.library.publish(plan(p="p.wav", q="q.wav"), place.sounds)
    assert first.media("p") == first.media("q")
    written = os.stat(first.media("p") + ".sln16")
    again = place.library.publish(plan(p="p.wav"), place.sounds)
    assert again.media("p") == first.media("p")
    assert os.stat(first.media("p") + ".sln16").st_ino == written.st_ino


def test_a_replaced_upload_leaves_the_old_copy_to_calls_that_play_it(place: Place) -> None:
    place.upload("p.wav", wavs.pcm())
    old = place.library.publish(plan(p="p.wav"), place.sounds)
    place.upload("p.wav", wavs.pcm(b"new!" * 100))
    new = place.library.publish(plan(p="p.wav"), place.sounds)
    assert new.media("p") != old.media("p")
    assert Path(old.media("p") + ".sln16").read_bytes() == wavs.SECOND_OF_PCM
    assert Path(new.media("p") + ".sln16").read_bytes() == b"new!" * 100


def test_a_damaged_copy_is_written_anew(place: Place) -> None:
    place.upload("p.wav", wavs.pcm())
    copy = Path(place.library.publish(plan(p="p.wav"), place.sounds).media("p") + ".sln16")
    copy.write_bytes(b"cut")
    place.library.publish(plan(p="p.wav"), place.sounds)
    assert copy.read_bytes() == wavs.SECOND_OF_PCM


def test_system_prompts_speak_the_companys_language_unless_replaced(place: Place) -> None:
    place.upload("own.wav", wavs.pcm(b"own!" * 100))
    italian = place.library.publish(plan("it"), place.sounds)
    english = place.library.publish(plan("en", no_input="own.wav", invalid="absent.wav"), place.sounds)
    assert set(italian.clips) == set(SYSTEM_PROMPTS)
    assert italian.media("invalid") != english.media("invalid")
    assert Path(english.media("no-input") + ".sln16").read_bytes() == b"own!" * 100
    # The one that should replace it is not there: callers hear the prompt that is shipped.
    assert english.media("invalid") == english.media("not-allowed")
    assert "invalid" in english.left_out


@pytest.mark.parametrize("file", ["absent.wav", "bad.wav", "link.wav"])
def test_what_cannot_be_played_has_no_entry_and_stops_nothing(place: Place, file: str) -> None:
    place.upload("good.wav", wavs.pcm())
    place.upload("bad.wav", wavs.pcm()[:100])
    place.upload("../secret.wav", wavs.pcm())
    (place.sounds / "link.wav").symlink_to("../secret.wav")
    catalogue = place.library.publish(plan(x=file, good="good.wav"), place.sounds)
    assert "good" in catalogue
    assert "x" not in catalogue
    with pytest.raises(AnnouncementError):
        catalogue.media("x")


class FullDisk:
    """Stands for ``os`` in the module under test: a disk on which so many syncs succeed."""

    def __init__(self, syncs: int, number: int) -> None:
        self.syncs, self.number = syncs, number

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        # Where a disk allocates late, want of space shows only here; what was written is cut.
        self.syncs -= 1
        if self.syncs < 0:
            os.ftruncate(descriptor, 10)
            raise OSError(self.number, os.strerror(self.number))
        os.fsync(descriptor)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_leaves_nothing_half_done(
    place: Place, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    place.library.publish(plan(), place.sounds)
    before = place.files()
    place.upload("p.wav", wavs.pcm())
    monkeypatch.setattr(files, "os", FullDisk(0, number))
    with pytest.raises(AnnouncementError, match=os.strerror(number)) as failed:
        place.library.publish(plan(p="p.wav"), place.sounds)
    assert failed.value.remedy
    assert place.files() == before
    monkeypatch.undo()
    assert "p" in place.library.publish(plan(p="p.wav"), place.sounds)


def test_a_folder_that_cannot_be_made_is_an_announcement_error(place: Place) -> None:
    place.published.write_text("in the way")
    with pytest.raises(AnnouncementError):
        place.library.publish(plan(), place.sounds)
