"""The door by which a sound comes into a plan's folder, wherever it is from: a file, a form, a telephone."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from officesmart_ivr import files
from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.formats import inspect, read_sound
from officesmart_ivr.announcements.jobs import Convert, Converted, Examine, Examined
from officesmart_ivr.announcements.report import Report, Treatment
from officesmart_ivr.announcements.wave_file import wave_file
from officesmart_ivr.callplan.fields import AnnouncementId
from officesmart_ivr.errors import AnnouncementError

__all__ = ["Added", "add"]

_NAME: TypeAdapter[str] = TypeAdapter(AnnouncementId)


@dataclass(frozen=True)
class Added:
    """What is in the folder now. ``source`` is what came in; ``converted`` says whether it was changed."""

    file: Path
    converted: bool
    source: Examined
    report: Report


def add(
    source: Path,
    name: str,
    folder: Path,
    *,
    file: str = "",
    replace: bool = False,
    convert: bool = False,
    treatment: Treatment | None = None,
) -> Added:
    """Put the sound at ``source`` into ``folder`` as ``name``.wav; it blocks, for seconds if it is long.

    What is accepted goes in with its samples as they are, unless ``convert`` says otherwise; what is not is
    converted. ``name`` is an announcement's, so it leads nowhere else; ``file`` is the name in the folder
    that the plan gives it, where that is another. A file that is there is kept unless ``replace``. Raises
    AnnouncementError; the folder is then as it was.
    """
    try:
        target = folder / (file or f"{_NAME.validate_python(name)}.wav")
    except ValidationError as error:
        raise AnnouncementError(
            error.errors()[0]["msg"], remedy="Use a name such as opening-hours."
        ) from None
    if target.exists() and not replace:  # asked again when it is written
        raise _is_there(target)
    _make(target.parent)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise AnnouncementError(f"{target} leads out of the folder of sounds")
    if not convert and _is_accepted(source):
        examined = apart.do_one(Examine(str(source)))
        assert isinstance(examined, Examined)
        sound, samples = read_sound(source)
        _write(target, wave_file(sound.format, samples), replace)
        return Added(target, False, examined, examined.report)
    job = Convert(str(source), str(target), treatment=treatment or Treatment(), replace=replace)
    converted = apart.do_one(job)
    assert isinstance(converted, Converted)
    return Added(target, True, converted.source, converted.report)


def _is_accepted(source: Path) -> bool:
    try:
        inspect(source)
    except AnnouncementError:
        return False
    return True


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnnouncementError(
            f"the folder of sounds {folder} cannot be made: {error.strerror}",
            remedy="Make it, and let this user write to it.",
        ) from error


def _write(target: Path, content: bytes, replace: bool) -> None:
    try:
        files.replace(target, content, anew=not replace)
    except FileExistsError:
        raise _is_there(target) from None
    except OSError as error:
        no_space = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise AnnouncementError(
            f"{target} cannot be written: {error.strerror}",
            remedy="Make room on that disk." if no_space else "Let this user write to its folder.",
        ) from error


def _is_there(target: Path) -> AnnouncementError:
    return AnnouncementError(
        f"{target} is there already", remedy="Use --replace to put the new one in its place."
    )
