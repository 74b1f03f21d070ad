"""Moments to come, also where the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.api.moments import coming

ROME = ZoneInfo("Europe/Rome")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        # Forward: 02:00 becomes 03:00 on 29 March 2026, at 01:00 UTC.
        (utc(2026, 3, 28, 20), "02:30", utc(2026, 3, 29, 1)),
        (utc(2026, 3, 28, 20), "2026-03-29T02:30", utc(2026, 3, 29, 1)),
        (utc(2026, 3, 28, 20), "02:00", utc(2026, 3, 29, 1)),
        (utc(2026, 3, 28, 20), "03:00", utc(2026, 3, 29, 1)),
        (utc(2026, 3, 28, 20), "01:59", utc(2026, 3, 29, 0, 59)),
        (utc(2026, 3, 29, 1), "02:30", utc(2026, 3, 30, 0, 30)),
        # Back: 03:00 becomes 02:00 on 25 October 2026, at 01:00 UTC; 02:30 comes twice.
        (utc(2026, 10, 24, 20), "02:30", utc(2026, 10, 25, 0, 30)),
        (utc(2026, 10, 25, 0, 30), "02:30", utc(2026, 10, 25, 1, 30)),
        (utc(2026, 10, 25, 0, 45), "2026-10-25T02:30", utc(2026, 10, 25, 1, 30)),
        (utc(2026, 10, 25, 1, 30), "02:30", utc(2026, 10, 26, 1, 30)),
        (utc(2026, 10, 24, 20), "03:00", utc(2026, 10, 25, 2)),
        (utc(2026, 10, 24, 20), "2026-10-25T02:30+01:00", utc(2026, 10, 25, 1, 30)),
        (utc(2026, 12, 31, 22), "24:00", utc(2026, 12, 31, 23)),
        (utc(2026, 12, 31, 23), "24:00", utc(2027, 1, 1, 23)),
    ],
)
def test_times_that_a_clock_shows_twice_or_never(now: datetime, text: str, expected: datetime) -> None:
    assert coming(text, now.astimezone(ROME)) == expected


def test_a_clock_that_is_put_forward_by_half_an_hour() -> None:
    before = utc(2026, 10, 3, 12).astimezone(LORD_HOWE)
    assert coming("02:15", before) == utc(2026, 10, 3, 15, 30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18",
        "24:01",
        "18:60",
        "7:5",
        "2026-02-30T10:00",
        "2026-12-24",
        "1969-01-01T10:00",
        "9999-12-31T10:00",
        "2026-12-24T25:00",
        "18:00Z",
        "18:00+01:00",
        "٠٩:٠٠",
        "tomorrow",
        "2h",
        "x" * 10_000,
    ],
)
def test_what_is_no_moment_to_come(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        coming(text, utc(2026, 3, 2).astimezone(ROME))


@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from([ROME, LORD_HOWE, ZoneInfo("America/New_York"), UTC]),
)
def test_a_time_of_day_is_the_first_one_later_on_which_the_clock_has_reached_it(
    now: datetime, hour: int, minute: int, zone: ZoneInfo
) -> None:
    found = coming(f"{hour:02}:{minute:02}", now.astimezone(zone))
    assert now < found <= now + timedelta(hours=25, minutes=1)
    shown = found.astimezone(zone)
    assert (shown.hour, shown.minute) >= (hour, minute)
    just_before = (found.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    assert (just_before.date(), just_before.hour, just_before.minute) < (shown.date(), hour, minute)
