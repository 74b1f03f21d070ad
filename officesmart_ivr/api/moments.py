"""Moments as people write them: ``2h``, ``today``, ``09:00``, ``2026-11-22T09:00``.

A moment that has been is read by :func:`moment`, one that is to come by :func:`coming`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

FORMS = "Write it like 2h, today, yesterday, 09:00, 2026-11-22 or 2026-11-22T09:00."

COMING_FORMS = "Write it like 18:00, 2026-12-24T18:00 or 2026-12-24T18:00+01:00."

_AGO = re.compile(r"([0-9]{1,4})(s|m|h|d|w)")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_YEARS = range(1970, 9999)
"""Beyond these, no time zone can be applied everywhere."""


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that a text means, aware.

    ``now`` is aware and in the time zone of those who write: a time of day is today's, a time without a
    zone is in theirs. Days begin at midnight. Raises ValueError.
    """
    if ago := _AGO.fullmatch(text):
        return now.astimezone(UTC) - int(ago[1]) * _UNITS[ago[2]]
    if text in ("today", "yesterday"):
        days = 0 if text == "today" else 1
        return datetime.combine(now.date() - timedelta(days=days), time.min, now.tzinfo)
    found = _written(text, now)
    if found.year not in _YEARS:
        raise ValueError(f"the year {found.year} is not one of ours")
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _written(text: str, now: datetime) -> datetime:
    if ":" in text and len(text) <= len("09:00:00"):
        return datetime.combine(now.date(), time.fromisoformat(text))
    return datetime.fromisoformat(text)


_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?")
_ON_A_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9:]{4,8})")
_WHOLE_DAY = timedelta(days=1)


def coming(text: str, now: datetime) -> datetime:
    """Return the moment to come that a text means, in UTC.

    ``now`` is aware and in the time zone of those who write.
    A time of day is the next one. Where the clock shows a time twice, the first of the two that is to come is
    meant; where it leaves a time out, the moment at which it does. 24:00 ends a day. A day that is named may
    be over: that is for the caller to see. Raises ValueError.
    """
    text, zone = text.strip(), now.tzinfo
    # Moments of one zone would be compared by what its clock shows, which may come twice.
    now_in_utc = now.astimezone(UTC)
    if _CLOCK.fullmatch(text):
        later = _time_of_day(text)
        days = (now.date() + timedelta(days=day) for day in range(3))
        return next(at for day in days for at in _showing(day, later, zone) if at > now_in_utc)
    if written := _ON_A_DAY.fullmatch(text):
        day = date.fromisoformat(written[1])
        if day.year not in _YEARS:
            raise ValueError(f"the year {day.year} is not one of ours")
        moments = _showing(day, _time_of_day(written[2]), zone)
        return next((at for at in moments if at > now_in_utc), moments[-1])
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or found.year not in _YEARS:
        raise ValueError(f"'{text}' is no moment of ours")
    return found.astimezone(UTC)


def _time_of_day(text: str) -> timedelta:
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise ValueError(f"'{text}' is no time of day")
    later = timedelta(hours=int(clock[1]), minutes=int(clock[2]), seconds=int(clock[3] or 0))
    if later > _WHOLE_DAY:
        raise ValueError(f"'{text}' is no time of day")
    return later


def _showing(day: date, later: timedelta, zone: tzinfo | None) -> list[datetime]:
    """Return the moments (UTC) at which a clock shows so much after midnight, in order; one at least."""
    wall = datetime.combine(day, time.min) + later
    moments = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    if moments[0].astimezone(zone).replace(tzinfo=None) == wall:
        return sorted(set(moments))
    # The clock is put forward between these two.
    before, after = int(moments[1].timestamp()), int(moments[0].timestamp())
    offset = moments[1].astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return [datetime.fromtimestamp(after, UTC)]
