"""Rules of recurrence (RFC 5545, section 3.3.10): on which days something repeats.

Any rule is answered in bounded time. What it costs to look at a year does not depend on when the rule began,
nor on whether it ever matches: days are tried against it, a year's days at most
(``docs/adr/0014-the-week.md`` tells why this is no library's work).
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from officesmart_ivr.errors import CalendarError
from officesmart_ivr.messages import say

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST_COUNT_DAYS = 40_000
_DAY = timedelta(days=1)


class Frequency(StrEnum):
    """How often a rule begins anew. What repeats several times a day is no closing day."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``by_day`` holds pairs of an ordinal (0 for every one) and a weekday from 0, Monday.

    ``until`` is as it is written: ``20261231``, perhaps with a time.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: str = ""
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def most_in_a_year(self) -> int:
        """The highest number of days on which the rule can be in a year."""
        match self.frequency:
            case Frequency.DAILY:
                return 366 // self.interval + 1
            case Frequency.WEEKLY:
                return 54 * max(1, len(self.by_day)) // self.interval + 1
        if self.by_week_number or self.by_year_day or any(not nth for nth, _ in self.by_day):
            return 366
        months = len(self.by_month) or (12 if self.frequency is Frequency.MONTHLY or self.by_month_day else 1)
        return months * max(1, len(self.by_month_day) + len(self.by_day))

    def days(self, start: date, first: date, last: date) -> Iterator[date]:
        """Yield the days from ``first`` to ``last`` on which what began on ``start`` repeats, in order.

        ``count`` and ``until`` are not looked at; see :func:`without_count`.
        """
        rule, first = self._completed(start), max(first, start)
        moment = rule._period(first) if first <= last else last + _DAY
        while moment <= last:
            following = rule._next_period(moment)
            if rule._is_due(start, moment):
                fitting = [day for day in rule._candidates(moment, following) if rule._fits(day)]
                for day in _at_positions(fitting, rule.by_position):
                    if first <= day <= last:
                        yield day
            moment = following

    def _completed(self, start: date) -> Rule:
        """Fill in from the first day what the rule leaves open."""
        if self.by_year_day or self.by_month_day or self.by_day:
            return self
        match self.frequency:
            case Frequency.WEEKLY:
                return replace(self, by_day=((0, start.weekday()),))
            case Frequency.MONTHLY:
                return replace(self, by_month_day=(start.day,))
            case Frequency.YEARLY if self.by_week_number:
                return replace(self, by_day=((0, start.weekday()),))
            case Frequency.YEARLY:
                return replace(self, by_month=self.by_month or (start.month,), by_month_day=(start.day,))
        return self

    def _period(self, day: date) -> date:
        """Return the first day of the day, week, month or year around a day."""
        match self.frequency:
            case Frequency.WEEKLY:
                return day - timedelta(days=(day.weekday() - self.week_start) % 7)
            case Frequency.MONTHLY:
                return day.replace(day=1)
            case Frequency.YEARLY:
                return day.replace(month=1, day=1)
        return day

    def _next_period(self, first: date) -> date:
        match self.frequency:
            case Frequency.DAILY:
                return first + _DAY
            case Frequency.WEEKLY:
                return first + timedelta(days=7)
            case Frequency.MONTHLY:
                return (first + timedelta(days=31)).replace(day=1)
        return first.replace(year=first.year + 1)

    def _candidates(self, first: date, following: date) -> Iterator[date]:
        """Yield the days of a period, but not of months that the rule leaves out."""
        if self.frequency is Frequency.YEARLY and self.by_month:
            for month in sorted(set(self.by_month)):
                begin = date(first.year, month, 1)
                yield from _days_between(begin, (begin + timedelta(days=31)).replace(day=1))
        else:
            yield from _days_between(first, following)

    def _is_due(self, start: date, first: date) -> bool:
        """Say whether a period is one of those that the interval chooses."""
        begin = self._period(start)
        match self.frequency:
            case Frequency.DAILY:
                passed = (first - begin).days
            case Frequency.WEEKLY:
                passed = (first - begin).days // 7
            case Frequency.MONTHLY:
                passed = (first.year - begin.year) * 12 + first.month - begin.month
            case Frequency.YEARLY:
                passed = first.year - begin.year
        return passed % self.interval == 0

    def _fits(self, day: date) -> bool:
        if self.by_month and day.month not in self.by_month:
            return False
        if self.by_month_day:
            length = monthrange(day.year, day.month)[1]
            if day.day not in self.by_month_day and day.day - length - 1 not in self.by_month_day:
                return False
        if self.by_year_day:
            number, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
            if number not in self.by_year_day and number - length - 1 not in self.by_year_day:
                return False
        if self.by_week_number and not self._is_in_weeks(day):
            return False
        return not self.by_day or any(
            weekday == day.weekday() and (not nth or self._is_nth(day, nth)) for nth, weekday in self.by_day
        )

    def _is_nth(self, day: date, nth: int) -> bool:
        """Say whether a day is the nth of its weekday, from the end if negative, in its month or year."""
        if self.frequency is Frequency.YEARLY and not self.by_month:
            number, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
        else:
            number, length = day.day, monthrange(day.year, day.month)[1]
        return nth in ((number - 1) // 7 + 1, -((length - number) // 7 + 1))

    def _is_in_weeks(self, day: date) -> bool:
        """Say whether a day is in one of the weeks; the first week of a year has four days of it."""
        middle = self._week(day) + timedelta(days=3)
        number = (middle.timetuple().tm_yday - 1) // 7 + 1
        last = self._week(date(middle.year, 12, 28)) + timedelta(days=3)
        weeks = (last.timetuple().tm_yday - 1) // 7 + 1
        return number in self.by_week_number or number - weeks - 1 in self.by_week_number

    def _week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)


