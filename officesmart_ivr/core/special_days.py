"""On which days a special day is, by what its source says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan.calendars import Calendars
from officesmart_ivr.callplan.holidays import public_holidays
from officesmart_ivr.callplan.times import MonthDay
from officesmart_ivr.callplan.week import Source, SpecialDay

Days = Callable[[date], bool]
"""Says of a day, by the wall clock of the site, whether a special day is on it."""


def days_of(special: SpecialDay, saint: MonthDay | None, calendars: Calendars, zone: ZoneInfo) -> Days:
    """Return the days of a special day.

    ``saint``: the patron saint of the site, who belongs to national holidays. Of a calendar file these are
    the days of all-day events; see :func:`timed_events` for the others.
    """
    match special.source:
        case Source.DATE:
            return _between(special.date, special.date)
        case Source.RANGE:
            return _between(special.first, special.last)
        case Source.HOLIDAYS:
            country = special.holidays or ""
            return lambda day: day in public_holidays(country, day.year) or saint == (day.month, day.day)
        case Source.ICS:
            file = special.ics or ""
            return lambda day: day in calendars.events(file, day.year, zone).days


def timed_events(
    special: SpecialDay, calendars: Calendars, zone: ZoneInfo, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Yield the timed events of a special day's calendar that touch the time from ``start`` to ``end``.

    All are seconds since 1970 (UTC), half open.
    """
    years = {datetime.fromtimestamp(moment, zone).year for moment in (start, end)}
    for year in sorted(years):
        spans = calendars.events(special.ics or "", year, zone).spans
        for span in spans[max(bisect_right(spans, (start,)) - 1, 0) :]:
            if span[0] >= end:
                break
            if span[1] > start:
                yield span


def _between(first: MonthDay | date | None, last: MonthDay | date | None) -> Days:
    if isinstance(first, MonthDay) and isinstance(last, MonthDay):
        begin, until = tuple(first), tuple(last)
        if begin <= until:
            return lambda day: begin <= (day.month, day.day) <= until
        return lambda day: (day.month, day.day) >= begin or (day.month, day.day) <= until
    if isinstance(first, date) and isinstance(last, date):
        since, to = first, last
        return lambda day: since <= day <= to
    raise ValueError("a range has two ends of one kind")
