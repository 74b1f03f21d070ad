"""National holidays: those of Italy as published; a plan without them does not pay for the library."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest

from officesmart_ivr.callplan.holidays import countries, public_holidays

EASTER = {
    2024: "03-31",
    2025: "04-20",
    2026: "04-05",
    2027: "03-28",
    2028: "04-16",
    2029: "04-01",
    2030: "04-21",
}
EVERY_YEAR = ["01-01", "01-06", "04-25", "05-01", "06-02", "08-15", "11-01", "12-08", "12-25", "12-26"]
"""Law 260/1949 with decree 792/1985 (Epiphany) and law 336/2000 (2 June)."""
FRANCIS, FRANCIS_FROM = "10-04", 2026
"""Law 151/2025."""


@pytest.mark.parametrize("year", EASTER)
def test_italy(year: int) -> None:
    easter = date.fromisoformat(f"{year}-{EASTER[year]}")
    days = {date.fromisoformat(f"{year}-{day}") for day in EVERY_YEAR}
    days |= {easter, easter + timedelta(days=1)}
    if year >= FRANCIS_FROM:
        days.add(date.fromisoformat(f"{year}-{FRANCIS}"))
    assert public_holidays("IT", year) == days


def test_other_countries_have_theirs() -> None:
    assert date(2026, 7, 14) in public_holidays("FR", 2026)
    assert date(2026, 10, 3) in public_holidays("DE", 2026)
    assert date(2026, 3, 19) not in public_holidays("GB", 2026)
    assert {"IT", "DE", "GB", "US", "SM", "VA"} <= set(countries())
    assert "UK" not in countries()


@pytest.mark.parametrize("command", ["run", "check", "simulate"])
def test_the_libraries_are_imported_only_when_a_plan_needs_them(command: str) -> None:
    module = f"officesmart_ivr.cli.{command}"
    code = (
        f"import sys, {module}; print([m for m in ('holidays', 'icalendar', 'dateutil') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
