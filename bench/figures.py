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
    """One measured value, in ms."""

    figure: str
    system: System
    round: int
    value_ms: float


class Statistic(StrEnum):
    """What is made of the values of one figure and one system."""

    MEDIAN = "median"
    P95 = "p95"

    def of(self, values: Values) -> float:
        """Return it, of at least one value; the percentile by nearest rank, so it is one of the values."""
        if self is Statistic.MEDIAN:
            return statistics.median(values)
        return sorted(values)[math.ceil(len(values) * 0.95) - 1]


@dataclass(frozen=True, slots=True)
class Limit:
    """How high a statistic of the project may be, in ms: by itself, or above that of the native dialplan."""

    ms: float
    above_native: bool = True

    def met(self, native: float, project: float) -> bool:
        """Say whether the project keeps within it."""
        return project <= self.ms + (native if self.above_native else 0)

    def __str__(self) -> str:
        return f"≤ {self.ms:+g}" if self.above_native else f"≤ {self.ms:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that people wait for, and its limits."""

    id: str
    what: str
    limits: Mapping[Statistic, Limit]


FIGURES = (
    Figure("B1", "INVITE → 200", {Statistic.MEDIAN: Limit(4), Statistic.P95: Limit(15)}),
    Figure("B2", "INVITE → prompt begins", {Statistic.MEDIAN: Limit(5)}),
    Figure("B3", "key → next prompt begins", {Statistic.MEDIAN: Limit(3), Statistic.P95: Limit(10)}),
    Figure("B5", "key → old prompt ends", {Statistic.P95: Limit(20, above_native=False)}),
    Figure("B6", "key → INVITE to member", {Statistic.P95: Limit(10)}),
)
"""A key counts from the first packet of its END; a prompt begins and ends with its first and last packet."""


@dataclass(frozen=True, slots=True)
class Result:
    """The values of one figure, in ms."""

    figure: Figure
    native: Values
    project: Values


def results(samples: Sequence[Sample]) -> list[Result]:
    """Sort the samples of a run by figure. Every figure must have samples of both systems."""
    values: Mapping[tuple[str, System], list[float]] = defaultdict(list)
    for sample in samples:
        values[sample.figure, sample.system].append(sample.value_ms)
    return [
        Result(figure, values[figure.id, System.NATIVE], values[figure.id, System.PROJECT])
        for figure in FIGURES
    ]
