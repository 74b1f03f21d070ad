from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from officesmart_ivr import files
from officesmart_ivr.announcements.jobs import Answer, Failed, Job
from officesmart_ivr.announcements.speech.engine import Utterance
from officesmart_ivr.announcements.speech.speaker import Speaker
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.announcements.worker import answer
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

    def published_as(self, media: str) -> list[Path]:
        return list(self.published.glob(f"{Path(media).name}.*"))

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
        # One name has one file of each of Asterisk's formats: two of one would confuse it.
        found = {path.suffix: path.stat().st_size for path in place.published.glob(Path(media).name + "*")}
        assert found == {".sln16": 32000, ".alaw": 8000, ".ulaw": 8000, ".g722": 8000}


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


@pytest.mark.parametrize("language", ["it", "en"])
def test_each_system_prompt_is_replaced_by_itself(place: Place, language: str) -> None:
    place.upload("own.wav", wavs.pcm())
    shipped = place.library.publish(plan(language), place.sounds)
    for prompt in SYSTEM_PROMPTS:
        replaced = place.library.publish(plan(language, **{prompt: "own.wav"}), place.sounds)
        changed = {name for name in SYSTEM_PROMPTS if replaced.media(name) != shipped.media(name)}
        assert changed == {prompt}
    assert replaced.clips.keys() == shipped.clips.keys()


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


class Voice:
    """Speaks by writing a tone, without a process; ``fails`` for a while."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fails = False
        self.said: list[Utterance] = []

    def speak(self, utterances: Sequence[Utterance]) -> list[Path | AnnouncementError]:
        self.said += utterances
        self.folder.mkdir(exist_ok=True)
        return [self._one(utterance) for utterance in utterances]

    def _one(self, utterance: Utterance) -> Path | AnnouncementError:
        if self.fails:
            return AnnouncementError("the voice is broken")
        path = self.folder / f"{abs(hash(utterance))}.wav"
        path.write_bytes(wavs.pcm(utterance.text.encode() * 100))
        return path


def spoken_plan(**texts: object) -> CallPlan:
    announcements = {name: {"text": text} for name, text in texts.items()}
    data = {"version": "1", "company": {"name": "Prova", "language": "it"}, "announcements": announcements}
    return CallPlan.model_validate(data)


@pytest.fixture
def voice(place: Place, tmp_path: Path) -> Voice:
    voice = Voice(tmp_path / "speech")
    place.library = Library(place.published, place.shipped, cast(Speaker, voice))
    return voice


def test_a_text_is_published_like_a_file(place: Place, voice: Voice) -> None:
    catalogue = place.library.publish(spoken_plan(closed="Chiuso", hello="Buongiorno"), place.sounds)
    assert [utterance.text for utterance in voice.said] == ["Chiuso", "Buongiorno"]
    assert {utterance.language for utterance in voice.said} == {"it"}
    assert Path(catalogue.media("closed") + ".alaw").exists()
    assert catalogue.media("closed") != catalogue.media("hello")
    assert catalogue.is_final


def test_a_text_that_cannot_be_spoken_is_left_out_and_tried_again(
    place: Place, voice: Voice, caplog: pytest.LogCaptureFixture
) -> None:
    voice.fails = True
    catalogue = place.library.publish(spoken_plan(closed="Chiuso"), place.sounds)
    assert "closed" not in catalogue
    assert "broken" in catalogue.left_out["closed"]
    assert "broken" in caplog.text
    assert not catalogue.is_final
    assert "invalid" in catalogue
    voice.fails = False
    assert "closed" in place.library.publish(spoken_plan(closed="Chiuso"), place.sounds)


def test_every_coding_is_there_before_anything_is_referred_to(place: Place) -> None:
    place.upload("p.wav", wavs.pcm())
    place.upload("u.wav", wavs.mu_law())
    catalogue = place.library.publish(plan(p="p.wav", u="u.wav"), place.sounds)
    for clip in catalogue.clips.values():
        assert {path.suffix for path in place.published.glob(f"{Path(clip.path).name}.*")} == {
            ".sln16",
            ".alaw",
            ".ulaw",
            ".g722",
        }
    assert Path(catalogue.media("u") + ".ulaw").read_bytes() == wavs.SECOND_OF_G711


def test_what_is_rendered_is_not_rendered_again_unless_it_is_damaged(place: Place) -> None:
    done: list[Job] = []

    def work(jobs: list[Job]) -> list[Answer]:
        done.extend(jobs)
        return [answer(job) for job in jobs]

    place.library = Library(place.published, place.shipped, work=work)
    place.upload("p.wav", wavs.pcm())
    catalogue = place.library.publish(plan(p="p.wav"), place.sounds)
    # The shipped prompts of this place are all the same.
    assert len(done) == 2
    place.library.publish(plan(p="p.wav"), place.sounds)
    assert len(done) == 2
    Path(catalogue.media("p") + ".g722").write_bytes(b"cut")
    place.library.publish(plan(p="p.wav"), place.sounds)
    assert len(done) == 3
    assert Path(catalogue.media("p") + ".g722").stat().st_size == 8000


def test_calls_go_on_when_the_other_codings_cannot_be_made(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(jobs: list[Job]) -> list[Answer]:
        raise AnnouncementError("no memory")

    place.upload("p.wav", wavs.pcm())
    place.library = Library(place.published, place.shipped, work=fails)
    catalogue = place.library.publish(plan(p="p.wav"), place.sounds)
    assert Path(catalogue.media("p") + ".sln16").exists()
    assert not catalogue.is_final
    assert "no memory" in caplog.text
    again = Library(place.published, place.shipped, work=lambda jobs: [Failed("full")] * len(jobs))
    assert not again.publish(plan(p="p.wav"), place.sounds).is_final


def test_files_are_deleted_late_and_only_when_nobody_has_them(place: Place, voice: Voice) -> None:
    place.upload("p.wav", wavs.pcm())
    live = place.library.publish(plan(p="p.wav"), place.sounds)
    old_media, kept_by_a_call = live.media("p"), live
    place.upload("p.wav", wavs.pcm(b"new!" * 100))
    live = place.library.publish(plan(p="p.wav"), place.sounds)
    make_old(place.published)
    assert place.library.tidy() == 0, "a call has the old one"
    del kept_by_a_call
    assert place.library.tidy() == 0, "it was in use until now"
    make_old(place.published)
    assert place.library.tidy() == 4
    assert not place.published_as(old_media)
    assert len(place.published_as(live.media("p"))) == 4
    assert len(place.published_as(live.media("invalid"))) == 4


def test_speech_that_no_plan_has_goes_too(place: Place, voice: Voice) -> None:
    old = place.library.publish(spoken_plan(closed="Chiuso"), place.sounds)
    live = place.library.publish(spoken_plan(closed="Chiuso oggi"), place.sounds)
    assert len(list(voice.folder.iterdir())) == 2
    make_old(voice.folder)
    place.library.tidy()
    assert len(list(voice.folder.iterdir())) == 1
    assert old.media("closed") != live.media("closed")


def test_nothing_is_deleted_before_there_is_a_plan(place: Place) -> None:
    place.published.mkdir()
    (place.published / "left.sln16").write_bytes(b"by an earlier process")
    make_old(place.published)
    assert place.library.tidy() == 0
    live = place.library.publish(plan(), place.sounds)
    assert place.library.tidy() == 1
    assert live.media("invalid")


def make_old(folder: Path) -> None:
    for file in folder.iterdir():
        os.utime(file, (1, 1))
