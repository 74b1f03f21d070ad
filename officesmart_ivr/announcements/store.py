"""The sounds that Asterisk plays: clean copies, written by us.

Asterisk never opens a file that came from outside: a crafted WAV can make it loop. What it gets is the bare
samples, in a file named after their content. Such a file never changes once it is there, so a call that plays
it is not disturbed by an edit of the plan. Copies that no plan names any more are left where they are.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from officesmart_ivr import files
from officesmart_ivr.announcements.folder import SoundFolder
from officesmart_ivr.announcements.formats import Sound, inspect_stream, open_sound
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, CallPlan
from officesmart_ivr.errors import AnnouncementError

__all__ = ["Catalogue", "Clip", "Library"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clip:
    """A published sound. ``path`` is absolute and without extension, as Asterisk wants it."""

    path: str
    seconds: float


@dataclass(frozen=True)
class Catalogue:
    """What can be played for one plan, by the announcement's id.

    ``left_out`` holds, for each announcement that cannot be played, the reason.
    """

    clips: Mapping[str, Clip]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, announcement_id: object) -> bool:
        return announcement_id in self.clips

    def media(self, announcement_id: str) -> str:
        """Return what goes after ``sound:`` in a request to play. Raises AnnouncementError: no such entry."""
        return self._clip(announcement_id).path

    def seconds(self, announcement_id: str) -> float:
        """Return how long it lasts. Raises AnnouncementError: no such entry."""
        return self._clip(announcement_id).seconds

    def _clip(self, announcement_id: str) -> Clip:
        try:
            return self.clips[announcement_id]
        except KeyError:
            reason = self.left_out.get(announcement_id, "the plan does not name it")
            raise AnnouncementError(f"announcement {announcement_id} cannot be played: {reason}") from None


class Library:
    """Publishes the sounds of plans into one folder.

    ``published`` is the folder that Asterisk reads, made when it is needed; ``shipped`` holds the system
    prompts, one folder for each language.
    """

    def __init__(self, published: Path, shipped: Path) -> None:
        self._published = published
        self._shipped = shipped

    def publish(self, plan: CallPlan, sounds: Path) -> Catalogue:
        """Publish the system prompts in the company's language, and the plan's announcements; it blocks.

        An announcement with the id of a system prompt takes its place. One whose file is missing or bad has
        no entry of its own, and a warning in the log: calls go on without it. Raises AnnouncementError when
        the folder cannot be written, as for want of space; nothing is then half written.
        """
        prompts = SoundFolder(self._shipped / plan.company.language)
        own = SoundFolder(sounds)
        wanted = [(prompt, prompts, f"{prompt}.wav") for prompt in SYSTEM_PROMPTS]
        wanted += [(name, own, announcement.file) for name, announcement in plan.announcements.items()]
        clips: dict[str, Clip] = {}
        left_out: dict[str, str] = {}
        for announcement_id, folder, file in wanted:
            try:
                sound, samples = _read(folder, file)
            except AnnouncementError as error:
                left_out[announcement_id] = error.message
                _log.warning("announcement %s cannot be played: %s", announcement_id, error.message)
            else:
                clips[announcement_id] = self._clip(sound, samples)
        return Catalogue(clips, left_out)

    def _clip(self, sound: Sound, samples: bytes) -> Clip:
        """Return the clip with these samples, written now if it is not there yet."""
        # The coding is part of the name, so that no name ever has two files for Asterisk to choose from.
        extension = sound.format.extension
        content = blake2b(samples, digest_size=16, person=extension.encode()).hexdigest()
        target = (self._published / f"{content}.{extension}").absolute()
        try:
            if not _is_there(target, len(samples)):
                target.parent.mkdir(parents=True, exist_ok=True)
                # Readable by all (as far as the umask allows): Asterisk may run as another user.
                files.replace(target, samples)
        except OSError as error:
            raise _not_written(target.parent, error) from error
        return Clip(str(target.with_suffix("")), sound.seconds)


def _read(folder: SoundFolder, file: str) -> tuple[Sound, bytes]:
    """Recognise a file and read its bare samples, through one descriptor: it may be replaced meanwhile."""
    path = folder.locate(file)
    if path is None:
        raise AnnouncementError(f"there is no file {file}")
    with open_sound(path) as stream:
        sound = inspect_stream(stream, file)
        try:
            stream.seek(sound.data_offset)
            samples = stream.read(sound.data_length)
        except OSError as error:
            raise AnnouncementError(f"{file} cannot be read: {error.strerror}") from error
    if len(samples) != sound.data_length:
        raise AnnouncementError(f"{file} became shorter while it was read")
    return sound, samples


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
