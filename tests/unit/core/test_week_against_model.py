"""The week's answers against a naive model, minute by minute, around each change of the clock of ten years.

OFFICESMART_WEEK=1 compares every minute of the ten years in all eight zones (a quarter of an hour).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.callplan.holidays import public_holidays
from officesmart_ivr.callplan.times import parse_month_day
from officesmart_ivr.callplan.week import Week
from officesmart_ivr.core.week import PreparedWeek
from tests.unit.core.week_model import DAYS, answer

ZONES = (
    "Europe/Rome",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kolkata",  # never
    "America/Sao_Paulo",  # at midnight: days without a first hour, until 2019
    "Africa/Casablanca",  # back for Ramadan
    "Pacific/Apia",  # until 2021; before that, a day left out (30 December 2011)
    "Asia/Tehran",  # at midnight, until 2022, with an odd offset
)
FIRST, YEARS = date(2017, 1, 1), 10
SKIPPED_DAY = date(2011, 12, 30)
SAINT = "12-07"
HOLIDAYS = {day for year in range(2010, 2029) for day in public_holidays("IT", year)}
EVERYTHING: dict[str, Any] = {
    "otherwise": {"menu": "closed"},
    "periods": [
        {"name": "Office", "days": "mon-fri", "hours": ["09:00-13:00", "14:00-18:00"], "menu": "day"},
        {"name": "Night", "days": "fri-mon,wed", "hours": ["22:00-06:00"], "menu": "night"},
        {"name": "Small hours", "days": "tue,thu", "hours": ["00:15-02:31", "02:31-03:30"], "menu": "small"},
    ],
    "special_days": [
        {"name": "Eve", "date": "2024-12-24", "hours": ["12:00-24:00"], "menu": "holiday"},
        {"name": "Leap", "date": "02-29", "hours": ["23:30-00:30"], "menu": "leap"},
        {"name": "Feast", "holidays": "IT", "hours": ["02:15-24:00"], "menu": "holiday"},
        {"name": "Turn", "from": "12-28", "to": "01-03", "menu": "holiday"},
        {
            "name": "Closure",
            "from": "2025-08-10",
            "to": "2025-08-21",
            "hours": ["21:00-05:00"],
            "menu": "closed",
        },
    ],
}
MINUTE = timedelta(minutes=1)
COMPARES_ALL = bool(os.environ.get("OFFICESMART_WEEK"))


def prepared(week: dict[str, Any], zone: str) -> PreparedWeek:
    return PreparedWeek(Week.model_validate(week), ZoneInfo(zone), saint=parse_month_day(SAINT))


def compare(week: dict[str, Any], zone: str, minutes: Iterator[datetime]) -> None:
    asked, where = prepared(week, zone), ZoneInfo(zone)
    for moment in minutes:
        found = asked.at(moment)
        told = (found.name, found.menu) if found else None
        assert told == answer(week, where, moment, HOLIDAYS, SAINT), moment.astimezone(where)


def minutes_around(moment: datetime, hours: int, step: int = 1) -> Iterator[datetime]:
    for minute in range(-60 * hours, 60 * hours, step):
        yield moment + minute * MINUTE


def changes(zone: str) -> list[datetime]:
    """The moments at which the clock of a zone is changed, found by asking each hour."""
    where, first = ZoneInfo(zone), datetime(FIRST.year, 1, 1, tzinfo=UTC)
    hours = [first + timedelta(hours=hour) for hour in range(YEARS * 366 * 24)]
    offsets = [hour.astimezone(where).utcoffset() for hour in hours]
    return [hours[i] for i in range(1, len(hours)) if offsets[i] != offsets[i - 1]]


@pytest.mark.parametrize("zone", ZONES)
def test_around_each_change_of_the_clock(zone: str) -> None:
    found = changes(zone)
    assert found or zone == "Asia/Kolkata"
    for change in found:
        compare(EVERYTHING, zone, minutes_around(change, 3))
        compare(EVERYTHING, zone, minutes_around(change, 30, step=13))


def test_a_day_that_a_zone_left_out() -> None:
    compare(EVERYTHING, "Pacific/Apia", minutes_around(datetime(2011, 12, 30, 10, tzinfo=UTC), 48))


@pytest.mark.parametrize("zone", ZONES)
def test_ends_of_years(zone: str) -> None:
    for year in (2019, 2024, 2025):
        compare(EVERYTHING, zone, minutes_around(datetime(year, 12, 31, 18, tzinfo=UTC), 36, step=7))
    compare(EVERYTHING, zone, minutes_around(datetime(2024, 3, 1, tzinfo=UTC), 30, step=5))


@pytest.mark.skipif(not COMPARES_ALL, reason="takes a quarter of an hour; set OFFICESMART_WEEK=1")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_ten_years(zone: str) -> None:
    start = datetime(FIRST.year, 1, 1, tzinfo=UTC)
    minutes = (datetime(FIRST.year + YEARS, 1, 1, tzinfo=UTC) - start) // MINUTE
    compare(EVERYTHING, zone, (start + minute * MINUTE for minute in range(minutes)))


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 31, 59]))


def hours() -> st.SearchStrategy[list[str]]:
    span = st.tuples(clocks, clocks | st.just("24:00")).filter(lambda ends: ends[0] != ends[1])
    return st.lists(span.map("-".join), min_size=1, max_size=2)


def days() -> st.SearchStrategy[str]:
    part = st.sampled_from(DAYS) | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map("-".join)
    return st.lists(part, min_size=1, max_size=2).map(",".join)


yearly = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: day.strftime("%m-%d"))
near = st.dates(date(2024, 2, 20), date(2024, 4, 5)).map(str)
sources = st.one_of(
    yearly.map(lambda day: {"date": day}),
    near.map(lambda day: {"date": day}),
    st.tuples(yearly, yearly).map(lambda ends: {"from": ends[0], "to": ends[1]}),
    st.tuples(near, near).map(lambda ends: {"from": min(ends), "to": max(ends)}),
    st.just({"holidays": "IT"}),
)


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, Any]:
    names = iter("abcdefgh")
    week: dict[str, Any] = {}
    if draw(st.booleans()):
        week["otherwise"] = {"menu": "o"}
    week["periods"] = [
        {
            "name": next(names),
            "menu": draw(st.sampled_from("xy")),
            "days": draw(days()),
            "hours": draw(hours()),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    week["special_days"] = [
        {
            "name": next(names),
            "menu": "z",
            **draw(sources),
            **({"hours": draw(hours())} if draw(st.booleans()) else {}),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    return week


springs = st.datetimes(datetime(2024, 2, 25), datetime(2024, 4, 8), timezones=st.just(UTC))


@settings(deadline=None)
@given(weeks(), st.sampled_from(ZONES), springs)
def test_any_week_in_the_spring(week: dict[str, Any], zone: str, moment: datetime) -> None:
    compare(week, zone, minutes_around(moment.replace(second=0, microsecond=0), 30, step=11))


@settings(deadline=None)
@given(weeks(), st.sampled_from(ZONES), springs)
def test_the_next_change_is_the_first_one(week: dict[str, Any], zone: str, moment: datetime) -> None:
    asked = prepared(week, zone)
    now = asked.at(moment)
    change = asked.next_change(moment)
    if change is None:
        assert all(asked.at(moment + timedelta(hours=hours)) == now for hours in range(0, 24 * 365, 7))
        return
    assert change > moment
    assert change.tzinfo is UTC
    assert asked.at(change) != now
    between = (change - moment) / 50
    assert all(asked.at(moment + step * between) == now for step in range(50))
    assert asked.at(change - timedelta(seconds=1)) == now or change - moment < timedelta(seconds=1)


def test_a_week_that_never_changes_has_no_next_change() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert prepared({"otherwise": {"menu": "o"}}, "Europe/Rome").next_change(now) is None
    long_over = {"name": "x", "menu": "x", "date": "2001-01-01"}
    assert prepared({"special_days": [long_over]}, "Europe/Rome").next_change(now) is None


def test_what_began_long_ago_is_forgotten_and_worked_out_again() -> None:
    asked = prepared(EVERYTHING, "Europe/Rome")
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    first = asked.at(now)
    for day in range(2000):
        asked.at(now + timedelta(days=day))
    assert len(asked._days) <= 800
    assert asked.at(now) == first
