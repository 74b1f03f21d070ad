"""What a week answers, minute by minute, told as plainly as the rules: no table, no interval, no caching.

Only the wall clock of the site is looked at, so what a change of the clock skips or repeats follows.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ONE_DAY = timedelta(days=1)


def answer(
    week: dict[str, Any], zone: ZoneInfo, moment: datetime, holidays: set[date], saint: str
) -> tuple[str, str] | None:
    """The name and menu of the period at an aware moment; ``week`` is as the plan writes it."""
    local = moment.astimezone(zone)
    today, minute = local.date(), local.hour * 60 + local.minute
    for special in week.get("special_days", ()):
        if holds(special, today, minute, partial(is_special, special, holidays, saint)):
            return special["name"], special["menu"]
    for period in week.get("periods", ()):
        if holds(period, today, minute, partial(is_listed, listed_days(period))):
            return period["name"], period["menu"]
    return ("otherwise", week["otherwise"]["menu"]) if "otherwise" in week else None


def holds(entry: dict[str, Any], today: date, minute: int, is_on: Any) -> bool:
    for hours in entry.get("hours", ["00:00-24:00"]):
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
        if start < end:
            if is_on(today) and start <= minute < end:
                return True
        elif (is_on(today) and minute >= start) or (is_on(today - ONE_DAY) and minute < end):
            return True
    return False


def listed_days(period: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for part in period.get("days", "mon-sun").split(","):
        first, _, last = part.partition("-")
        day = DAYS.index(first)
        found.append(DAYS[day])
        while last and DAYS[day] != last:
            day = (day + 1) % 7
            found.append(DAYS[day])
    return found


def is_listed(days: list[str], day: date) -> bool:
    return DAYS[day.weekday()] in days


def is_special(special: dict[str, Any], holidays: set[date], saint: str, day: date) -> bool:
    if "holidays" in special:
        return day in holidays or day.strftime("%m-%d") == saint
    first: str = special.get("date") or special["from"]
    last: str = special.get("date") or special["to"]
    if len(first) == len("2026-12-25"):
        return first <= day.isoformat() <= last
    shown = day.strftime("%m-%d")
    if first <= last:
        return first <= shown <= last
    return shown >= first or shown <= last
