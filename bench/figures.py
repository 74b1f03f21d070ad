"""The figures, their targets, and whether they are met. Pure."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Values = Sequence[float]


class System(StrEnum):
    """Who serves a call."""

    NATIVE = "native"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured value, in the unit of its figure."""

    figure: str
    system: System
    round: int
    value: float


class Statistic(StrEnum):
    """What is made of the values of one figure and one system."""

    MEDIAN = "median"
    P95 = "p95"
    WORST = "worst"

    def of(self, values: Values) -> float:
        """Return it, of at least one value; the percentile by nearest rank, so it is one of the values."""
        if self is Statistic.MEDIAN:
            return statistics.median(values)
        if self is Statistic.WORST:
            return max(values)
        return sorted(values)[math.ceil(len(values) * 0.95) - 1]


class Against(StrEnum):
    """What a limit is held against: the value itself, the difference to the native one, or their ratio."""

    NOTHING = ""
    DIFFERENCE = "difference"
    RATIO = "ratio"

    def of(self, native: float | None, project: float) -> float:
        """Return what is compared with the limit. All but NOTHING need a native value."""
        if self is Against.NOTHING or native is None:
            return project
        return project - native if self is Against.DIFFERENCE else project / native


@dataclass(frozen=True, slots=True)
class Limit:
    """How high a statistic of the project may be, or with ``at_least`` how low."""

    value: float
    against: Against = Against.DIFFERENCE
    at_least: bool = False

    def met(self, native: float | None, project: float) -> bool:
        """Say whether the project keeps within it."""
        found = self.against.of(native, project)
        return found >= self.value if self.at_least else found <= self.value

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        match self.against:
            case Against.NOTHING:
                return f"{sign} {self.value:g}"
            case Against.DIFFERENCE:
                return f"{sign} {self.value:+g}"
            case Against.RATIO:
                return f"{sign} × {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that matters, its unit, and its limits. ``native``: the native dialplan has it too."""

    id: str
    what: str
    unit: str
    limits: Mapping[Statistic, Limit]
    native: bool = True


def _at_most(value: float) -> Limit:
    return Limit(value, Against.NOTHING)


_MEDIAN, _P95, _WORST = Statistic.MEDIAN, Statistic.P95, Statistic.WORST

LATENCY = (
    Figure("B1", "INVITE → 200", "ms", {_MEDIAN: Limit(4), _P95: Limit(15)}),
    Figure("B2", "INVITE → prompt begins", "ms", {_MEDIAN: Limit(5)}),
    Figure("B3", "key → next prompt begins", "ms", {_MEDIAN: Limit(3), _P95: Limit(10)}),
    Figure("B5", "key → old prompt ends", "ms", {_P95: _at_most(20)}),
    Figure("B6", "key → INVITE to member", "ms", {_P95: Limit(10)}),
    Figure("B7", "member answers → both hear", "ms", {_P95: Limit(20)}),
)
"""A key counts from the first packet of its END; a prompt begins and ends with its first and last packet."""

LOAD = (
    Figure("B4", "B3 at 70 % of the highest rate", "ms", {_P95: Limit(25)}),
    Figure("B8", "highest rate", "calls/s", {_MEDIAN: Limit(0.9, Against.RATIO, at_least=True)}),
)
COST = (
    Figure("B10", "processor time of a call", "ms", {_MEDIAN: Limit(1.25, Against.RATIO)}),
    Figure("B10a", "the application's, per Asterisk's", "", {_MEDIAN: _at_most(0.3)}, native=False),
)
CROWD = (
    Figure(
        "B9", "calls at once, with prompts", "calls", {_MEDIAN: Limit(0.95, Against.RATIO, at_least=True)}
    ),
    Figure("B11", "memory of a call", "KiB", {_MEDIAN: _at_most(30)}, native=False),
)
RELOAD = (
    Figure("B12", "1,000 menus go live", "s", {_WORST: _at_most(0.5)}, native=False),
    Figure("B12a", "calls held up by that", "ms", {_WORST: _at_most(20)}, native=False),
)
STEPS = (
    Figure(
        "B13",
        "steps of calls",
        "1/s",
        {_MEDIAN: Limit(100_000, Against.NOTHING, at_least=True)},
        native=False,
    ),
    Figure("B13a", "choosing one of 1,000 members", "ms", {_MEDIAN: _at_most(0.2)}, native=False),
    Figure("B13b", "offering to all that are free", "ms", {}, native=False),
)
FIGURES = (*LATENCY, *LOAD, *COST, *CROWD, *RELOAD, *STEPS)


@dataclass(frozen=True, slots=True)
class Result:
    """The values of one figure, in its unit; none of the native dialplan where it has no such thing."""

    figure: Figure
    native: Values
    project: Values


def results(samples: Sequence[Sample]) -> list[Result]:
    """Sort the samples of a run by figure; a figure that was not measured is left out."""
    values: Mapping[tuple[str, System], list[float]] = defaultdict(list)
    for sample in samples:
        values[sample.figure, sample.system].append(sample.value)
    return [
        Result(figure, values[figure.id, System.NATIVE], values[figure.id, System.PROJECT])
        for figure in FIGURES
        if (figure.id, System.PROJECT) in values
    ]
