"""Rules of recurrence against a library that follows them one by one from their beginning."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.callplan.ics import parse
from officesmart_ivr.callplan.recurrence import parse_rule
from tests.unit.callplan.icalendars import calendar

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ROME = ZoneInfo("Europe/Rome")


def listed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(lambda many: ",".join(map(str, many)))


plain_days = listed(st.sampled_from(WEEKDAYS))
nth_days = listed(
    st.tuples(st.sampled_from([-2, -1, 1, 2, 5]), st.sampled_from(WEEKDAYS)).map(
        lambda day: f"{day[0]}{day[1]}"
    )
)
months = listed(st.integers(1, 12))
month_days = listed(st.sampled_from([1, 13, 29, 30, 31, -1, -2, -31]))
year_days = listed(st.sampled_from([1, 59, 60, 61, 200, 365, 366, -1, -366]))
# Not -53: the library misses the first week of a long year, told from its end, where it begins in December.
weeks = listed(st.sampled_from([1, 20, 52, 53, -1]))

PARTS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "DAILY": {"BYMONTH": months, "BYMONTHDAY": month_days, "BYDAY": plain_days},
    "WEEKLY": {"BYMONTH": months, "BYDAY": plain_days, "BYSETPOS": st.sampled_from(["1", "-1", "2"])},
    "MONTHLY": {
        "BYMONTH": months,
        "BYMONTHDAY": month_days,
        "BYDAY": plain_days | nth_days,
        "BYSETPOS": st.sampled_from(["1", "-1", "1,-1", "3"]),
    },
    "YEARLY": {
        "BYMONTH": months,
        "BYMONTHDAY": month_days,
        "BYDAY": plain_days | nth_days,
        "BYYEARDAY": year_days,
        "BYSETPOS": st.sampled_from(["1", "-1", "10"]),
    },
}


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(list(PARTS)))
    parts = {"FREQ": frequency}
    chosen = draw(st.lists(st.sampled_from(list(PARTS[frequency])), max_size=2, unique=True))
    parts |= {name: draw(PARTS[frequency][name]) for name in chosen}
    if frequency == "YEARLY" and not chosen and draw(st.booleans()):
        parts |= {"BYWEEKNO": draw(weeks), "BYDAY": draw(plain_days)}
    if parts.keys() == {"FREQ", "BYSETPOS"}:
        del parts["BYSETPOS"]  # needs another part (RFC 5545)
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(["MO", "SU", "WE"]))
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts["COUNT"] = str(draw(st.integers(1, 40)))
    elif end == "UNTIL":
        parts["UNTIL"] = draw(st.dates(date(2020, 1, 1), date(2031, 12, 31))).strftime("%Y%m%d")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def first_day(rule: str, start: date) -> date:
    """Where positions within a week are counted, the first day of the week (WKST) of ``start``.

    In the week in which a rule begins, and there alone, the library counts them from the start on; of months
    and years it counts the whole, and so do we of weeks: BYSETPOS is about an interval (RFC 5545, 3.3.10).
    """
    if "FREQ=WEEKLY" not in rule or "BYSETPOS" not in rule:
        return start
    begins_on = rule.partition("WKST=")[2][:2] or "MO"
    return start - timedelta(days=(start.weekday() - WEEKDAYS.index(begins_on)) % 7)


@settings(deadline=None, max_examples=25)
@given(rules(), st.dates(date(2019, 1, 1), date(2028, 12, 31)), st.integers(1, 3), st.integers(2024, 2029))
def test_whole_days_as_the_library_has_them(rule: str, start: date, length: int, year: int) -> None:
    start = first_day(rule, start)
    until = rule.partition("UNTIL=")[2][:8]
    if until and until < start.strftime("%Y%m%d"):
        return  # ends before it begins: the library leaves out even the first day
    data = calendar(f"DTSTART;VALUE=DATE:{start:%Y%m%d}\nDURATION:P{length}D\nRRULE:{rule}")
    found = parse(data).events(year, ROME).days
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(data))
    expected = set()
    for event in query.between(date(year - 1, 12, 20), date(year + 1, 1, 10)):
        begin, end = event["DTSTART"].dt, event["DTEND"].dt
        expected |= {begin + timedelta(days=day) for day in range((end - begin).days)}
    assert found == {day for day in expected if day.year == year}


@settings(deadline=None, max_examples=25)
@given(
    rules(),
    st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    st.sampled_from(["Europe/Rome", "America/New_York", "Australia/Lord_Howe"]),
    st.sampled_from([0, 1, 2, 9, 23]),
)
def test_times_as_the_library_has_them(rule: str, start: date, zone: str, hour: int) -> None:
    start = first_day(rule, start)
    if "UNTIL" in rule:
        return  # a date there is read in other ways by the library, which the RFC does not foresee
    data = calendar(f"DTSTART;TZID={zone}:{start:%Y%m%d}T{hour:02}1500\nDURATION:PT1M\nRRULE:{rule}")
    found = parse(data).events(2026, ROME).spans
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(data))
    expected = [
        int(event["DTSTART"].dt.timestamp()) for event in query.between(date(2025, 12, 30), date(2027, 1, 2))
    ]
    first, last = found[0][0] if found else 0, found[-1][0] if found else 0
    assert [begin for begin, _ in found] == sorted({moment for moment in expected if first <= moment <= last})
    assert len(found) >= len([moment for moment in expected if 1767225600 <= moment < 1798758000])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # By the RFC what BYDAY leaves open comes from the first day.
        ("FREQ=YEARLY;BYWEEKNO=20", ["2026-05-14", "2027-05-20"]),
        # Some weeks of 53 are the first ones of a year.
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR", ["2027-01-01"]),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", ["2026-02-13", "2026-03-13", "2026-11-13", "2027-08-13"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
    ],
)
def test_rules_by_example(rule: str, expected: list[str]) -> None:
    found = parse_rule(rule).days(date(2026, 1, 1), date(2026, 1, 1), date(2027, 12, 31))
    assert [str(day) for day in found] == expected
