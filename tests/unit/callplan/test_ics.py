"""Calendar files: what their events come to, and what is refused, fast."""

from __future__ import annotations

import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan.ics import MAX_BYTES, parse
from officesmart_ivr.errors import CalendarError
from tests.unit.callplan.icalendars import calendar

ROME = ZoneInfo("Europe/Rome")
CUSTOM_ZONE = """
BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def days(*events: str, year: int = 2026) -> list[str]:
    """The days of a year on which there are events of whole days, as ``12-24``."""
    return [f"{day:%m-%d}" for day in sorted(parse(calendar(*events)).events(year, ROME).days)]


def spans(*events: str, year: int = 2026, zone: ZoneInfo = ROME, before: str = "") -> list[str]:
    """The times of a year's timed events, by the clock of Rome, as ``12-24 10:00 to 12-24 12:00``."""
    found = parse(calendar(*events, before=before)).events(year, zone).spans
    shown = [
        [datetime.fromtimestamp(moment, ROME).strftime("%m-%d %H:%M") for moment in span] for span in found
    ]
    return [" to ".join(span) for span in shown]


WEEKLY = """UID:weekly
DTSTART;VALUE=DATE:20261102
RRULE:FREQ=WEEKLY;UNTIL=20261130"""


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["DTSTART;VALUE=DATE:20261224"], ["12-24"]),
        (["DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224"], ["12-24"]),
        (["DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227"], ["12-24", "12-25", "12-26"]),
        (["DTSTART;VALUE=DATE:20261224\nDURATION:P2D"], ["12-24", "12-25"]),
        (["DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260103"], ["01-01", "01-02"]),
        (["DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270103"], ["12-30", "12-31"]),
        ([WEEKLY], ["11-02", "11-09", "11-16", "11-23", "11-30"]),
        ([WEEKLY + "\nEXDATE;VALUE=DATE:20261109,20261116\nEXDATE;VALUE=DATE:20261130"], ["11-02", "11-23"]),
        ([WEEKLY + "\nEXDATE:20261109T000000"], ["11-02", "11-16", "11-23", "11-30"]),
        ([WEEKLY + "\nRDATE;VALUE=DATE:20261105"], ["11-02", "11-05", "11-09", "11-16", "11-23", "11-30"]),
        # moved to the next day; cancelled
        (
            [WEEKLY, "UID:weekly\nRECURRENCE-ID;VALUE=DATE:20261109\nDTSTART;VALUE=DATE:20261110"],
            ["11-02", "11-10", "11-16", "11-23", "11-30"],
        ),
        (
            [
                WEEKLY,
                "UID:weekly\nRECURRENCE-ID;VALUE=DATE:20261109\nDTSTART;VALUE=DATE:20261109\nSTATUS:CANCELLED",
            ],
            ["11-02", "11-16", "11-23", "11-30"],
        ),
        # of two changes of one occurrence the later one counts, of two versions of a series the later one
        (
            [
                WEEKLY,
                "UID:weekly\nRECURRENCE-ID;VALUE=DATE:20261109\nSEQUENCE:2\nDTSTART;VALUE=DATE:20261111",
                "UID:weekly\nRECURRENCE-ID;VALUE=DATE:20261109\nSEQUENCE:1\nDTSTART;VALUE=DATE:20261110",
            ],
            ["11-02", "11-11", "11-16", "11-23", "11-30"],
        ),
        ([WEEKLY, "UID:weekly\nSEQUENCE:1\nDTSTART;VALUE=DATE:20261225"], ["12-25"]),
        (["DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED"], []),
        (["DTSTART;VALUE=DATE:20261224\nSTATUS:TENTATIVE\nTRANSP:TRANSPARENT"], ["12-24"]),
        (["DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY"], []),
        (["DTSTART;VALUE=DATE:20240815\nRRULE:FREQ=YEARLY;COUNT=2"], []),
        (["DTSTART;VALUE=DATE:20240815\nRRULE:FREQ=YEARLY;COUNT=3"], ["08-15"]),
        (["DTSTART;VALUE=DATE:20240101\nRRULE:FREQ=MONTHLY;BYMONTH=6,7;BYDAY=-1FR"], ["06-26", "07-31"]),
        (["DTSTART;VALUE=DATE:20251231\nDURATION:P2D\nRRULE:FREQ=YEARLY"], ["01-01", "12-31"]),
    ],
)
def test_whole_days(events: list[str], expected: list[str]) -> None:
    assert days(*events) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["DTSTART:20261224T110000Z\nDTEND:20261224T120000Z"], ["12-24 12:00 to 12-24 13:00"]),
        (["DTSTART;TZID=Europe/Rome:20261224T110000\nDURATION:PT90M"], ["12-24 11:00 to 12-24 12:30"]),
        (["DTSTART:20261224T110000\nDURATION:PT1H"], ["12-24 11:00 to 12-24 12:00"]),  # floating
        (
            ["DTSTART;TZID=America/New_York:20260310T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"],
            # New York changes its clock on 8 March, Rome on the 29th
            [f"03-{day} 14:00 to 03-{day} 15:00" for day in (10, 17, 24)] + ["03-31 15:00 to 03-31 16:00"],
        ),
        (
            ["DTSTART;TZID=W. Europe Standard Time:20261224T110000\nDURATION:PT1H"],
            ["12-24 11:00 to 12-24 12:00"],
        ),
        (
            ["DTSTART;TZID=Europe/Rome:20261224T180000\nDTEND;TZID=Europe/Rome:20261227T080000"],
            ["12-24 18:00 to 12-27 08:00"],
        ),
        # what overlaps or touches is one
        (
            ["DTSTART:20261224T110000\nDURATION:PT1H", "DTSTART:20261224T120000\nDURATION:PT1H"],
            ["12-24 11:00 to 12-24 13:00"],
        ),
        # half an hour less on the night in which the clock is put forward, by the clock itself
        (
            ["DTSTART;TZID=Europe/Rome:20260329T013000\nDTEND;TZID=Europe/Rome:20260329T040000"],
            ["03-29 01:30 to 03-29 04:00"],
        ),
        (["DTSTART:20261224T110000Z\nDTEND:20261224T110000Z"], []),
        (["DTSTART:20261224T110000Z"], []),
        (["DTSTART:20261224T120000Z\nDTEND:20261224T110000Z"], []),
        (["DTSTART:20251231T220000Z\nDTEND:20260101T090000Z"], ["01-01 00:00 to 01-01 10:00"]),
        (
            [
                "DTSTART;TZID=Europe/Rome:20261202T150000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261204T140000Z"
            ],
            [f"12-0{day} 15:00 to 12-0{day} 16:00" for day in (2, 3, 4)],
        ),
        (
            [
                "DTSTART;TZID=Europe/Rome:20261202T150000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261204T135959Z"
            ],
            [f"12-0{day} 15:00 to 12-0{day} 16:00" for day in (2, 3)],
        ),
        (
            [
                "DTSTART;TZID=Europe/Rome:20261202T150000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\n"
                "EXDATE:20261203T140000Z\nEXDATE;VALUE=DATE:20261205"
            ],
            [f"12-0{day} 15:00 to 12-0{day} 16:00" for day in (2, 4)],
        ),
        (
            ["DTSTART:20261202T150000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20261210T100000Z/PT2H"],
            ["12-02 16:00 to 12-02 17:00", "12-10 11:00 to 12-10 13:00"],
        ),
    ],
)
def test_times(events: list[str], expected: list[str]) -> None:
    assert spans(*events) == expected