def without_count(rule: Rule, start: date) -> tuple[Rule, date | None, int]:
    """Turn a rule's ``count`` into its last day, and tell how many days had to be looked at for it.

    What lasts longer than a century has no end.
    """
    if rule.count is None:
        return rule, None, 0
    unbounded, left, day = replace(rule, count=None), rule.count, start
    limit = min(start.toordinal() + _LONGEST_COUNT_DAYS, date.max.toordinal() - 400)
    for found in unbounded.days(start, start, date.fromordinal(max(limit, start.toordinal()))):
        day = found
        left -= 1
        if left <= 0:
            return unbounded, day, (day - start).days + 1
    return unbounded, None, _LONGEST_COUNT_DAYS


def parse_rule(text: str) -> Rule:
    """Read a rule, such as ``FREQ=YEARLY;BYMONTH=8``. Raises CalendarError with words for people."""
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts:
            raise CalendarError(say("the rule {rule} cannot be read", rule=text[:80]))
        parts[name] = value
    try:
        rule = Rule(
            Frequency(parts.pop("FREQ", "")),
            interval=_number(parts.pop("INTERVAL", "1"), 1, 10_000),
            count=_number(parts.pop("COUNT"), 1, 1_000_000) if "COUNT" in parts else None,
            until=parts.pop("UNTIL", ""),
            by_month=_numbers(parts.pop("BYMONTH", ""), 1, 12),
            by_week_number=_numbers(parts.pop("BYWEEKNO", ""), 1, 53, signed=True),
            by_year_day=_numbers(parts.pop("BYYEARDAY", ""), 1, 366, signed=True),
            by_month_day=_numbers(parts.pop("BYMONTHDAY", ""), 1, 31, signed=True),
            by_day=tuple(_weekday(day) for day in parts.pop("BYDAY", "").split(",") if day),
            by_position=_numbers(parts.pop("BYSETPOS", ""), 1, 366, signed=True),
            week_start=_WEEKDAYS.index(parts.pop("WKST", "MO")),
        )
    except ValueError:
        raise CalendarError(
            say(
                "the rule {rule} cannot be followed: what repeats by days, weeks, months or years can",
                rule=text[:80],
            )
        ) from None
    if parts:
        raise CalendarError(
            say(
                "the rule {rule} cannot be followed: {part} is not supported",
                rule=text[:80],
                part=min(parts),
            )
        )
    return rule


def _weekday(text: str) -> tuple[int, int]:
    return _number(text[:-2], 1, 53, signed=True) if text[:-2] else 0, _WEEKDAYS.index(text[-2:])


def _numbers(text: str, least: int, most: int, *, signed: bool = False) -> tuple[int, ...]:
    return tuple(_number(part, least, most, signed=signed) for part in text.split(",") if part)


def _number(text: str, least: int, most: int, *, signed: bool = False) -> int:
    number = int(text) if len(text) <= 8 else most + 1
    if not least <= (abs(number) if signed else number) <= most:
        raise ValueError(text)
    return number


def _days_between(first: date, following: date) -> Iterator[date]:
    for day in range(first.toordinal(), following.toordinal()):
        yield date.fromordinal(day)


def _at_positions(days: Sequence[date], positions: Sequence[int]) -> Sequence[date]:
    if not positions:
        return days
    count = len(days)
    chosen = {place - 1 if place > 0 else count + place for place in positions}
    return [day for index, day in enumerate(days) if index in chosen]
