"""Calendar files beside a plan: found, read once, and never from elsewhere."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from officesmart_ivr.callplan.calendar_files import CalendarFolder, calendar_files
from officesmart_ivr.callplan.calendars import NO_EVENTS
from officesmart_ivr.callplan.ics import MAX_BYTES
from officesmart_ivr.callplan.model import CallPlan
from tests.unit.callplan.icalendars import calendar

ROME = ZoneInfo("Europe/Rome")
CHRISTMAS = calendar("DTSTART;VALUE=DATE:20261225")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    beside = tmp_path / "plan"
    beside.mkdir()
    (beside / "callplan.yaml").touch()
    (beside / "closures.ics").write_bytes(CHRISTMAS)
    (tmp_path / "outside.ics").write_bytes(CHRISTMAS)
    return beside


def test_a_file_beside_the_plan_is_found(folder: Path) -> None:
    (folder / "years").mkdir()
    (folder / "years" / "2026.ics").write_bytes(CHRISTMAS)
    (folder / "link.ics").symlink_to("years/2026.ics")
    for plan in (folder, folder / "callplan.yaml"):
        calendars = CalendarFolder.beside(plan)
        for file in ("closures.ics", "years/2026.ics", "link.ics"):
            assert calendars.problem(file) is None
            assert calendars.events(file, 2026, ROME).days == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("nowhere.ics", "missing"),
        ("", "bad"),
        ("../outside.ics", "bad"),
        ("link.ics", "bad"),
        ("loop.ics", "bad"),
        ("pipe.ics", "bad"),
        ("callplan.yaml", "bad"),
        ("large.ics", "bad"),
        ("nul\0.ics", "bad"),
        ("closures.ics/more.ics", "missing"),
    ],
)
def test_what_is_no_calendar_beside_the_plan(folder: Path, file: str, kind: str) -> None:
    (folder / "link.ics").symlink_to("../outside.ics")
    (folder / "loop.ics").symlink_to("loop.ics")
    (folder / "large.ics").write_bytes(CHRISTMAS + b" " * MAX_BYTES)
    os.mkfifo(folder / "pipe.ics")
    calendars = CalendarFolder(folder)
    problem = calendars.problem(file)
    assert problem is not None
    assert problem[0] == kind
    assert calendars.events(file, 2026, ROME) == NO_EVENTS


def test_a_file_that_may_not_be_read(folder: Path) -> None:
    (folder / "closures.ics").chmod(0)
    if os.access(folder / "closures.ics", os.R_OK):
        pytest.skip("whoever runs the tests may read everything")
    problem = CalendarFolder(folder).problem("closures.ics")
    assert problem is not None
    assert problem[0] == "bad"


def test_many_files_are_refused_together(folder: Path) -> None:
    files = [f"{number}.ics" for number in range(4)]
    for file in files:
        (folder / file).write_bytes(CHRISTMAS + b"X" * (MAX_BYTES // 2))
    calendars = CalendarFolder(folder)
    problems = [calendars.problem(file) for file in files]
    assert [problem is not None and "together" in str(problem[1]) for problem in problems] == [False] * 3 + [
        True
    ]


def test_a_change_is_seen_by_new_calendars_only(folder: Path) -> None:
    calendars = CalendarFolder(folder)
    before = calendars.events("closures.ics", 2026, ROME)
    (folder / "closures.ics").unlink()
    assert calendars.events("closures.ics", 2027, ROME) == NO_EVENTS
    assert calendars.events("closures.ics", 2026, ROME) == before
    assert CalendarFolder(folder).problem("closures.ics") is not None


def test_the_files_of_a_plan_are_told() -> None:
    special_days = [
        {"name": "A", "menu": "m", "ics": "a.ics"},
        {"name": "B", "menu": "m", "date": "12-25"},
        {"name": "C", "menu": "m", "ics": "b.ics"},
    ]
    multiselection = {
        "name": "M",
        "numbers": ["100"],
        "week": {"special_days": special_days},
        "menus": {"m": {"announcement": "x"}},
    }
    plan = CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "C"},
            "multiselections": {"x": multiselection, "y": {**multiselection, "numbers": ["101"]}},
        }
    )
    assert calendar_files(plan) == ("a.ics", "b.ics")
