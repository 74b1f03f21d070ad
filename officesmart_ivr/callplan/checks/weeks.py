"""The weekly periods: two at once, hours without a menu, names that mean two things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.callplan.times import DAY_MINUTES, EVERY_DAY, MonthDay, Span, clock
from officesmart_ivr.callplan.week import SpecialDay, Week, WeeklyPeriod
from officesmart_ivr.messages import Message, joined, quoted, say

_WEEK = 7 * DAY_MINUTES
_DAYS = (say("mon"), say("tue"), say("wed"), say("thu"), say("fri"), say("sat"), say("sun"))
_SHOWN = 3
"""Gaps that a message names."""

Stretch = tuple[int, int]
"""Minutes of the week from Monday 00:00, half open."""


def overlapping_periods(subject: Subject) -> Iterator[Finding]:
    """Two weekly periods hold at the same minute of the week, or one period holds twice.

    Hours over midnight reach into the next day, those of Sunday into Monday.
    """
    for name, multiselection in subject.plan.multiselections.items():
        week = multiselection.week
        stretches = sorted(
            (*stretch, index)
            for index, period in enumerate(week.periods)
            for stretch in _of_the_week(period.days, period.hours)
        )
        reported: set[tuple[int, int]] = set()
        before: list[tuple[int, int, int]] = []
        for start, end, index in stretches:
            before = [earlier for earlier in before if earlier[1] > start]
            for _, until, other in before:
                pair = min(index, other), max(index, other)
                if pair not in reported:
                    reported.add(pair)
                    yield _overlap(subject, name, pair, (start, min(end, until)))
            before.append((start, end, index))


def _overlap(subject: Subject, name: str, pair: tuple[int, int], when: Stretch) -> Finding:
    first, second = pair
    periods = subject.plan.multiselections[name].week.periods
    path: Path = ("multiselections", name, "week", "periods", second)
    if first == second:
        message = say(
            "the hours of {name} overlap: {when} is there twice",
            name=quoted(periods[second].name),
            when=_shown(when),
        )
        return subject.finding(Code.OVERLAPPING_PERIODS, (*path, "hours"), message)
    place = subject.positions.of_value((*path[:-1], first))
    message = say(
        "{name} and {other}, at {place}, both hold {when}; let one end where the other begins",
        name=quoted(periods[second].name),
        other=quoted(periods[first].name),
        place=place,
        when=_shown(when),
    )
    return subject.finding(Code.OVERLAPPING_PERIODS, path, message)


def uncovered_hours(subject: Subject) -> Iterator[Finding]:
    """Without ``otherwise``, calls are refused at times that no period covers."""
    for name, multiselection in subject.plan.multiselections.items():
        week = multiselection.week
        gaps = _gaps(week) if week.otherwise is None else []
        if not gaps:
            continue
        path: Path = ("multiselections", name, "week")
        message = say(
            "{name} refuses calls {when}; add 'otherwise: {{menu: ...}}'",
            name=quoted(name),
            when=_when(gaps, week),
        )
        yield subject.finding_at_key(Code.UNCOVERED_HOURS, path, message)


def _when(gaps: Sequence[Stretch], week: Week) -> Message:
    if gaps == [(0, _WEEK)]:
        if week.special_days:
            return say("at all times but those of the special days")
        return say("at all times")
    times, more = joined(", ", map(_shown, gaps[:_SHOWN])), len(gaps) - _SHOWN
    return say("{times} and {more} times more", times=times, more=more) if more > 0 else times


def _gaps(week: Week) -> list[Stretch]:
    """Return the stretches of the week that neither a period covers nor a special day of every day."""
    parts = [(period.days, period.hours) for period in week.periods]
    parts += [(EVERY_DAY, special.hours) for special in week.special_days if _is_every_day(special)]
    covered = sorted(stretch for days, hours in parts for stretch in _of_the_week(days, hours))
    gaps, reached = [], 0
    for start, end in [*covered, (_WEEK, _WEEK)]:
        if start > reached:
            gaps.append((reached, start))
        reached = max(reached, end)
    if len(gaps) > 1 and gaps[0][0] == 0 and gaps[-1][1] == _WEEK:
        # From Sunday night to Monday morning it is one gap.
        gaps = [*gaps[1:-1], (gaps[-1][0], _WEEK + gaps[0][1])]
    return gaps


def _is_every_day(special: SpecialDay) -> bool:
    """Say whether a range of every year leaves out no day, such as 01-01 to 12-31."""
    first, last = special.first, special.last
    if not isinstance(first, MonthDay) or not isinstance(last, MonthDay):
        return False
    return (last, first) in _NEIGHBOURS


def _neighbours() -> frozenset[tuple[MonthDay, MonthDay]]:
    lengths = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    days = [MonthDay(month, day) for month, length in enumerate(lengths, 1) for day in range(1, length + 1)]
    return frozenset(zip(days, [*days[1:], days[0]], strict=True))


_NEIGHBOURS = _neighbours()


def duplicate_period(subject: Subject) -> Iterator[Finding]:
    """One name for two menus, or for a period and a special day: what a call tells of it is unclear.

    A period that is written in several entries, all with its name and its menu, is one.
    """
    for name, multiselection in subject.plan.multiselections.items():
        week = multiselection.week
        named: dict[str, tuple[str, str, Path]] = {}
        parts: tuple[tuple[str, Sequence[WeeklyPeriod | SpecialDay]], ...] = (
            ("periods", week.periods),
            ("special_days", week.special_days),
        )
        for part, entries in parts:
            for index, entry in enumerate(entries):
                path: Path = ("multiselections", name, "week", part, index, "name")
                kind, menu, first = named.setdefault(entry.name, (part, entry.menu, path))
                if (kind, menu) != (part, entry.menu):
                    place = subject.positions.of_value(first)
                    message = say(
                        "{name} means something else at {place}; give one another name",
                        name=quoted(entry.name),
                        place=place,
                    )
                    yield subject.finding(Code.DUPLICATE_PERIOD, path, message)


def _of_the_week(days: frozenset[int], hours: Sequence[Span]) -> Iterator[Stretch]:
    for day in days:
        for span in hours:
            start, end = day * DAY_MINUTES + span.start, day * DAY_MINUTES + span.end
            yield start, min(end, _WEEK)
            if end > _WEEK:
                yield 0, end - _WEEK


def _shown(stretch: Stretch) -> Message:
    """Write a stretch as ``mon 09:00-13:00``, or ``fri 18:00 to mon 09:00``."""
    start, end = stretch
    day, last = start // DAY_MINUTES, (end - 1) // DAY_MINUTES
    begins, ends = clock(start % DAY_MINUTES), clock(end - last * DAY_MINUTES)
    if day == last:
        return say("{day} {begins}-{ends}", day=_DAYS[day], begins=begins, ends=ends)
    return say(
        "{day} {begins} to {last} {ends}", day=_DAYS[day % 7], begins=begins, last=_DAYS[last % 7], ends=ends
    )
