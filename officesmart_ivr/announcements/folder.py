"""The folder of sounds that a plan names its files in."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Literal

from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.errors import AnnouncementError, SettingsError
from officesmart_ivr.messages import Message, joined, quoted, say

__all__ = ["SoundFolder", "find_sounds"]

Problem = tuple[Literal["missing", "bad"], Message]


def find_sounds(plan: Path, option: Path | None = None) -> Path:
    """Return the folder of sounds that belongs to ``plan`` (a YAML file, or a folder of them).

    It is ``option`` (``--sounds``) if given, else ``sounds/`` beside the plan, else ``sounds/`` beside the
    plan's folder. Where there is none, the first of these places is returned: each file will be missing.
    Raises SettingsError if ``option`` is not a folder.
    """
    if option is not None:
        if not option.is_dir():
            raise SettingsError(
                f"{option} is not a folder", remedy="Give --sounds the folder that holds the sound files."
            )
        return option
    plan = plan.absolute()
    folder = plan if plan.is_dir() else plan.parent
    beside, above = folder / "sounds", folder.parent / "sounds"
    return above if above.is_dir() and not beside.is_dir() else beside


class SoundFolder:
    """Finds sound files, and nothing else: no name in a plan leads out of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def locate(self, file: str) -> Path | None:
        """Return where ``file`` really is (all symbolic links followed), None if there is no such file.

        Raises AnnouncementError if ``file`` leads, or links, out of the folder.
        """
        written = PurePath(file)
        if written.is_absolute() or ".." in written.parts or "\0" in file:
            raise self._outside(file)
        try:
            root = self._folder.resolve(strict=True)
            path = (root / written).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
            raise AnnouncementError(
                say(
                    "{file} cannot be looked up in {folder}: {reason}",
                    file=file,
                    folder=self._folder,
                    reason=str(error),
                )
            ) from error
        if not path.is_relative_to(root):
            raise self._outside(file)
        return path

    def problem(self, file: str) -> Problem | None:
        """Say what is wrong with ``file``: its kind and a text for people, None if nothing is."""
        try:
            path = self.locate(file)
            if path is None:
                return "missing", say("there is no file {file} in {folder}", file=file, folder=self._folder)
            inspect(path)
        except AnnouncementError as error:
            if not error.remedy:
                return "bad", joined("", [error.said])
            return "bad", say("{problem}. {remedy}", problem=error.said, remedy=error.said_remedy)
        return None

    def _outside(self, file: str) -> AnnouncementError:
        return AnnouncementError(
            say("{file} leads out of the folder of sounds", file=quoted(file)),
            remedy=say(
                "Put it below {folder} and write its name from there, such as it/welcome.wav.",
                folder=self._folder,
            ),
        )