def test_a_zone_of_the_file_itself_is_used_and_forgotten() -> None:
    event = "DTSTART;TZID=Office:20260701T110000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYMONTH=7,12;COUNT=2"
    expected = ["07-01 11:00 to 07-01 12:00", "12-01 11:00 to 12-01 12:00"]
    assert spans(event, before=CUSTOM_ZONE) == expected
    with pytest.raises(CalendarError, match="Office"):
        parse(calendar(event))


def test_times_without_a_zone_are_those_of_the_asker() -> None:
    event = "DTSTART:20261224T110000\nDURATION:PT1H"
    assert spans(event, zone=ZoneInfo("America/New_York")) == ["12-24 17:00 to 12-24 18:00"]


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:no start",
        "DTSTART:garbage",
        "DTSTART;VALUE=DATE:20261399",
        "DTSTART;VALUE=DATE:99990101",
        "DTSTART;TZID=Nowhere/Else:20261224T110000",
        "DTSTART;VALUE=DATE:20261224\nDTEND:later",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=NEVER",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;COUNT=many",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;INTERVAL=0",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;UNTIL=soon",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;BYHOUR=3",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;BYMONTH=13",
        "DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY\nEXRULE:FREQ=YEARLY",
        "DTSTART;VALUE=DATE:20261224\nRDATE:soon",
        "DTSTART;VALUE=DATE:20261224\nDURATION:P400D\nRRULE:FREQ=YEARLY",
        "DTSTART;VALUE=DATE:20261224\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261224",
    ],
)
def test_an_event_that_cannot_be_used_is_named(event: str) -> None:
    with pytest.raises(CalendarError, match="Chiuso"):
        parse(calendar(event.replace("SUMMARY:no start", "") + "\nSUMMARY:Chiuso"))


