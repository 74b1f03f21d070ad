"""Whatever happens in whatever order, lines and calls stay true to each other, in memory and on disk."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.lines import Choice, LastOffered, Leg, Line, LineBoard, Offer, Phase
from officesmart_ivr.state.memory import MemoryLineBoard
from officesmart_ivr.state.sql.database import in_file
from officesmart_ivr.state.sql.lines import surviving

from .stores import NOON, State, sql

T = TypeVar("T")
CALLS = ["a", "b", "c"]
LINES = ["201", "202", "203"]
LEGS = [f"leg-{number}" for number in range(6)]
GROUPS = ["", "sales", "service"]

calls, lines, legs, groups = map(st.sampled_from, (CALLS, LINES, LEGS, GROUPS))
seconds = st.sampled_from([0.0, 30.0])
maybe = st.none() | st.booleans()


class AnyEvents(RuleBasedStateMachine):
    """The same events for a board in memory and one in a database."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.alive: set[str] = set()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.stack = AsyncExitStack()
        self.memory: LineBoard = MemoryLineBoard()
        self.state: State

    @initialize()
    def open(self) -> None:
        opener = sql(in_file(Path(self.folder.name) / "state.db"))
        self.state = self.runner.run(self.stack.enter_async_context(opener()))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    @property
    def boards(self) -> tuple[LineBoard, LineBoard]:
        return self.memory, self.state.board

    def later(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now

    @rule(
        call=calls,
        offers=st.lists(st.builds(Offer, lines, legs, st.integers(1, 2)), max_size=3),
        group=groups,
        last=st.none() | st.builds(LastOffered, lines, st.integers(0, 2)),
    )
    def reserve(self, call: str, offers: list[Offer], group: str, last: LastOffered | None) -> None:
        now = self.later()
        self.alive.add(call)
        results = []
        for board in self.boards:
            before = shown(board)
            choosing = board.reserve(call, lambda view: Choice(tuple(offers), last), now, group=group)
            try:
                results.append(self.runner.run(taken(choosing)))
            except StateError:
                results.append(())
                assert shown(board) == before
        assert results[0] == results[1]

    @rule(line=lines, call=calls, leg=legs)
    def occupy(self, line: str, call: str, leg: str) -> None:
        now = self.later()
        refused = []
        self.alive.add(call)
        for board in self.boards:
            try:
                board.occupy(line, call, leg, now)
            except StateError:
                refused.append(board)
        assert len(refused) in (0, 2)

    @rule(leg=legs, answered=st.booleans())
    def advance(self, leg: str, answered: bool) -> None:
        for board in self.boards:
            (board.answered if answered else board.ringing)(leg)

    @rule(leg=legs, call=calls)
    def hand_over(self, leg: str, call: str) -> None:
        self.alive.add(call)
        for board in self.boards:
            board.hand_over(leg, call)

    @rule(leg=legs, wrap_up=seconds)
    def release(self, leg: str, wrap_up: float) -> None:
        now = self.later()
        for board in self.boards:
            board.release(leg, now, wrap_up=wrap_up)

    @rule(call=calls, wrap_up=seconds)
    def end_call(self, call: str, wrap_up: float) -> None:
        now = self.later()
        self.alive.discard(call)
        for board in self.boards:
            board.release_call(call, now, wrap_up=wrap_up)

    @rule(line=lines, registered=maybe, logged_in=maybe, paused=maybe, do_not_disturb=maybe)
    def update(self, line: str, **changes: bool | None) -> None:
        now = self.later()
        for board in self.boards:
            board.update(line, now, **changes)

    @rule(
        live=st.lists(
            st.builds(Leg, legs, lines, calls, st.sampled_from([Phase.RINGING, Phase.TALKING])),
            max_size=3,
            unique_by=lambda leg: leg.id,
        )
    )
    def reconcile(self, live: list[Leg]) -> None:
        now = self.later()
        self.alive.update(leg.call_id for leg in live)
        for board in self.boards:
            board.reconcile(live, self.alive, now)
        there = {leg.id for leg in live}
        assert {leg.id for leg in used(self.memory) if leg.phase is not Phase.RESERVED} <= there

    @rule(kept=st.sets(lines))
    def keep_only(self, kept: set[str]) -> None:
        for board in self.boards:
            board.keep_only(kept)

    @rule()
    def write(self) -> None:
        self.runner.run(taken(self.state.write()))

    @rule()
    def restart(self) -> None:
        """The process ends and another begins; calls without talkers are over with it."""
        self.runner.run(self.stack.aclose())
        left = [surviving(line) for line in shown(self.memory).values()]
        self.memory = MemoryLineBoard(left, remembered(self.memory).items())
        self.alive = {leg.call_id for leg in used(self.memory)}
        self.open()

    @invariant()
    def both_agree(self) -> None:
        if hasattr(self, "state"):
            assert shown(self.memory) == shown(self.state.board)
            assert remembered(self.memory) == remembered(self.state.board)

    @invariant()
    def every_leg_is_on_one_line_for_a_call_that_lives(self) -> None:
        found = used(self.memory)
        assert max(Counter(leg.id for leg in found).values(), default=1) == 1
        assert max(Counter((leg.call_id, leg.line) for leg in found).values(), default=1) == 1
        assert {leg.call_id for leg in found} <= self.alive
        for line in shown(self.memory).values():
            assert all(leg.line == line.id for leg in line.legs)


async def taken(work: Awaitable[T]) -> T:
    return await work


def shown(board: LineBoard) -> dict[str, Line]:
    return {line.id: line for line in board.view(NOON).lines}


def used(board: LineBoard) -> list[Leg]:
    return [leg for line in shown(board).values() for leg in line.legs]


def remembered(board: LineBoard) -> dict[str, LastOffered]:
    view = board.view(NOON)
    return {group: last for group in GROUPS if (last := view.last_offered(group)) is not None}


AnyEvents.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestAnyEvents = AnyEvents.TestCase
