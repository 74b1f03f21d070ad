"""The five strategies, case by case: whom a call is offered to, on a board that reserves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Chooser, Decision, Exit, Search, joining, next_offer
from officesmart_ivr.core.lines import LastOffered
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.memory import MemoryLineBoard
from tests.unit.core.groups import LETTERS, NUMBERS, at, group

Prepare = Callable[[LineBoard], None]


def nothing(board: LineBoard) -> None: ...


def talks(letter: str, since: float = 0) -> Prepare:
    return lambda board: board.occupy(NUMBERS[letter], f"x{letter}", f"x{letter}-leg", at(since))


def outside_call(letter: str, begin: float, end: float) -> Prepare:
    def prepare(board: LineBoard) -> None:
        talks(letter, begin)(board)
        board.release(f"x{letter}-leg", at(end))

    return prepare


def do_not_disturb(letter: str, begin: float, end: float) -> Prepare:
    def prepare(board: LineBoard) -> None:
        board.update(NUMBERS[letter], at(begin), do_not_disturb=True)
        board.update(NUMBERS[letter], at(end), do_not_disturb=False)

    return prepare


@dataclass
class Hunter:
    """A call that hunts through a group on a board."""

    group: PreparedGroup
    board: LineBoard
    name: str = "c"
    called: str = ""
    waves: list[str] = field(default_factory=list)
    exit: Exit | None = None

    def __post_init__(self) -> None:
        self.search = Search(self.group.id, NUMBERS.get(self.called, ""))

    async def _decide(self, decide: Any, prefix: str) -> Decision:
        choose = Chooser(partial(decide, self.group, self.search), prefix)
        legs = await self.board.reserve(self.name, choose, at(10), group=self.group.id)
        decision = choose.decision
        assert [leg.line for leg in legs] == [member.id for member in decision.members]
        self.search = decision.search
        return decision

    async def offer(self) -> bool:
        decision = await self._decide(next_offer, f"{self.name}-leg{len(self.waves)}")
        self.exit = decision.exit
        if decision.members:
            self.waves.append("".join(LETTERS[member.id] for member in decision.members))
        return bool(decision.members)

    async def join(self) -> str:
        decision = await self._decide(joining, f"{self.name}-join")
        return "".join(LETTERS[member.id] for member in decision.members)

    def nobody_answers(self, outcome: LegOutcome = LegOutcome.NO_ANSWER) -> None:
        for member, ended in self.search.tried.items():
            if ended is None:
                self.search = self.search.ended(member, outcome)
        self.board.release_call(self.name, at(10))

    async def hunt(self) -> str:
        """Let nobody answer until the hunt is over; return the waves."""
        while await self.offer():
            self.nobody_answers()
        return " ".join(self.waves)


def free_board(last: str = "", place: int = 0, ready: str = "", minutes: tuple[float, ...] = ()) -> LineBoard:
    memory = [("sales", LastOffered(NUMBERS.get(last, last), place))] if last else []
    board = MemoryLineBoard(groups=memory)
    for letter, since in zip(ready or "ABCD", minutes or (0, 0, 0, 0), strict=True):
        board.update(NUMBERS[letter], at(since), registered=True)
    return board


IDLE = (0, -10, -5, -10)
"""Idle since: A 10:00, B 09:50, C 09:55, D 09:50."""


@pytest.mark.parametrize(
    ("strategy", "called", "last", "prepare", "offered"),
    [
        ("linear", "", "", talks("A"), "B C D"),
        ("linear", "C", "", talks("C"), "D"),
        ("linear", "D", "", talks("D"), ""),
        ("linear", "", "B", nothing, "A B C D"),
        ("circular", "", "", talks("A"), "B C D"),
        ("circular", "C", "", talks("C"), "D A B"),
        ("circular", "", "B", nothing, "A B C D"),
        ("uniform_sequential", "", "B", nothing, "C D A B"),
        ("uniform_sequential", "", "", nothing, "A B C D"),
        ("uniform_sequential", "", "D", talks("A"), "B C D"),
        ("uniform_sequential", "C", "A", talks("C"), "D A B"),
        ("ring_all", "", "", talks("B"), "ACD"),
        ("ring_all", "B", "", talks("B"), "ACD"),
        ("uniform_longest_idle", "A", "", talks("A"), "B C D"),
    ],
)
async def test_offered_in_order(
    strategy: str, called: str, last: str, prepare: Prepare, offered: str
) -> None:
    board = free_board(last)
    prepare(board)
    hunter = Hunter(group(strategy=strategy), board, called=called)
    assert await hunter.hunt() == offered
    assert hunter.exit is (Exit.NO_ANSWER if offered else Exit.BUSY)


@pytest.mark.parametrize(
    ("counts", "prepare", "offered"),
    [
        ("any", nothing, "B D C A"),
        ("any", outside_call("B", 1, 5), "D C A B"),
        ("group", outside_call("B", 1, 5), "B D C A"),
        ("any", do_not_disturb("B", 1, 6), "D C A B"),
        ("group", do_not_disturb("B", 1, 6), "D C A B"),
    ],
)
async def test_longest_idle(counts: str, prepare: Prepare, offered: str) -> None:
    board = free_board(minutes=IDLE)
    prepare(board)
    assert await Hunter(group(strategy="uniform_longest_idle", idle_counts=counts), board).hunt() == offered


async def test_an_unanswered_ring_ends_no_idle_time() -> None:
    board = free_board(minutes=IDLE)
    hunter = Hunter(group(strategy="uniform_longest_idle"), board)
    assert await hunter.offer()
    hunter.nobody_answers()
    assert await Hunter(hunter.group, board, "d").hunt() == "B D C A"


async def test_two_calls_together_begin_at_different_members() -> None:
    board = free_board("B", 1)
    first, second = (Hunter(group(strategy="uniform_sequential"), board, name) for name in "cd")
    assert await first.offer()
    assert await second.offer()
    assert (first.waves, second.waves) == (["C"], ["D"])


@pytest.mark.parametrize(
    ("members", "last", "place", "offered"),
    [
        ("ACD", "B", 1, "C D A"),
        ("ABC", "D", 3, "A B C"),
        ("CABD", "B", 1, "D C A B"),
        ("BCD", "A", 0, "B C D"),
    ],
)
async def test_the_turn_of_a_deleted_member_is_whoever_took_its_place(
    members: str, last: str, place: int, offered: str
) -> None:
    board = free_board(last, place)
    assert await Hunter(group(members, strategy="uniform_sequential"), board).hunt() == offered


async def test_the_memory_moves_with_each_offer_but_not_for_a_members_own_number() -> None:
    board = free_board("B", 1)
    uniform = group(strategy="uniform_sequential")
    direct = Hunter(uniform, board, called="B")
    assert await direct.hunt() == "C D A"
    assert board.view(at(10)).last_offered("sales") == LastOffered("202", 1)
    hunter = Hunter(uniform, board, "d")
    assert await hunter.offer()
    assert board.view(at(10)).last_offered("sales") == LastOffered("203", 2)


async def test_nobody_eligible_leaves_the_memory_unchanged() -> None:
    board = free_board("B", 1)
    for letter in "ABCD":
        talks(letter)(board)
    hunter = Hunter(group(strategy="uniform_sequential"), board)
    assert not await hunter.offer()
    assert (hunter.exit, board.view(at(10)).last_offered("sales")) == (Exit.BUSY, LastOffered("202", 1))


async def test_ring_all_drops_who_rejects_and_adds_who_becomes_free() -> None:
    board = free_board()
    talks("B")(board)
    hunter = Hunter(group(strategy="ring_all"), board)
    assert await hunter.offer()
    hunter.search = hunter.search.ended("203", LegOutcome.REJECTED)
    board.release("c-leg0-002", at(10))
    assert await hunter.join() == ""
    board.release("xB-leg", at(10))
    assert await hunter.join() == "B"
    assert {letter: len(board.view(at(10)).line(NUMBERS[letter]).legs) for letter in "ABCD"} == {
        "A": 1,
        "B": 1,
        "C": 0,
        "D": 1,
    }
    hunter.nobody_answers(LegOutcome.REJECTED)
    assert not await hunter.offer()
    assert hunter.exit is Exit.NO_ANSWER


async def test_a_second_call_rings_only_whoever_is_not_reserved() -> None:
    board = free_board()
    small, all_of_them = group("AB", strategy="ring_all"), group(strategy="ring_all")
    assert await Hunter(small, board).offer()
    second = Hunter(all_of_them, board, "d")
    assert await second.offer()
    assert second.waves == ["CD"]
