"""Special days: those that are over, those that never have their turn, and their calendar files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.model import Multiselection
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.callplan.times import DAY_MINUTES, MonthDay
from officesmart_ivr.callplan.week import Source, SpecialDay
from officesmart_ivr.core.special_days import days_of
from officesmart_ivr.messages import quoted, say

_CODES = {"missing": Code.MISSING_CALENDAR, "bad": Code.BAD_CALENDAR}

_YEARS_AHEAD = 5
"""How far special days are compared; a leap year is among any five."""


_MOST_STRETCHES = 100_000
"""Stretches of days that are looked at in a plan; an office has some thousand of them."""


class _Stretch(NamedTuple):
    """Minutes of a day, by the wall clock, half open."""

    start: int
    end: int


_Times = dict[int, list[_Stretch]]
"""When a special day holds: stretches of each day, by the day's ordinal."""


def unfit_calendar(subject: Subject) -> Iterator[Finding]:
    """A calendar file is not there, or cannot be used."""
    for path, special, _ in _special_days(subject):
        problem = subject.calendars.problem(special.ics) if special.ics is not None else None
        if problem is not None:
            kind, text = problem
            yield subject.finding(_CODES[kind], (*path, "ics"), text)


def past_special_day(subject: Subject) -> Iterator[Finding]:
    """A special day of a certain year is over, or a calendar file has no event ahead."""
    for path, special, multiselection in _special_days(subject):
        zone = subject.prepared.zone(multiselection.site)
        today = subject.now.astimezone(zone).date()
        if special.source is Source.ICS:
            if _is_used_up(subject, special, zone, today):
                message = say(
                    "the calendar {file} has no event in the next years; put a newer one there",
                    file=special.ics,
                )
                yield subject.finding(Code.PAST_SPECIAL_DAY, (*path, "ics"), message)
            continue
        last = special.last or special.date
        if isinstance(last, date):
            tomorrow = any(span.end > DAY_MINUTES for span in special.hours)
            if last + timedelta(days=tomorrow) < today:
                message = say(
                    "{name} is over: it was until {day}; remove it, or write when it is the next time",
                    name=quoted(special.name),
                    day=last,
                )
                yield subject.finding(Code.PAST_SPECIAL_DAY, path, message)


def shadowed_special_day(subject: Subject) -> Iterator[Finding]:
    """A special day never has its turn: the special days before it hold whenever it does.

    Compared are the next years, from today, by the wall clock. One that is over, or is on no day of that
    time, is not called shadowed. In a plan with hundreds of long ranges the last ones are not compared.
    """
    left = _MOST_STRETCHES
    for name, multiselection in subject.plan.multiselections.items():
        zone = subject.prepared.zone(multiselection.site)
        today = subject.now.astimezone(zone).date()
        taken: _Times = {}
        for index, special in enumerate(multiselection.week.special_days):
            candidates = _days_in_question(special, today)
            left -= len(candidates) * len(special.hours)
            if left < 0:
                return
            times = _times(subject, multiselection, special, zone, today, candidates)
            own = {day for day, stretches in times.items() if not _is_within(stretches, taken.get(day, []))}
            if times and not own:
                path: Path = ("multiselections", name, "week", "special_days", index)
                message = say(
                    "{name} never has its turn: the special days before it hold at all its times; move it "
                    "before them, or remove it",
                    name=quoted(special.name),
                )
                yield subject.finding(Code.SHADOWED_SPECIAL_DAY, path, message)
            for day in own:
                taken[day] = _joined([*taken.get(day, []), *times[day]])


def _special_days(subject: Subject) -> Iterator[tuple[Path, SpecialDay, Multiselection]]:
    for name, multiselection in subject.plan.multiselections.items():
        for index, special in enumerate(multiselection.week.special_days):
            yield ("multiselections", name, "week", "special_days", index), special, multiselection


def _is_used_up(subject: Subject, special: SpecialDay, zone: ZoneInfo, today: date) -> bool:
    """Say whether a calendar that can be read has no event from today on."""
    file = special.ics or ""
    if subject.calendars.problem(file) is not None:
        return False  # reported as such
    now = subject.now.timestamp()
    for year in range(today.year, today.year + _YEARS_AHEAD):
        events = subject.calendars.events(file, year, zone)
        if any(day >= today for day in events.days) or any(end > now for _, end in events.spans):
            return False
    return True


def _times(
    subject: Subject,
    multiselection: Multiselection,
    special: SpecialDay,
    zone: ZoneInfo,
    today: date,
    candidates: Sequence[int],
) -> _Times:
    """Return when a special day holds in the years that are compared."""
    times: _Times = {}
    site = subject.plan.sites.get(multiselection.site or "")
    fits = days_of(special, site.patron_saint if site else None, subject.calendars, zone)
    for ordinal in candidates:
        if fits(date.fromordinal(ordinal)):
            for span in special.hours:
                _add(times, ordinal, span.start, span.end)
    if special.ics is not None:
        for year in range(today.year, today.year + _YEARS_AHEAD):
            for start, end in subject.calendars.events(special.ics, year, zone).spans:
                begins, ends = _minute(start, zone), _minute(end, zone)
                _add(times, 0, begins, ends)
    return {day: _joined(stretches) for day, stretches in times.items()}


def _days_in_question(special: SpecialDay, today: date) -> Sequence[int]:
    """Return the ordinals of the days on which a special day may be, from today on, perhaps of some more."""
    first, last = special.first or special.date, special.last or special.date
    begin, end = today.toordinal(), date(today.year + _YEARS_AHEAD, 1, 1).toordinal()
    if isinstance(first, date) and isinstance(last, date):
        return range(max(first.toordinal(), begin), min(last.toordinal() + 1, end))
    if not isinstance(first, MonthDay) or not isinstance(last, MonthDay):
        return range(begin, end)
    found: set[int] = set()
    for year in range(today.year - 1, today.year + _YEARS_AHEAD):
        since, until = _ordinal(year, first), _ordinal(year + (last < first), last)
        found |= set(range(max(since, begin), min(until + 1, end)))
    return sorted(found)


def _ordinal(year: int, day: MonthDay) -> int:
    """Return a day of a year; 1 March for a 29 February that the year does not have."""
    return date(year, day.month, 1).toordinal() + day.day - 1


def _minute(moment: int, zone: ZoneInfo) -> int:
    """Return the minute that a clock shows, counted from the day with the ordinal 0."""
    shown = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    return shown.toordinal() * DAY_MINUTES + shown.hour * 60 + shown.minute


def _add(times: _Times, ordinal: int, start: int, end: int) -> None:
    """Add minutes that count from a day's midnight, each to the day on which it is."""
    begin = ordinal * DAY_MINUTES + start
    until = ordinal * DAY_MINUTES + end
    while begin < until:
        day, minute = divmod(begin, DAY_MINUTES)
        stop = min(until, (day + 1) * DAY_MINUTES)
        times.setdefault(day, []).append(_Stretch(minute, stop - day * DAY_MINUTES))
        begin = stop


def _joined(stretches: list[_Stretch]) -> list[_Stretch]:
    if len(stretches) < 2:
        return stretches
    joined: list[_Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1].end:
            joined[-1] = _Stretch(joined[-1].start, max(end, joined[-1].end))
        else:
            joined.append(_Stretch(start, end))
    return joined


def _is_within(stretches: list[_Stretch], taken: list[_Stretch]) -> bool:
    return all(any(held.start <= start and end <= held.end for held in taken) for start, end in stretches)
