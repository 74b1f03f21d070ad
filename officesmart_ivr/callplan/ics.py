"""A calendar file (iCalendar, RFC 5545) -> the times of its events, year by year.

The library ``icalendar`` reads the text; what repeats is worked out here, in bounded time. A file is checked
as a whole when it is read: from then on no question fails, and none is slow.

Events count whatever their TRANSP says, because calendars mark whole days as "free" on their own; those with
STATUS:CANCELLED do not, while tentative ones do. Times without a zone are those of whoever asks.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from officesmart_ivr.callplan.calendar_events import (
    LONGEST,
    YEARS,
    Calendar,
    Moment,
    Series,
    day_of,
    wall,
    wall_time,
)
from officesmart_ivr.callplan.recurrence import Rule, parse_rule, without_count
from officesmart_ivr.errors import CalendarError
from officesmart_ivr.messages import Text, quoted, say

if TYPE_CHECKING:
    from icalendar import Component

MAX_BYTES = 1024 * 1024
_MAX_LINES = 30_000
_MAX_EVENTS = 2_000
_MAX_RULES = 500
_MAX_DATES = 20_000
_MAX_IN_A_YEAR = 20_000
_MAX_RULES_OF_AN_EVENT = 10
_MAX_COUNTED_DAYS = 150_000
_MAX_LENGTH = timedelta(days=366)

_MAX_OBSERVANCES = 100
_TAME = re.compile(
    r"FREQ=YEARLY(;(INTERVAL=1|BYMONTH=\d+|BYDAY=(-1|[1-4])[A-Z]{2}|UNTIL=\w+|WKST=[A-Z]{2}))*"
)
"""Rules of daylight saving time that match once a year; the library follows each one for decades."""


def parse(data: bytes) -> Calendar:
    """Read a calendar file. Raises CalendarError with words for people; never slow, whatever it holds."""
    _bound(data)
    import icalendar
    from icalendar.timezone import tzp

    tzp.use_default()  # forget the zones that another file has defined under the same name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = icalendar.Calendar.from_ical(data)
            return Calendar(_bounded(_series(found.walk("VEVENT"))))
    except CalendarError:
        raise
    except Exception as error:  # the library raises what it likes for what it cannot read
        raise CalendarError(
            say("it is no calendar that can be read: {reason}", reason=_one_line(error))
        ) from error


def _bound(data: bytes) -> None:
    """Refuse, before it is parsed, what would take long."""
    if len(data) > MAX_BYTES:
        raise CalendarError(say("it is larger than {most} bytes; export fewer events", most=MAX_BYTES))
    upper = data.upper()
    if b"BEGIN:VCALENDAR" not in upper:
        raise CalendarError(say("it is no calendar: it has no line BEGIN:VCALENDAR"))
    if data.count(b"\n") > _MAX_LINES:
        raise CalendarError(say("it has more than {most} lines; export fewer events", most=_MAX_LINES))
    if upper.count(b"BEGIN:VEVENT") > _MAX_EVENTS:
        raise CalendarError(say("it has more than {most} events; export fewer", most=_MAX_EVENTS))
    if upper.count(b"BEGIN:STANDARD") + upper.count(b"BEGIN:DAYLIGHT") > _MAX_OBSERVANCES:
        raise CalendarError(say("it defines too many time zones"))
    unfolded = (
        upper.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"").decode("utf-8", "replace")
    )
    zone = False
    for line in unfolded.split("\n"):
        if line in ("BEGIN:VTIMEZONE", "END:VTIMEZONE"):
            zone = line.startswith("BEGIN")
        elif zone and line.startswith("RRULE") and not _TAME.fullmatch(line.partition(":")[2].strip()):
            raise CalendarError(
                say("it defines a time zone that is not changed on a day of each year; use a known one")
            )


def _series(events: Iterable[Component]) -> Iterator[Series]:
    """Yield what the events of a file come to: changed occurrences in place of those that they change."""
    by_id: defaultdict[str, list[Component]] = defaultdict(list)
    for number, event in enumerate(events):
        by_id[str(event.get("UID") or f"no id {number}")].append(event)
    for versions in by_id.values():
        masters = [event for event in versions if "RECURRENCE-ID" not in event]
        latest = max((_sequence(event) for event in masters), default=0)
        changes: dict[Moment, Component] = {}
        for event in versions:
            if "RECURRENCE-ID" in event:
                changed = _changed(event)
                if changed not in changes or _sequence(event) >= _sequence(changes[changed]):
                    changes[changed] = event
        for event in masters:
            if _sequence(event) == latest and not _is_cancelled(event):
                series = _with_repetitions(_single(event), event)
                series.leave_out(changes)
                yield series
        for event in changes.values():
            if not _is_cancelled(event):
                yield _single(event)


def _single(event: Component) -> Series:
    """Read when an event begins and how long it lasts."""
    try:
        if "DTSTART" not in event:
            raise CalendarError(say("it has no DTSTART"))
        start = _moment(event["DTSTART"])
        zone = start.tzinfo if isinstance(start, datetime) else None
        if "DTEND" in event:
            length = _between(start, _moment(event["DTEND"]))
        elif "DURATION" in event:
            duration: Any = event["DURATION"]
            length = duration.dt
        else:
            length = timedelta()
        if not isinstance(start, datetime):
            length = timedelta(days=max(1, length.days + bool(length.seconds)))
        if not YEARS.start <= start.year < YEARS.stop or length > LONGEST:
            raise CalendarError(say("it is too far away"))
    except CalendarError as error:
        raise _about(event, error.said) from None
    except Exception as error:
        raise _about(event, _one_line(error)) from None
    return Series(wall(start), length, zone)


def _with_repetitions(series: Series, event: Component) -> Series:
    try:
        if "EXRULE" in event:
            raise CalendarError(say("EXRULE is not supported; leave days out by EXDATE"))
        recurrences = _listed(event, "RRULE")
        if len(recurrences) > _MAX_RULES_OF_AN_EVENT:
            raise CalendarError(say("it has more than {most} rules", most=_MAX_RULES_OF_AN_EVENT))
        for recurrence in recurrences:
            written = parse_rule(recurrence.to_ical().decode())
            rule, last, looked_at = without_count(written, day_of(series.start))
            series.rules.append((rule, _until(rule) if last is None else last))
            series.counted += looked_at
        if series.rules and series.length > _MAX_LENGTH:
            raise CalendarError(say("it repeats and lasts longer than a year"))
        for dates in _listed(event, "RDATE"):
            for value in dates.dts:
                series.extra.append(_extra(value.dt, series))
        for dates in _listed(event, "EXDATE"):
            series.leave_out(value.dt for value in dates.dts)
    except CalendarError as error:
        raise _about(event, error.said) from None
    except Exception as error:
        raise _about(event, _one_line(error)) from None
    return series


def _bounded(found: Iterable[Series]) -> list[Series]:
    """Refuse what is too much in sum."""
    all_series: list[Series] = []
    rules = dates = in_a_year = counted = 0
    for series in found:
        all_series.append(series)
        rules += len(series.rules)
        dates += len(series.extra) + len(series.at) + len(series.at_wall) + len(series.on_days)
        counted += series.counted
        in_a_year += sum(rule.most_in_a_year for rule, _ in series.rules)
        if rules > _MAX_RULES:
            raise CalendarError(say("more than {most} of its events repeat; export fewer", most=_MAX_RULES))
        if counted > _MAX_COUNTED_DAYS:
            raise CalendarError(say("too many of its events repeat COUNT times; let them end by UNTIL"))
        if dates > _MAX_DATES or in_a_year > _MAX_IN_A_YEAR:
            raise CalendarError(
                say("its events repeat more than {most} times in a year; export fewer", most=_MAX_IN_A_YEAR)
            )
    return all_series


def _moment(value: Any) -> Moment:
    moment: Moment = value.dt
    zone = value.params.get("TZID")
    if zone and isinstance(moment, datetime) and moment.tzinfo is None:
        raise CalendarError(say("its time zone {zone} is not known", zone=zone))
    return moment


def _changed(event: Component) -> Moment:
    try:
        if "RANGE" in event["RECURRENCE-ID"].params:
            raise CalendarError(
                say("it changes all later occurrences (RANGE), which is not supported; split it")
            )
        return _moment(event["RECURRENCE-ID"])
    except CalendarError as error:
        raise _about(event, error.said) from None
    except Exception as error:
        raise _about(event, _one_line(error)) from None


def _extra(value: Any, series: Series) -> tuple[Moment, timedelta]:
    """Return the start and length of an RDATE, by the clock of its series."""
    moment, length = value, series.length
    if isinstance(value, tuple):
        moment, end = value
        length = end if isinstance(end, timedelta) else _between(moment, end)
    if not isinstance(series.start, datetime):
        return day_of(moment), length
    if not isinstance(moment, datetime):
        return datetime.combine(moment, series.start.time()), length
    if moment.tzinfo is not None and series.zone is not None:
        moment = moment.astimezone(series.zone)
    return wall(moment), length


def _between(start: Moment, end: Moment) -> timedelta:
    """Return how long it is by the clock of the start."""
    if isinstance(start, datetime) and not isinstance(end, datetime):
        end = datetime.combine(end, time(), start.tzinfo)
    elif not isinstance(start, datetime):
        return day_of(end) - start
    if isinstance(end, datetime) and end.tzinfo is not None and start.tzinfo is not None:
        end = end.astimezone(start.tzinfo)
    return (
        datetime.combine(day_of(end), end.time()) - wall_time(start)
        if isinstance(end, datetime)
        else timedelta()
    )


def _until(rule: Rule) -> Moment | None:
    if not rule.until:
        return None
    for form in ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"):
        try:
            found = datetime.strptime(rule.until, form)
        except ValueError:
            continue
        if form == "%Y%m%d":
            return found.date()
        return found.replace(tzinfo=UTC) if form.endswith("Z") else found
    raise CalendarError(say("UNTIL={until} is no date", until=rule.until[:40]))


def _listed(event: Component, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def _sequence(event: Component) -> int:
    try:
        return int(event.get("SEQUENCE", 0))
    except (TypeError, ValueError):
        return 0


def _is_cancelled(event: Component) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _about(event: Component, reason: Text) -> CalendarError:
    name = " ".join(str(event.get("SUMMARY") or event.get("UID") or "").split())
    if not name:
        return CalendarError(say("its event without a name cannot be used: {reason}", reason=reason))
    return CalendarError(say("its event {name} cannot be used: {reason}", name=quoted(name), reason=reason))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
