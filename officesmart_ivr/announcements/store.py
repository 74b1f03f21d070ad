"""The sounds that Asterisk plays: clean copies, written by us.

Asterisk never opens a file that came from outside: a crafted WAV can make it loop. What it gets is the bare
samples, in files named after their content, one for each coding that callers use. Such a file never changes
once it is there, so a call that plays it is not disturbed by an edit of the plan. It is deleted late, and
only when no plan and no call has it any more.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple

from officesmart_ivr import files
from officesmart_ivr.announcements import apart, renditions
from officesmart_ivr.announcements.catalogue import Catalogue, Clip
from officesmart_ivr.announcements.folder import SoundFolder
from officesmart_ivr.announcements.formats import Sound, by_extension, open_sound, read_samples
from officesmart_ivr.announcements.jobs import Answer, Failed, Job, Render
from officesmart_ivr.announcements.speech.engine import Utterance
from officesmart_ivr.announcements.speech.speaker import Speaker
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, Announcement, CallPlan
from officesmart_ivr.errors import AnnouncementError

__all__ = ["GRACE_SECONDS", "Catalogue", "Clip", "Library", "stem"]

_log = logging.getLogger(__name__)

GRACE_SECONDS = 7 * 24 * 3600.0
"""How long a file stays after it was last in use: a rollback within a week writes and speaks nothing anew."""

_SETTLED_NS = 2_000_000_000


class Library:
    """Publishes the sounds of plans into one folder. A file that has not changed since is not read again.

    ``published`` is the folder that Asterisk reads, made when it is needed; ``shipped`` holds the system
    prompts, one folder for each language; ``speaker`` speaks texts. Safe to use from several threads.
    """

    def __init__(
        self,
        published: Path,
        shipped: Path,
        speaker: Speaker | None = None,
        work: Callable[[list[Job]], list[Answer]] = apart.do_all,
    ) -> None:
        self._published = published
        self._shipped = shipped
        self._speaker = speaker
        self._work = work
        self._known: dict[_Version, Clip] = {}
        self._spoken: set[str] = set()
        self._in_use: list[weakref.ref[Catalogue]] = []
        self._turn = threading.Lock()

    def publish(self, plan: CallPlan, sounds: Path) -> Catalogue:
        """Publish the system prompts in the company's language, and the plan's announcements; it blocks.

        An announcement with the id of a system prompt takes its place. One whose file is missing or bad, or
        whose text could not be spoken, has no entry of its own, and a warning in the log: calls go on without
        it. Raises AnnouncementError when the folder cannot be written, as for want of space; nothing is then
        half written.
        """
        with self._turn:
            prompts = SoundFolder(self._shipped / plan.company.language)
            own = SoundFolder(sounds)
            spoken = self._speak(plan)
            clips: dict[str, Clip] = {}
            left_out: dict[str, str] = {}
            seen: dict[_Version, Clip] = {}
            wanted: list[tuple[str, SoundFolder, str | Path | AnnouncementError]] = [
                (prompt, prompts, f"{prompt}.wav") for prompt in SYSTEM_PROMPTS
            ]
            wanted += [
                (name, own, announcement.file or spoken[name])
                for name, announcement in plan.announcements.items()
            ]
            for announcement_id, folder, source in wanted:
                try:
                    clips[announcement_id] = self._publish(_located(folder, source), seen)
                except _UnfitError as error:
                    left_out[announcement_id] = error.message
                    _log.warning("announcement %s cannot be played: %s", announcement_id, error.message)
            self._known = seen
            is_rendered = self._render({clip.path: clip for clip in clips.values()}.values())
            is_spoken = not any(isinstance(said, AnnouncementError) for said in spoken.values())
            catalogue = Catalogue(clips, left_out, is_final=is_rendered and is_spoken)
            self._in_use.append(weakref.ref(catalogue))
            return catalogue

    def tidy(self, grace: float = GRACE_SECONDS) -> int:
        """Delete files that neither a plan nor a call has had for ``grace`` seconds; return how many.

        What is in use is found by the catalogues that are still there: a call holds the one that it began
        with. It blocks. A file that cannot be deleted stays, and is told in the log.
        """
        with self._turn:
            self._in_use = [reference for reference in self._in_use if reference() is not None]
            alive = [catalogue for reference in self._in_use if (catalogue := reference()) is not None]
            if not alive:
                return 0
            clips = {Path(clip.path).name for catalogue in alive for clip in catalogue.clips.values()}
            deleted = _delete_unused(self._published, clips, grace)
            if self._speaker is not None:
                deleted += _delete_unused(self._speaker.folder, self._spoken, grace)
            return deleted

    def _speak(self, plan: CallPlan) -> Mapping[str, Path | AnnouncementError]:
        """Have the texts of a plan spoken; return each one's file, or why there is none."""
        texts = {
            name: _utterance(announcement, plan)
            for name, announcement in plan.announcements.items()
            if announcement.text is not None
        }
        if self._speaker is None:
            return dict.fromkeys(texts, AnnouncementError("texts are not spoken here"))
        spoken = dict(zip(texts, self._speaker.speak(list(texts.values())), strict=True))
        self._spoken = {said.stem for said in spoken.values() if isinstance(said, Path)}
        return spoken

    def _publish(self, path: Path, seen: dict[_Version, Clip]) -> Clip:
        """Return the clip of a file; ``seen`` gathers the versions that need not be read again."""
        try:
            with open_sound(path) as stream:
                version = _version(path, stream)
                known = seen.get(version) or self._known.get(version)
                if known is not None and Path(known.file).exists():
                    seen[version] = known
                    return known
                sound, samples = read_samples(stream, path)
        except AnnouncementError as error:
            raise _UnfitError(error.message) from error
        clip = self._clip(sound, samples)
        if time.time_ns() - version.changed_ns > _SETTLED_NS:
            # A file may change twice within one tick of its clock; what is that young is read again.
            seen[version] = clip
        return clip

    def _clip(self, sound: Sound, samples: bytes) -> Clip:
        """Return the clip with these samples, written now if it is not there yet."""
        extension = sound.format.extension
        path = stem(self._published, sound, samples)
        target = path.with_suffix(f".{extension}")
        try:
            if not _is_there(target, len(samples)):
                target.parent.mkdir(parents=True, exist_ok=True)
                # Readable by all (as far as the umask allows): Asterisk may run as another user.
                files.replace(target, samples)
        except OSError as error:
            raise _not_written(target.parent, error) from error
        return Clip(str(path), sound.seconds, extension, len(samples))

    def _render(self, clips: Iterable[Clip]) -> bool:
        """Write what is missing in the other codings. Without it calls go on, and Asterisk recodes."""
        lacking = [
            clip
            for clip in clips
            if any(
                renditions.missing(
                    Path(clip.path), renditions.lengths(by_extension(clip.extension), clip.length)
                )
            )
        ]
        try:
            answers = self._work([Render(clip.file) for clip in lacking]) if lacking else []
        except AnnouncementError as error:
            answers = [Failed(error.message)]
        failures = {answer.message for answer in answers if isinstance(answer, Failed)}
        for message in sorted(failures):
            _log.warning("Asterisk has to recode announcements for some callers: %s", message)
        return not failures


