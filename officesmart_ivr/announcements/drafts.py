"""What was recorded by telephone and is not saved: a WAV file each, in a folder of its own.

A draft's file is named ``ID.ANNOUNCEMENT.BY.wav``, so that all there is to know of it is in one file, which
is there as a whole or not at all. Callers hear none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from officesmart_ivr import files
from officesmart_ivr.announcements.formats import MAX_SECONDS, PCM, inspect
from officesmart_ivr.announcements.wave_file import wave_file
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.errors import AnnouncementError

__all__ = ["KEEP_DAYS", "MOST_BYTES", "Draft", "Drafts", "Label", "recordable"]

KEEP_DAYS = 30
"""A draft that is older is deleted."""

_LABEL = re.compile(r"([0-9A-Za-z]+-rec[0-9]+)\.([A-Za-z0-9_-]+)\.([0-9]*)")
_ENDING = ".wav"
_FRAME = PCM.bits // 8

MOST_BYTES = MAX_SECONDS * PCM.rate * _FRAME
"""The longest recording that is kept; what goes beyond is cut off."""


@dataclass(frozen=True)
class Label:
    """What a recording is called, in Asterisk and as a draft: its id, for what, and whose phone recorded it.

    ``id`` begins with that of its call; ``by`` is an extension.
    """

    id: str
    announcement: str
    by: str

    def __str__(self) -> str:
        return f"{self.id}.{self.announcement}.{self.by}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what a name says; None for one that is not ours."""
        parts = _LABEL.fullmatch(text)
        return cls(*parts.groups()) if parts else None


@dataclass(frozen=True)
class Draft:
    """One draft. ``at``: when it was recorded, in UTC; ``seconds``: its length."""

    label: Label
    file: Path
    at: datetime
    seconds: float

    @property
    def id(self) -> str:
        """By what people name it."""
        return self.label.id


class Drafts:
    """The drafts of one folder, which is made when it is needed. Everything here blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, label: Label, samples: bytes) -> Draft:
        """Keep a recording: bare samples, 16-bit, mono, 16 kHz. Raises AnnouncementError if it cannot be."""
        file = self._folder / f"{label}{_ENDING}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.replace(
                file, wave_file(PCM, samples[: min(len(samples) // _FRAME * _FRAME, MOST_BYTES)]), mode=0o600
            )
        except OSError as error:
            raise AnnouncementError(f"the draft {file} cannot be written: {error.strerror}") from error
        return self._draft(label, file)

    def all(self) -> list[Draft]:
        """Return the drafts, the newest first. What else lies in the folder is none of them."""
        return sorted(self._found(), key=lambda draft: (draft.at, draft.id), reverse=True)

    def get(self, label: Label) -> Draft | None:
        """Return one draft; None when there is none."""
        return next((draft for draft in self._found() if draft.label == label), None)

    def discard(self, draft: Draft) -> None:
        """Delete a draft; one that is gone is no error. Raises AnnouncementError."""
        try:
            draft.file.unlink(missing_ok=True)
        except OSError as error:
            raise AnnouncementError(f"the draft {draft.file} cannot be deleted: {error.strerror}") from error

    def tidy(self, now: datetime) -> int:
        """Delete what is older than KEEP_DAYS; return how many. Raises AnnouncementError."""
        old = [draft for draft in self._found() if (now - draft.at).days >= KEEP_DAYS]
        for draft in old:
            self.discard(draft)
        return len(old)

    def _found(self) -> Iterator[Draft]:
        for file in self._folder.glob(f"*{_ENDING}"):
            label = Label.read(file.name.removesuffix(_ENDING))
            if label is not None:
                try:
                    yield self._draft(label, file)
                except AnnouncementError:
                    continue  # gone meanwhile, or no sound

    def _draft(self, label: Label, file: Path) -> Draft:
        seconds = inspect(file).seconds
        try:
            at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except OSError as error:
            raise AnnouncementError(f"the draft {file} is gone") from error
        return Draft(label, file, at, seconds)


def recordable(plan: CallPlan, name: str) -> str:
    """Return the file of an announcement that can be recorded. Raises AnnouncementError for any other."""
    announcement = plan.announcements.get(name)
    if announcement is None:
        raise AnnouncementError(
            f"the live plan has no announcement '{name}'",
            remedy="'officesmart-ivr announcement list' shows them; a new one needs a reload first.",
        )
    if announcement.file is None:
        raise AnnouncementError(
            f"the announcement '{name}' is a text that is spoken, so it cannot be recorded",
            remedy="Give it a 'file' in place of the 'text', and a 'record_number'; then reload the plan.",
        )
    return announcement.file
