"""The forms of days, hours and dates in the call plan. All are those of the wall clock of a site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.messages import Message, Text, say

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
DAY_MINUTES = 24 * 60

_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_LEAP_YEAR = 2000
_MOST_HOURS = 24


class Span(NamedTuple):
    """A stretch of hours: minutes from the midnight of the day on which it starts, half open.

    ``end`` is greater than ``start`` and at most a day later, so it may lie on the next day.
    """

    start: int
    end: int

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"


ALL_DAY = (Span(0, DAY_MINUTES),)


class MonthDay(NamedTuple):
    """A day of every year. 29 February is one of leap years only."""

    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"


def clock(minute: int) -> str:
    """Write a minute of a day, or of the day after, as ``09:30``; the end of the day is ``24:00``."""
    hours, minutes = divmod(minute if minute <= DAY_MINUTES else minute - DAY_MINUTES, 60)
    return f"{hours:02}:{minutes:02}"


def parse_days(written: Any) -> frozenset[int]:
    """Read days of the week, such as ``mon-fri``, ``mon,wed`` or a list of these; 0 is Monday.

    Raises PydanticCustomError with the list's index as ``key`` where one of its entries is at fault.
    """
    return frozenset(day for index, text in _texts(written, "days") for day in _days(text, index))


def parse_hours(written: Any) -> tuple[Span, ...]:
    """Read hours, such as ``09:00-13:00`` or a list of these; ``22:00-06:00`` ends on the next day.

    Raises PydanticCustomError with the list's index as ``key`` where one of its entries is at fault.
    """
    return tuple(_span(text, index) for index, text in _texts(written, "hours"))


def parse_date(written: Any) -> MonthDay | date:
    """Read ``12-25``, a day of every year, or ``2026-12-25``. Raises PydanticCustomError."""
    if isinstance(written, MonthDay | date):
        return written
    parts = _DATE.fullmatch(written.strip()) if isinstance(written, str) else None
    if parts is None:
        raise _bad(
            say(
                "'{text}' is not a date; write month and day, such as 12-25 (every year), or year, month and "
                "day, such as 2026-12-25",
                text=_shown(written),
            )
        )
    year, month, day = parts.groups()
    try:
        found = date(int(year or _LEAP_YEAR), int(month), int(day))
    except ValueError:
        raise _bad(
            say("'{text}' is a day that does not exist; write the month first, such as 12-25", text=written)
        ) from None
    return found if year else MonthDay(found.month, found.day)


def parse_month_day(written: Any) -> MonthDay:
    """Read ``12-07``. Raises PydanticCustomError."""
    found = parse_date(written)
    if not isinstance(found, MonthDay):
        raise _bad(
            say(
                "'{text}' is a day of one year; write month and day, such as 12-07, for it comes every year",
                text=found,
            )
        )
    return found


def _texts(written: Any, what: str) -> Sequence[tuple[int | None, str]]:
    """Return each text of a list with its index, or the text alone with None."""
    example = '["09:00-13:00", "14:00-18:00"]' if what == "hours" else "[mon-fri, sun]"
    if isinstance(written, str):
        return [(None, written)]
    if not isinstance(written, list) or not written:
        raise _bad(say("'{what}' must be a text or a list such as {example}", what=what, example=example))
    if len(written) > _MOST_HOURS:
        raise _bad(say("'{what}' has too many entries; {most} will do", what=what, most=_MOST_HOURS))
    for index, text in enumerate(written):
        if not isinstance(text, str):
            raise _bad(say("'{what}' must be a list such as {example}", what=what, example=example), index)
    return list(enumerate(written))


def _days(text: str, index: int | None) -> Iterable[int]:
    for part in text.lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or not all(end in WEEKDAYS for end in ends):
            raise _bad(
                say(
                    "'{text}' are not days of the week; write them like mon-fri or mon,wed: {days}",
                    text=text,
                    days=", ".join(WEEKDAYS),
                ),
                index,
            )
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        for step in range((last - first) % 7 + 1):
            yield (first + step) % 7


def _span(text: str, index: int | None) -> Span:
    parts = _SPAN.fullmatch(text.strip())
    if parts is None:
        raise _bad(
            say("'{text}' are not hours; write them like 09:00-13:00, and several as a list", text=text),
            index,
        )
    from_hour, from_minute, to_hour, to_minute = map(int, parts.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        raise _bad(
            say("'{text}' is not on the clock; hours begin from 00:00 to 23:59 and end by 24:00", text=text),
            index,
        )
    if start == end:
        raise _bad(
            say("'{text}' begins and ends at once; for the whole day leave 'hours' out", text=text), index
        )
    return Span(start, end if end > start else end + DAY_MINUTES)


def _bad(message: Message, key: int | None = None) -> PydanticCustomError:
    return refusal("bad-value", message) if key is None else refusal("bad-value", message, key=key)


def _shown(written: Any) -> Text:
    if isinstance(written, str):
        return written
    return say("a list") if isinstance(written, list) else say("a mapping")


Days = Annotated[frozenset[int], PlainValidator(parse_days)]
Hours = Annotated[tuple[Span, ...], PlainValidator(parse_hours)]
AnyDate = Annotated[MonthDay | date, PlainValidator(parse_date)]
YearlyDate = Annotated[MonthDay, PlainValidator(parse_month_day)]
