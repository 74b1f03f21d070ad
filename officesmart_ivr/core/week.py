"""Which menu speaks at a moment.

The wall clock of the site decides. A week is asked many times a second, so each day of UTC is worked out
once: the moments at which the answer changes, and the answers. A question is then a look into a table. Days
of UTC have no gaps and no doubles, whatever the clocks of a zone do; within one, each stretch with the same
offset is looked at by itself, so that an hour which the clock shows twice, or never, needs no rule.
See ``docs/adr/0014-the-week.md``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from officesmart_ivr.callplan.calendars import NO_CALENDARS, Calendars
from officesmart_ivr.callplan.times import MonthDay, Span
from officesmart_ivr.callplan.week import OTHERWISE, Source, SpecialDay, Week
from officesmart_ivr.core.special_days import days_of, timed_events

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_WEEKDAY = date(1970, 1, 1).weekday()
_DAYS_AHEAD = 366
_DAYS_KEPT = 800


class Period(msgspec.Struct, frozen=True):
    """The period that holds at a moment, by name, and its menu."""

    name: str
    menu: str


class Segments(NamedTuple):
    """The answers of one day of UTC: each holds from its start, in seconds since 1970, to the next one's."""

    starts: Sequence[int]
    answers: Sequence[Period | None]


class _Stretch(NamedTuple):
    """Part of a day of UTC in which a zone's clock runs evenly: ``wall = utc + offset``, all in seconds."""

    start: int
    end: int
    offset: int


class PreparedWeek:
    """A week ready to be asked. Safe to ask from several threads."""

    def __init__(
        self,
        week: Week,
        zone: ZoneInfo,
        *,
        saint: MonthDay | None = None,
        calendars: Calendars = NO_CALENDARS,
    ) -> None:
        self.zone = zone
        self._otherwise = Period(OTHERWISE, week.otherwise.menu) if week.otherwise else None
        self._calendars = calendars
        self._special = [
            (Period(special.name, special.menu), special, days_of(special, saint, calendars, zone))
            for special in week.special_days
        ]
        self._weekly = [(Period(period.name, period.menu), period) for period in week.periods]
        self._is_constant = not week.periods and not week.special_days
        self._days: dict[int, Segments] = {}

    def at(self, now: datetime) -> Period | None:
        """Return the period that holds at ``now`` (aware), or None when the plan says nothing about it.

        The first special day that matches goes before the weekly periods, these before ``otherwise``.
        """
        moment = now.timestamp()
        starts, answers = self.day(int(moment // _DAY))
        return answers[bisect_right(starts, moment) - 1]

    def next_change(self, now: datetime) -> datetime | None:
        """Return the first later moment (UTC) with another answer; None if a year has none."""
        if self._is_constant:
            return None
        moment = now.timestamp()
        today, answer = int(moment // _DAY), self.at(now)
        for day in range(today, today + _DAYS_AHEAD + 1):
            for start, following in zip(*self.day(day), strict=True):
                if start > moment and following != answer:
                    return datetime.fromtimestamp(start, UTC)
        return None

    def day(self, day: int) -> Segments:
        """Return the answers of a day of UTC, counted from 1970."""
        found = self._days.get(day)
        if found is None:
            found = self._worked_out(day)
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            self._days[day] = found
        return found

    def _worked_out(self, day: int) -> Segments:
        starts: list[int] = []
        answers: list[Period | None] = []
        for stretch in _stretches(day * _DAY, self.zone):
            claims = [
                (max(start, stretch.start), min(end, stretch.end), answer)
                for start, end, answer in self._claims(stretch)
                if start < stretch.end and end > stretch.start
            ]
            edges = {edge for start, end, _ in claims for edge in (start, end)} - {stretch.end}
            for edge in sorted(edges | {stretch.start}):
                answer = next((said for start, end, said in claims if start <= edge < end), self._otherwise)
                if not starts or answer != answers[-1]:
                    starts.append(edge)
                    answers.append(answer)
        return Segments(starts, answers)

    def _claims(self, stretch: _Stretch) -> Iterator[tuple[int, int, Period]]:
        """Yield who claims which time (UTC) around a stretch, the one who goes before the others first."""
        _, _, offset = stretch
        first = (stretch.start + offset) // _DAY - 1  # what began yesterday may reach into today
        days = range(first, (stretch.end + offset - 1) // _DAY + 1)
        dates = [date.fromordinal(_EPOCH + day) for day in days]
        for answer, special, fits in self._special:
            for day, on in zip(days, dates, strict=True):
                if fits(on):
                    for span in special.hours:
                        yield *_in_utc(day, span, offset), answer
            if special.source is Source.ICS:
                for start, end in self._timed(special, stretch, days):
                    yield start, end, answer
        weekdays = [(day, (day + _FIRST_WEEKDAY) % 7) for day in days]
        for answer, period in self._weekly:
            for day, weekday in weekdays:
                if weekday in period.days:
                    for span in period.hours:
                        yield *_in_utc(day, span, offset), answer

    def _timed(self, special: SpecialDay, stretch: _Stretch, days: range) -> Iterator[tuple[int, int]]:
        """Yield when timed events of a calendar hold: while they last, within the special day's hours."""
        for event in timed_events(special, self._calendars, self.zone, stretch.start, stretch.end):
            for day in days:
                for span in special.hours:
                    start, end = _in_utc(day, span, stretch.offset)
                    if max(start, event[0]) < min(end, event[1]):
                        yield max(start, event[0]), min(end, event[1])


def _in_utc(day: int, span: Span, offset: int) -> tuple[int, int]:
    midnight = day * _DAY - offset
    return midnight + span.start * 60, midnight + span.end * 60


def _stretches(start: int, zone: ZoneInfo) -> Iterator[_Stretch]:
    """Cut a day of UTC where the zone's clock is changed."""
    end = start + _DAY
    while start < end:
        offset = _offset(start, zone)
        until = end
        if _offset(end - 1, zone) != offset:
            same, until = start, end - 1
            while until - same > 1:
                middle = (same + until) // 2
                if _offset(middle, zone) == offset:
                    same = middle
                else:
                    until = middle
        yield _Stretch(start, until, offset)
        start = until


def _offset(moment: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
