"""The calendar files beside a plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan import ics
from officesmart_ivr.callplan.calendar_events import Calendar
from officesmart_ivr.callplan.calendars import NO_EVENTS, Events, Problem
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.errors import CalendarError
from officesmart_ivr.messages import say

MAX_BYTES_TOGETHER = 2 * ics.MAX_BYTES
"""What all calendar files of a plan may have together: reading them must not keep a check waiting."""


def calendar_files(plan: CallPlan) -> tuple[str, ...]:
    """Return the calendar files that a plan names, each once; they stand in its folder and belong to it."""
    named = (
        special.ics
        for multiselection in plan.multiselections.values()
        for special in multiselection.week.special_days
        if special.ics is not None
    )
    return tuple(dict.fromkeys(named))


def calendar_folder(plan: Path) -> Path:
    """Return where the calendar files of a plan stand: in its folder, or beside its file."""
    return plan if plan.is_dir() else plan.parent


class CalendarTexts:
    """Calendar files by their names; fulfils :class:`~officesmart_ivr.callplan.calendars.Calendars`.

    ``contents`` holds the texts of those that are there.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)
        self._read: dict[str, Calendar | Problem] = {}
        self._bytes_left = MAX_BYTES_TOGETHER

    def problem(self, file: str) -> Problem | None:
        """Say what is wrong with a file; None if nothing is."""
        found = self._calendar(file)
        return None if isinstance(found, Calendar) else found

    def events(self, file: str, year: int, zone: ZoneInfo) -> Events:
        """Return the events of a year of a zone; none of a file that has a problem."""
        found = self._calendar(file)
        return found.events(year, zone) if isinstance(found, Calendar) else NO_EVENTS

    def _calendar(self, file: str) -> Calendar | Problem:
        if file not in self._read:
            self._read[file] = self._load(file)
        return self._read[file]

    def _load(self, file: str) -> Calendar | Problem:
        content = self._content(file)
        if not isinstance(content, bytes):
            return content
        try:
            self._bytes_left -= len(content)
            if self._bytes_left < 0:
                raise CalendarError(
                    say("the plan's calendars together are larger than {most} bytes", most=MAX_BYTES_TOGETHER)
                )
            return ics.parse(content)
        except CalendarError as error:
            return "bad", say("the calendar {file} is refused: {reason}", file=file, reason=error.said)

    def _content(self, file: str) -> bytes | Problem:
        """Return what stands in a file, which is asked for once."""
        try:
            return self.contents[file]
        except KeyError:
            return "missing", say("there is no calendar file {file}", file=file)


class CalendarFolder(CalendarTexts):
    """The calendar files of a folder.

    Each file is read once, at the first question about it, and then among the ``contents``. Whoever wants to
    see a change makes a new one, so a plan and the calendars that it was checked with stay together.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__({})
        self._folder = folder

    @classmethod
    def beside(cls, plan: Path) -> CalendarFolder:
        """Return the calendar files of a plan, a file or folder."""
        return cls(calendar_folder(plan))

    def _content(self, file: str) -> bytes | Problem:
        path = self._folder / file
        try:
            if not path.resolve().is_relative_to(self._folder.resolve()):
                message = say(
                    "the calendar {file} leads out of the plan's folder; put the file itself there", file=file
                )
                return "bad", message
            if not path.exists():
                return "missing", say(
                    "there is no calendar file {file} in {folder}", file=file, folder=self._folder
                )
            if not path.is_file():
                return "bad", say("the calendar {file} is no file", file=file)
            with path.open("rb") as stream:
                self.contents[file] = stream.read(ics.MAX_BYTES + 1)
            return self.contents[file]
        except (OSError, ValueError, RuntimeError) as error:  # a name with NUL, a loop of links
            return "bad", say("the calendar {file} cannot be read: {reason}", file=file, reason=str(error))
