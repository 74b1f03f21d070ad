"""The events of a calendar file, and the years that they fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan.calendars import NO_EVENTS, Events
from officesmart_ivr.callplan.recurrence import Rule

YEARS = range(1902, 2400)
"""Outside of these nothing happens."""

LONGEST = timedelta(days=365 * (YEARS.stop - YEARS.start))
_YEARS_KEPT = 16

Moment = date | datetime


@dataclass(slots=True)
class Series:
    """An event with what repeats it, and what is left out.

    ``start`` is a date for an event of whole days, else a wall clock time in ``zone`` (None: the asker's);
    ``length`` is how long it lasts, ``rules`` are those that repeat it with their last moment. ``extra`` are
    further starts with their lengths. Left out are starts ``at`` instants (UTC), ``at_wall`` clock times and
    ``on_days``. ``counted``: how many days were looked at to find where the rules end.
    """

    start: Moment
    length: timedelta
    zone: tzinfo | None
    rules: list[tuple[Rule, Moment | None]] = field(default_factory=list)
    extra: list[tuple[Moment, timedelta]] = field(default_factory=list)
    at: set[datetime] = field(default_factory=set)
    at_wall: set[datetime] = field(default_factory=set)
    on_days: set[date] = field(default_factory=set)
    counted: int = 0

    def leave_out(self, moments: Iterable[Moment]) -> None:
        """Leave out starts; what is left out of an event of whole days, or by a date, goes by its day."""
        for moment in moments:
            if not isinstance(moment, datetime) or not isinstance(self.start, datetime):
                self.on_days.add(day_of(moment))
            elif moment.tzinfo is None:
                self.at_wall.add(moment)
            else:
                self.at.add(moment.astimezone(UTC))

    def starts(self, first: date, last: date) -> Iterator[tuple[Moment, timedelta]]:
        """Yield the starts from one day to another, both included, with the lengths; some perhaps twice."""
        repeated = chain.from_iterable(self._due(rule, until, first, last) for rule, until in self.rules)
        found = chain(
            ((self.start, self.length),), self.extra, ((self._on(day), self.length) for day in repeated)
        )
        for moment, length in found:
            if first <= day_of(moment) <= last and not self._is_left_out(moment):
                yield moment, length

    def _due(self, rule: Rule, until: Moment | None, first: date, last: date) -> Iterator[date]:
        for day in rule.days(day_of(self.start), first, last):
            if until is not None and self._is_after(self._on(day), until):
                return
            yield day

    def _on(self, day: date) -> Moment:
        return datetime.combine(day, self.start.time()) if isinstance(self.start, datetime) else day

    def _is_after(self, moment: Moment, until: Moment) -> bool:
        if isinstance(moment, datetime) and isinstance(until, datetime):
            if until.tzinfo is not None and self.zone is not None:
                return moment.replace(tzinfo=self.zone) > until
            return moment > until.replace(tzinfo=None)
        return day_of(moment) > day_of(until)

    def _is_left_out(self, moment: Moment) -> bool:
        if day_of(moment) in self.on_days:
            return True
        if not isinstance(moment, datetime):
            return False
        if moment in self.at_wall:
            return True
        return self.zone is not None and moment.replace(tzinfo=self.zone).astimezone(UTC) in self.at


class Calendar:
    """The events of a calendar file, ready to be asked."""

    def __init__(self, series: list[Series]) -> None:
        self._series = series
        self.events: Callable[[int, ZoneInfo], Events] = lru_cache(_YEARS_KEPT)(self._events)

    def _events(self, year: int, zone: ZoneInfo) -> Events:
        """Return the events of a year of a zone, cut to it."""
        if year not in YEARS:
            return NO_EVENTS
        first, last = date(year, 1, 1), date(year, 12, 31)
        begin, end = (int(datetime(at, 1, 1, tzinfo=zone).timestamp()) for at in (year, year + 1))
        days: list[tuple[int, int]] = []
        spans: list[tuple[int, int]] = []
        for series in self._series:
            longest = max([series.length, *(length for _, length in series.extra)])
            reach = min(longest, LONGEST).days + 2
            earliest = date.fromordinal(max(1, first.toordinal() - reach))
            for moment, length in series.starts(earliest, last + timedelta(days=2)):
                if isinstance(moment, datetime):
                    where = series.zone or zone
                    spans.append((_timestamp(moment, where), _timestamp(moment + length, where)))
                else:
                    days.append((moment.toordinal(), moment.toordinal() + length.days))
        whole = _merged(days, first.toordinal(), last.toordinal() + 1)
        return Events(
            frozenset(date.fromordinal(day) for since, to in whole for day in range(since, to)),
            tuple(_merged(spans, begin, end)),
        )


def wall_time(moment: datetime) -> datetime:
    """Return a time as its own clock shows it."""
    return moment.replace(tzinfo=None)


def wall(moment: Moment) -> Moment:
    """Return a moment as its own clock shows it."""
    return wall_time(moment) if isinstance(moment, datetime) else moment


def day_of(moment: Moment) -> date:
    """Return the day of a moment, by its own clock."""
    return moment.date() if isinstance(moment, datetime) else moment


def _timestamp(time: datetime, zone: tzinfo) -> int:
    return int(time.replace(tzinfo=zone).timestamp())


def _merged(spans: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """Cut spans to a time, put them in order, and join those that touch."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        start, stop = max(start, begin), min(stop, end)
        if start >= stop:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return merged
