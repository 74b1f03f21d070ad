"""The port through which calendar files (ICS) reach the week: what they hold, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from officesmart_ivr.messages import Message, say

Problem = tuple[Literal["missing", "bad"], Message]
"""What is wrong with a calendar file, in words for people."""


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a calendar file in a year.

    ``days`` are those of all-day events, by the wall clock of wherever one asks. ``spans`` are those of timed
    events: seconds since 1970 (UTC), half open, in order, and none touches another.
    """

    days: frozenset[date] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()


NO_EVENTS = Events()


class Calendars(Protocol):
    """The calendar files beside a plan."""

    def problem(self, file: str) -> Problem | None:
        """Say what is wrong with a file; None if nothing is."""

    def events(self, file: str, year: int, zone: ZoneInfo) -> Events:
        """Return the events of a year, those that reach into it cut to it.

        ``zone`` is whose year it is, and where times that name no zone belong. A file that has a problem has
        no events. Never raises, and answers a year that it was asked for before at once.
        """


class NoCalendars:
    """No calendar files: whatever is asked for is missing."""

    def problem(self, file: str) -> Problem | None:
        """Say that there is no such file."""
        return "missing", say("there is no calendar file {file}", file=file)

    def events(self, file: str, year: int, zone: ZoneInfo) -> Events:
        """Return nothing."""
        return NO_EVENTS


NO_CALENDARS = NoCalendars()