class _UnfitError(AnnouncementError):
    """A file that cannot be played, other than a folder that cannot be written."""


class _Version(NamedTuple):
    """What tells the versions of a file apart."""

    path: Path
    inode: int
    size: int
    changed_ns: int


def stem(published: Path, sound: Sound, samples: bytes) -> Path:
    """Return the path of the clip with these samples, without extension."""
    # The coding of what was accepted is part of the name: the same bytes in two codings are two sounds.
    content = blake2b(samples, digest_size=16, person=sound.format.extension.encode()).hexdigest()
    return (published / content).absolute()


def _utterance(announcement: Announcement, plan: CallPlan) -> Utterance:
    language = announcement.language or plan.company.language
    return Utterance(announcement.text or "", language.value, announcement.speed)


def _located(folder: SoundFolder, source: str | Path | AnnouncementError) -> Path:
    """Return where a source is: a name in the folder, or speech. Raises _UnfitError."""
    if isinstance(source, AnnouncementError):
        raise _UnfitError(source.message)
    if isinstance(source, Path):
        return source
    try:
        path = folder.locate(source)
    except AnnouncementError as error:
        raise _UnfitError(error.message) from error
    if path is None:
        raise _UnfitError(f"there is no file {source}")
    return path


def _version(path: Path, stream: BinaryIO) -> _Version:
    found = os.fstat(stream.fileno())
    return _Version(path, found.st_ino, found.st_size, found.st_mtime_ns)


def _delete_unused(folder: Path, used: Collection[str], grace: float) -> int:
    """Delete old files whose names, without extension, are not ``used``; keep the age of the others young."""
    deleted, now = 0, time.time()
    for file in folder.iterdir() if folder.is_dir() else ():
        # A file may vanish meanwhile, or belong to another user.
        with suppress(OSError):
            if file.stem in used:
                os.utime(file)
            elif file.is_file() and now - file.stat().st_mtime > grace:
                file.unlink()
                deleted += 1
    return deleted


def _is_there(target: Path, length: int) -> bool:
    try:
        return target.stat().st_size == length
    except FileNotFoundError:
        return False


def _not_written(folder: Path, error: OSError) -> AnnouncementError:
    no_space = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return AnnouncementError(
        f"announcements cannot be written to {folder}: {error.strerror}",
        remedy="Make room there and reload." if no_space else "Check that the folder is there and writable.",
    )
