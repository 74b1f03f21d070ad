"""Calendar files for tests."""

from __future__ import annotations


def calendar(*events: str, before: str = "") -> bytes:
    """A calendar with events: the lines between BEGIN and END of each, an id is added where there is none."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Studio Rossi//Test//EN", *before.split()]
    for number, event in enumerate(events):
        own = [line.strip() for line in event.strip().splitlines()]
        uid = [] if any(line.startswith("UID") for line in own) else [f"UID:{number}"]
        lines += ["BEGIN:VEVENT", *uid, "DTSTAMP:20260101T000000Z", *own, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
