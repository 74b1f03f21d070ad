"""Each strategy, after any history of calls, states and edits, against a model that knows nothing of it.

``OFFICESMART_HISTORIES=10000`` tries more histories than an ordinary run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.hunt import Chooser, Search, next_offer
from officesmart_ivr.core.lines import Choice, Offer
from officesmart_ivr.core.strategies import SHIPPED, GroupView
from officesmart_ivr.state.memory import MemoryLineBoard
from tests.unit.core.groups import LETTERS, NUMBERS, TEN, office
from tests.unit.core.strategy_model import Model

HISTORIES = int(os.environ.get("OFFICESMART_HISTORIES", "500"))

letters = st.sampled_from("ABCD")
FLAGS = ("registered", "logged_in", "paused", "do_not_disturb")
happenings = st.one_of(
    st.tuples(st.just("talk"), letters, st.booleans()),
    st.tuples(st.just("busy"), letters),
    st.tuples(st.just("free"), letters),
    st.tuples(st.just("flag"), letters, st.sampled_from(FLAGS), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 1440])),
    st.tuples(
        st.just("edit"),
        st.permutations("ABCD"),
        st.lists(st.sampled_from(["on", "on", "on", "off", "gone"]), min_size=4, max_size=4),
    ),
    st.tuples(st.just("hunt"), st.sampled_from(["", "", *"ABCD"]), st.sampled_from([0, 0, 1, 9])),
    st.tuples(st.just("hunt"), st.just(""), st.just(0)),
)
histories = st.lists(happenings, min_size=6, max_size=16)


def at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run what never waits; an event loop for each history would take longer than the history."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("waited")


class History:
    """Lets the same things happen to the program and to the model."""

    def __init__(self, strategy: str, only_own_calls: bool, wrap_up: int, weights: list[int]) -> None:
        self.now = TEN
        self.serial = 0
        self.settings: dict[str, Any] = {
            "strategy": strategy,
            "idle_counts": "group" if only_own_calls else "any",
        }
        self.model = Model(strategy, only_own_calls, wrap_up, weights=dict(zip("ABCD", weights, strict=True)))
        self.board = MemoryLineBoard()
        for number in LETTERS:
            self.board.update(number, self.now, registered=True)
        self.edit("ABCD", ["on"] * 4)

    def happen(self, what: str, *details: Any) -> None:
        self.now += timedelta(minutes=1)
        self.serial += 1
        getattr(self, what)(*details)

    def edit(self, members: list[str] | str, states: list[str]) -> None:
        written = [
            {
                "extension": NUMBERS[name],
                "weight": self.model.weights[name],
                "enabled": "yes" if state == "on" else "no",
            }
            for name, state in zip(members, states, strict=True)
            if state != "gone"
        ]
        self.group = office(written, **self.settings).groups["sales"]
        self.model.members = [name for name, state in zip(members, states, strict=True) if state == "on"]

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def flag(self, name: str, flag: str, value: bool) -> None:
        self.board.update(NUMBERS[name], self.now, **{flag: value})
        line = self.model.lines[name]
        before = getattr(line, flag)
        setattr(line, flag, value)
        if before != value and flag != "registered" and value == (flag == "logged_in"):
            line.back = self.now

    def busy(self, name: str) -> None:
        if not self.model.lines[name].talks:
            self.board.occupy(NUMBERS[name], f"out-{name}", f"out-{name}-leg", self.now)
            self.model.lines[name].talks = True

    def free(self, name: str) -> None:
        if self.model.lines[name].talks:
            self.board.release(f"out-{name}-leg", self.now)
            self.model.lines[name].talks = False
            self.model.lines[name].ends.append((self.now, False))

    def talk(self, name: str, own: bool) -> None:
        if not self.model.lines[name].talks:
            self._answers(name, own)

    def hunt(self, called: str, answers: int) -> None:
        """A call hunts; the member of the wave number ``answers`` answers, and talks for a while."""
        waves: list[str] = []
        search, exit_ = Search("sales", NUMBERS.get(called, ""), self.serial), None
        while exit_ is None:
            choose = Chooser(partial(next_offer, self.group, search), f"{self.serial}-leg{len(waves)}")
            at_once(self.board.reserve(f"{self.serial}", choose, self.now, group="sales"))
            search, exit_ = choose.decision.search, choose.decision.exit
            waves += [LETTERS[member.id] for member in choose.decision.members]
            for member in choose.decision.members:
                search = search.ended(member.id, LegOutcome.NO_ANSWER)
            self.board.release_call(f"{self.serial}", self.now)
        assert (waves, exit_) == self.model.hunt(called, self.serial, self.now)
        if answers < len(waves):
            self._answers(waves[answers], True)

    def _answers(self, name: str, own: bool) -> None:
        """The group's call, or another one, is taken, and lasts five minutes."""
        leg, number = f"{self.serial}-talk", NUMBERS[name]
        offer = Choice((Offer(number, leg),))
        group = "sales" if own else ""
        assert at_once(self.board.reserve(leg, lambda view: offer, self.now, group=group))
        self.board.answered(leg)
        self.now += timedelta(minutes=5)
        self.board.release(leg, self.now, wrap_up=60 * self.model.wrap_up)
        line = self.model.lines[name]
        line.ends.append((self.now, own))
        line.wraps_up_until = self.now + timedelta(minutes=self.model.wrap_up)


@pytest.mark.parametrize("strategy", SHIPPED)
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories,
    st.booleans(),
    st.sampled_from([0, 0, 3]),
    st.lists(st.sampled_from([0, 1, 10, 100]), min_size=4, max_size=4),
)
def test_offers_are_those_of_the_model(
    strategy: str, happened: list[Any], only_own_calls: bool, wrap_up: int, weights: list[int]
) -> None:
    history = History(strategy, only_own_calls, wrap_up, weights)
    for happening in happened:
        history.happen(*happening)
    history.happen("hunt", "", 9)
    history.happen("hunt", "C", 9)


def test_weighted_gives_each_its_share() -> None:
    places = {name: place for place, name in enumerate("ABCD")}
    view = GroupView("ABCD", places, (10, 20, 0, 70), idle_since=list, calls_today=list)
    first = Counter(
        next(iter(SHIPPED["weighted"].order(replace(view, seed=seed))))[0] for seed in range(20_000)
    )
    assert {name: round(count / 20_000, 1) for name, count in first.items()} == {"A": 0.1, "B": 0.2, "D": 0.7}
