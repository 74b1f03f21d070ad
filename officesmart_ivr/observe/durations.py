"""How long things took: counted together, as Prometheus wants it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

QUICK_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds, for what a caller should not notice."""


class Durations:
    """How many took how long, in seconds.

    ``bounds``: up to which they are counted together; the last of ``counts`` has those that took longer.
    ``seconds`` is how long all took, ``longest`` the longest.
    """

    __slots__ = ("bounds", "counts", "longest", "seconds")

    def __init__(self, bounds: tuple[float, ...] = QUICK_BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)

    def at_most(self) -> Iterator[tuple[float, int]]:
        """Yield each bound, infinity at last, and how many took no longer."""
        return zip((*self.bounds, float("inf")), accumulate(self.counts), strict=True)