YEARLY = "DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY"
BOMBS = {
    "too large": b"BEGIN:VCALENDAR\r\nX:" + b"a" * MAX_BYTES + b"\r\nEND:VCALENDAR\r\n",
    "too many lines": b"BEGIN:VCALENDAR\r\n" + b"X:a\r\n" * 50_000 + b"END:VCALENDAR\r\n",
    "too many events": calendar(*["DTSTART;VALUE=DATE:20200101"] * 3000),
    "too many that repeat": calendar(*[YEARLY] * 600),
    "too often": calendar(*["DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY"] * 100),
    "too many rules": calendar(YEARLY + "\nRRULE:FREQ=DAILY" * 20),
    "every second": calendar("DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY"),
    "every second, elsewhere": calendar("DTSTART:20200101T000000Z\nRRULE:FREQ=DAILY;BYSECOND=1,2,3"),
    "counted for ever": calendar(
        *["DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"] * 400
    ),
    "too many dates": calendar(
        *[
            "DTSTART;VALUE=DATE:20200101\nEXDATE;VALUE=DATE:"
            + ",".join(
                f"{year}{month:02}{day:02}"
                for year in range(2000, 2007)
                for month in range(1, 13)
                for day in range(1, 29)
            )
        ]
        * 15
    ),
    "a zone that changes every second": calendar(
        "DTSTART;TZID=Office:20260701T110000",
        before=CUSTOM_ZONE.replace("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "FREQ=SECONDLY"),
    ),
    "many zones": calendar(YEARLY, before=CUSTOM_ZONE * 100),
    "no calendar": b"hello",
    "nothing": b"",
    "nested": b"BEGIN:VCALENDAR\r\n" * 20_000,
    "two": calendar(YEARLY) * 2,
    "not closed": calendar(YEARLY)[:-20],
    "not text": b"BEGIN:VCALENDAR\r\n\xff\xfe\x00\r\nEND:VCALENDAR\r\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_that_asks_too_much_is_refused_fast(bomb: str) -> None:
    began = time.process_time()
    with pytest.raises(CalendarError):
        parse(BOMBS[bomb])
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "data",
    [
        calendar(*["DTSTART;VALUE=DATE:20200101"] * 2000),
        calendar(*["DTSTART;VALUE=DATE:20200101\nDURATION:P365D"] * 2000),
        calendar(*[YEARLY + ";BYMONTH=2;BYMONTHDAY=30"] * 500),
        calendar(*["DTSTART;VALUE=DATE:19100101\nRRULE:FREQ=WEEKLY;UNTIL=20990101"] * 350),
        calendar(
            *["DTSTART;VALUE=DATE:20200101\nDURATION:P366D\nRRULE:FREQ=DAILY;BYMONTHDAY=31;BYMONTH=4"] * 50
        ),
        calendar("DTSTART;VALUE=DATE:19100101\nDURATION:P99999D"),
    ],
    ids=["events", "long events", "never", "old", "long and often", "long"],
)
def test_the_most_that_is_let_in_is_answered_fast(data: bytes) -> None:
    began = time.process_time()
    asked = parse(data)
    read = time.process_time()
    asked.events(2027, ROME)
    assert read - began < 1.0
    assert time.process_time() - read < 1.0


LINES = calendar(
    WEEKLY, YEARLY, "DTSTART;TZID=Europe/Rome:20261202T150000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
).split(b"\r\n")


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([*LINES, b"", b"RRULE:", b"DTSTART:0"])), max_size=4
    )
)
def test_a_damaged_file_is_refused_or_answers(changes: list[tuple[int, bytes]]) -> None:
    lines = list(LINES)
    for place, line in changes:
        lines[place % len(lines)] = line
    try:
        asked = parse(b"\r\n".join(lines))
    except CalendarError:
        return
    for year in (1, 1903, 2026, 2399, 9999):
        assert all(day.year == year for day in asked.events(year, ROME).days)
    assert asked.events(2026, ROME).days <= {date.fromordinal(day) for day in range(739000, 741000)}
