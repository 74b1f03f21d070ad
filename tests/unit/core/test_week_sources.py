"""Where special days come from: calendar files, holidays with a patron saint; and whose clock counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from officesmart_ivr.callplan.calendars import Events, NoCalendars
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.week import Week
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import prepare
from officesmart_ivr.core.week import PreparedWeek
from tests.unit.core.harness import Walk

ROME = ZoneInfo("Europe/Rome")


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


class Closures(NoCalendars):
    """Closed on the 10th, and from the 31st at 23:00 to 1 January at 02:00."""

    def events(self, file: str, year: int, zone: ZoneInfo) -> Events:
        assert file == "closures.ics"
        start, end = int(rome("2026-12-31T23:00").timestamp()), int(rome("2027-01-01T02:00").timestamp())
        turn = int(datetime(2027, 1, 1, tzinfo=zone).timestamp())
        if year == 2026:
            return Events(frozenset({date(2026, 12, 10)}), ((start, min(end, turn)),))
        return Events(frozenset(), ((max(start, turn), end),)) if year == 2027 else Events()


@pytest.mark.parametrize(
    ("hours", "closed", "open_"),
    [
        (
            [],
            ["2026-12-10T00:00", "2026-12-10T23:59", "2026-12-31T23:00", "2027-01-01T01:59"],
            ["2026-12-09T23:59", "2026-12-11T00:00", "2026-12-31T22:59", "2027-01-01T02:00"],
        ),
        # hours of a whole day are those of a date; those of a timed event narrow it
        (
            ["22:00-01:00"],
            ["2026-12-10T22:00", "2026-12-11T00:59", "2026-12-31T23:00", "2027-01-01T00:59"],
            [
                "2026-12-10T00:30",
                "2026-12-10T21:59",
                "2026-12-11T01:00",
                "2026-12-31T22:30",
                "2027-01-01T01:00",
            ],
        ),
        (["23:30-23:45"], ["2026-12-31T23:30", "2026-12-10T23:44"], ["2026-12-31T23:15", "2026-12-31T23:45"]),
    ],
)
def test_events_of_a_calendar(hours: list[str], closed: list[str], open_: list[str]) -> None:
    special: dict[str, Any] = {"name": "Closed", "menu": "closed", "ics": "closures.ics"}
    if hours:
        special["hours"] = hours
    week = PreparedWeek(Week.model_validate({"special_days": [special]}), ROME, calendars=Closures())
    assert [moment for moment in closed if week.at(rome(moment)) is None] == []
    assert [moment for moment in open_ if week.at(rome(moment)) is not None] == []


def test_the_first_special_day_goes_before_the_others() -> None:
    days = [
        {"name": "Night", "menu": "x", "date": "2026-12-23", "hours": "22:00-06:00"},
        {"name": "Eve", "menu": "y", "date": "2026-12-24"},
    ]
    for order, name in ((days, "Night"), (days[::-1], "Eve")):
        week = PreparedWeek(Week.model_validate({"special_days": order}), ROME)
        period = week.at(rome("2026-12-24T05:59"))
        assert period is not None
        assert period.name == name


PLAN: dict[str, Any] = {
    "version": "1",
    "company": {"name": "C", "timezone": "America/New_York"},
    "sites": {
        "milano": {"name": "Milano", "timezone": "Europe/Rome", "patron_saint": "12-07"},
        "torino": {"name": "Torino", "timezone": "Europe/Rome", "patron_saint": "06-24"},
        "york": {"name": "York"},
    },
    "multiselections": {
        name: {
            "name": name,
            "numbers": [number],
            **({"site": name} if name != "none" else {}),
            "week": {
                "otherwise": {"menu": "closed"},
                "periods": [{"name": "Open", "hours": "09:00-18:00", "menu": "open"}],
                "special_days": [{"name": "Feast", "holidays": "IT", "menu": "feast"}],
            },
            "menus": {menu: {"announcement": "x"} for menu in ("open", "closed", "feast")},
        }
        for name, number in (("milano", "100"), ("torino", "101"), ("york", "102"), ("none", "103"))
    },
}


@pytest.mark.parametrize(
    ("moment", "menus"),
    [
        ("2026-12-07T10:00", {"milano": "feast", "torino": "open", "york": "closed", "none": "closed"}),
        ("2026-06-24T10:00", {"milano": "open", "torino": "feast", "york": "closed", "none": "closed"}),
        ("2026-12-09T20:00", {"milano": "closed", "torino": "closed", "york": "open", "none": "open"}),
        ("2026-12-08T03:00", {"milano": "feast", "torino": "feast", "york": "closed", "none": "closed"}),
    ],
)
def test_each_site_has_its_clock_and_its_saint(moment: str, menus: dict[str, str]) -> None:
    prepared = prepare(CallPlan.model_validate(PLAN))
    found = {name: week.at(rome(moment)) for name, week in prepared.weeks.items()}
    assert {name: period.menu if period else None for name, period in found.items()} == menus
    assert prepared.zone("york") == prepared.zone(None) == ZoneInfo("America/New_York")
    assert prepared.zone("milano") == ROME


def test_a_call_hears_the_menu_of_the_moment() -> None:
    prepared = prepare(CallPlan.model_validate(PLAN))
    walk = Walk(prepared)  # 2 March 2026, 11:00 in Milan
    assert walk.menu == "open"
    assert Fact.PERIOD in walk.facts
    assert Walk(prepared, "102").menu == "closed"
