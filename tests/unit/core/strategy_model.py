"""The rules of the strategies, told a second time by somebody who knows nothing of the program.

Written as naively as the rules are told: plain lists, everything looked at anew each time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from math import log
from random import Random
from typing import Any

from tests.unit.core.groups import TEN


@dataclass
class ModelLine:
    registered: bool = True
    logged_in: bool = True
    paused: bool = False
    do_not_disturb: bool = False
    talks: bool = False
    back: Any = TEN
    ends: list[tuple[Any, bool]] = field(default_factory=list)
    """The ends of its calls, and whether the group gave it the call."""
    wraps_up_until: Any = TEN


@dataclass
class Model:
    """A group with its memory, and its lines."""

    strategy: str
    only_own_calls: bool
    wrap_up: int
    members: list[str] = field(default_factory=lambda: list("ABCD"))
    weights: dict[str, int] = field(default_factory=dict)
    lines: dict[str, ModelLine] = field(default_factory=lambda: {name: ModelLine() for name in "ABCD"})
    last: str = ""
    place: int = 0

    def free(self, name: str, now: Any) -> bool:
        line = self.lines[name]
        away = line.paused or line.do_not_disturb or line.talks or now < line.wraps_up_until
        return line.registered and line.logged_in and not away

    def idle_since(self, name: str) -> Any:
        line = self.lines[name]
        return max([line.back, *(end for end, own in line.ends if own or not self.only_own_calls)])

    def taken_today(self, name: str, now: Any) -> int:
        return len([end for end, own in self.lines[name].ends if own and end.date() == now.date()])

    def order(self, called: str, seed: int, now: Any) -> list[str]:
        members = self.members
        before = members[: members.index(called)] if called in members else []
        after = members[members.index(called) + 1 :] if called in members else members
        match self.strategy:
            case "linear":
                return list(after)
            case "circular":
                return [*after, *before]
            case "uniform_sequential" if called in members:
                return [*after, *before]
            case "uniform_sequential":
                rotated = list(members)
                turn = self.place if self.last not in members else members.index(self.last) + 1
                for _ in range(turn if self.last and turn < len(members) else 0):
                    rotated.append(rotated.pop(0))
                return rotated
            case "uniform_longest_idle":
                return sorted(members, key=lambda name: (self.idle_since(name), members.index(name)))
            case "fewest_calls":
                return sorted(members, key=lambda name: (self.taken_today(name, now), members.index(name)))
            case "weighted":
                chance = Random(seed)
                luck = {name: -log(1 - chance.random()) for name in members}
                heavy = [name for name in members if self.weights[name]]
                heavy.sort(key=lambda name: luck[name] / self.weights[name])
                return heavy + [name for name in members if name not in heavy]
        return list(members)

    def hunt(self, called: str, seed: int, now: Any, takers: Collection[str] = ()) -> tuple[list[str], str]:
        """Return whom a call is offered to, up to the first of the ``takers``, and how the hunt ends."""
        offers: list[str] = []
        while True:
            order = self.order(called, seed, now)
            candidates = [name for name in order if name not in offers and self.free(name, now)]
            if not candidates:
                there = [
                    name
                    for name in self.members
                    if self.lines[name].registered and self.lines[name].logged_in
                ]
                return offers, "no_answer" if offers else "busy" if there else "unreachable"
            chosen = candidates if self.strategy == "ring_all" else candidates[:1]
            offers += sorted(chosen, key=self.members.index)
            if not called:
                self.last, self.place = chosen[-1], self.members.index(chosen[-1])
            if any(name in takers for name in chosen):
                return offers, "answered"
