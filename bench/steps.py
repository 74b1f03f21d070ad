"""How fast the rules are by themselves: steps of calls, and choosing a member of a large group (B13)."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import plan
from bench.figures import Sample, System
from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.effects import Effect, Play, StartTimer
from officesmart_ivr.core.events import Arrived, CallerLeft, Event, KeyPressed, PromptEnded, TimerFired
from officesmart_ivr.core.hunt import Search, next_offer
from officesmart_ivr.core.lines import Leg, Line, Phase, View
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.state import Caller, Origin, State
from officesmart_ivr.core.strategies import SHIPPED

MEMBERS = 1000
_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_CALLS = 2000
_CHOICES = 200
_ALL = "ring_all"
"""Chooses nobody: it offers the call to every member that is free."""


def measure(rounds: int = 5) -> list[Sample]:
    """Return the steps per second, and the ms of a choice, of one member and of all."""
    with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as folder:
        path = plan.write(Path(folder) / "plan")
        prepared = prepare(load(path, SoundFolder(find_sounds(path, None)), secrets=()))
    samples = []
    for number in range(rounds):
        values = {
            "B13": _steps_per_second(prepared),
            "B13a": max(_choice_ms(strategy) for strategy in SHIPPED if strategy != _ALL),
            "B13b": _choice_ms(_ALL),
        }
        samples += [Sample(figure, System.PROJECT, number, value) for figure, value in values.items()]
    return samples


def _steps_per_second(prepared: PreparedPlan) -> float:
    new: State = begin(
        Caller("0" * 10, plan.NUMBERS[System.PROJECT], "3331234567", "", Origin.TRUNK, "tester")
    )
    events = list(_events(prepared, new))
    began = time.process_time()
    for _ in range(_CALLS):
        state = new
        for event in events:
            state, _ = step(prepared, state, event, _NOW)
    return _CALLS * len(events) / (time.process_time() - began)


def _events(prepared: PreparedPlan, state: State) -> Iterator[Event]:
    """Yield what happens to a caller who waits, mistypes, listens again, chooses, and leaves."""
    effects: list[Effect] = []
    for kind in (Arrived, PromptEnded, TimerFired, "9", PromptEnded, "1", PromptEnded, CallerLeft):
        event = _event(kind, effects)
        yield event
        state, effects = step(prepared, state, event, _NOW)


def _event(kind: type[Event] | str, effects: list[Effect]) -> Event:
    if isinstance(kind, str):
        return KeyPressed(kind)
    if kind is PromptEnded:
        return PromptEnded(next(each.prompt for each in effects if isinstance(each, Play)))
    if kind is TimerFired:
        return TimerFired(next(each.timer for each in effects if isinstance(each, StartTimer)))
    return kind()


def _choice_ms(strategy: str) -> float:
    """Return the median time of a choice among members of whom every second one talks."""
    numbers = [str(2000 + place) for place in range(MEMBERS)]
    prepared = prepare(
        CallPlan.model_validate(
            {
                "version": "1",
                "company": {"name": "Bench"},
                "extensions": {number: {"name": number} for number in numbers},
                "hunt_groups": {
                    "all": {"name": "All", "numbers": ["500"], "members": numbers, "strategy": strategy}
                },
            }
        )
    )
    lines = {number: _line(number, talks=place % 2 == 0) for place, number in enumerate(numbers)}
    group, view = prepared.groups["all"], View(lines, {}, _NOW)
    times = []
    for number in range(_CHOICES):
        began = time.process_time()
        found = next_offer(group, Search("all", seed=number), view)
        times.append(time.process_time() - began)
        assert found.members
    return statistics.median(times) * 1000


def _line(number: str, *, talks: bool) -> Line:
    legs = (Leg(f"x-{number}", number, "x", Phase.TALKING),) if talks else ()
    return Line(number, ready_since=_NOW, registered=True, legs=legs)
