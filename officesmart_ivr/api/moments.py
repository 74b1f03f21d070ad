"""Moments as people write them: ``2h``, ``today``, ``09:00``, ``2026-11-22T09:00``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

FORMS = "Write it like 2h, today, yesterday, 09:00, 2026-11-22 or 2026-11-22T09:00."

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
