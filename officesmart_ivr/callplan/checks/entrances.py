"""Which menus the weeks of several multiselections choose at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from officesmart_ivr.callplan.checks.subject import Subject

Choice = Mapping[str, Sequence[str]]
"""The menus with which calls to each multiselection begin."""

_DAY = 86_400
_DAYS_AHEAD = 366
_DAYS_AT_LEAST = 8
_MOST_WORK = 100_000
"""Entries of weeks that are looked at, anew for each day: many entries, fewer days."""


def choices_together(subject: Subject, names: Sequence[str]) -> Iterator[Choice]:
    """Yield each combination of menus that these multiselections' weeks choose at one moment, once.

    Looks at the year from the moment of the check on, or at less of it where the weeks are very long.
    """
    weeks = [subject.prepared.weeks[name] for name in names]
    written = [subject.plan.multiselections[name].week for name in names]
    hours = [part.hours for week in written for part in week.periods]
    hours += [part.hours for week in written for part in week.special_days]
    entries = sum(map(len, hours))
    days_ahead = max(_DAYS_AT_LEAST, min(_DAYS_AHEAD, _MOST_WORK // max(1, entries)))
    today = int(subject.now.timestamp() // _DAY)
    seen: set[tuple[str | None, ...]] = set()
    for day in range(today, today + days_ahead):
        days = [week.day(day) for week in weeks]
        for moment in sorted({start for starts, _ in days for start in starts}):
            periods = [answers[bisect_right(starts, moment) - 1] for starts, answers in days]
            menus = tuple(period.menu if period else None for period in periods)
            if menus not in seen:
                seen.add(menus)
                yield {name: (menu,) if menu else () for name, menu in zip(names, menus, strict=True)}
