"""Weighted: by chance, the heavier the more often."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log
from random import Random

from officesmart_ivr.core.strategies.port import GroupView, Wave, ascending


class Weighted:
    """Draws the members one after another, each with a chance in proportion to its weight.

    Members of weight 0 come after all others, in configured order: they help out.
    """

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members as drawn with the call's seed."""
        # Sorting by exponentially distributed numbers, each divided by its weight, is the same as drawing
        # without putting back (Efraimidis and Spirakis, 2006), and needs one number for each member.
        chance = Random(view.seed)
        luck = [-log(1.0 - chance.random()) for _ in view.members]
        drawn = [
            number / weight if weight else inf for number, weight in zip(luck, view.weights, strict=True)
        ]
        return ascending(view, drawn)
