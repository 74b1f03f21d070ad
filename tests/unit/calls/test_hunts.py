"""Whose turn it is when a line comes free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.core.effects import HuntEnd, Offer, Wait
from officesmart_ivr.core.events import Event, LegOutcome
from officesmart_ivr.core.hunt import Search
from officesmart_ivr.core.hunt_events import Offered
from officesmart_ivr.state.memory import MemoryLineBoard
from tests.unit.core.groups import NUMBERS, office


@dataclass
class Desk:
    """A group of the members A and B, whose hunts are looked at call by call."""

    strategy: str = "linear"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.board = MemoryLineBoard()
        for line in NUMBERS.values():
            self.board.update(line, self.now, registered=True)
        self.becomes("A", "B")
        self.hunts = Hunts(self.board, lambda: self.plan, self.clock)
        self.events: dict[str, list[Event]] = {}
        self.offers = 0

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def becomes(self, *members: str) -> None:
        """A plan goes live in which the group has these members."""
        numbers = [NUMBERS[member] for member in members]
        self.plan = office(numbers, strategy=self.strategy, queue={"places": "9"})

    def busy(self, *members: str) -> None:
        for member in members:
            self.board.occupy(NUMBERS[member], f"other-{member}", f"other-{member}", self.now)

    def free(self, member: str, **wrap_up: float) -> None:
        self.board.release(f"other-{member}", self.clock(), **wrap_up)

    async def looks(self, call: str, search: Search | None = None) -> Search:
        """Let a call ask whom it is offered to; it waits if there is nobody. Its search from now on."""
        self.offers += 1
        effect = Offer(f"{call}-leg{self.offers}", search or Search("sales"))
        await self.hunts.offer(call, effect, self.events.setdefault(call, []).append)
        decision = self.decisions(call)[-1].decision
        assert decision is not None
        if decision.exit is not None:
            self.offers += 1
            wait = Wait(f"{call}-leg{self.offers}", decision.search, self.plan.groups["sales"])
            await self.hunts.wait(call, wait)
        return decision.search

    def decisions(self, call: str) -> list[Offered]:
        return [event for event in self.events[call] if isinstance(event, Offered)]

    def rung(self, call: str) -> list[str]:
        """The members that a call was offered to."""
        letters = {number: letter for letter, number in NUMBERS.items()}
        taken = [event.decision for event in self.decisions(call) if event.decision]
        return [letters[member.id] for decision in taken for member in decision.members]


Make = Callable[..., Desk]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    running: list[asyncio.Task[None]] = []

    def made(**settings: Any) -> Desk:
        desk = Desk(**settings)
        running.append(asyncio.create_task(desk.hunts.run()))
        return desk

    yield made
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def quiet() -> None:
    """Let everything that can happen now happen."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_came_first_gets_the_line(make: Make) -> None:
    desk = make()
    desk.busy("A", "B")
    await desk.looks("first")
    await desk.looks("second")
    desk.free("B")
    await quiet()
    assert (desk.rung("first"), desk.rung("second")) == (["B"], [])


async def test_nobody_overtakes_those_who_wait_for_a_member_that_is_left_in_peace(make: Make) -> None:
    desk = make()
    desk.busy("B")
    search = await desk.looks("first")
    desk.board.release("first-leg1-000", desk.now)
    await desk.looks("first", search.ended(NUMBERS["A"], LegOutcome.NO_ANSWER))
    await desk.looks("second")
    assert (desk.rung("first"), desk.rung("second")) == (["A"], [])
    desk.free("B")
    await quiet()
    assert (desk.rung("first"), desk.rung("second")) == (["A", "B"], ["A"])


async def test_who_waits_for_the_last_members_only_does_not_hold_up_the_others(make: Make) -> None:
    desk = make()
    desk.busy("A", "B")
    await desk.looks("direct", Search("sales", called_member=NUMBERS["A"]))
    await desk.looks("pilot")
    desk.free("A")
    await quiet()
    assert (desk.rung("direct"), desk.rung("pilot")) == ([], ["A"])


async def test_a_hunt_that_has_left_before_it_was_looked_at_reserves_nothing(make: Make) -> None:
    desk = make()
    effect = Offer("gone-leg1", Search("sales"))
    choosing = desk.hunts.offer("gone", effect, desk.events.setdefault("gone", []).append)
    desk.hunts.leave("gone", HuntEnd.LEFT)
    await choosing
    assert (len(desk.hunts), desk.events["gone"]) == (0, [])
    assert not [leg for line in desk.board.view(desk.now).lines for leg in line.legs]


async def test_who_was_given_a_line_while_asking_anew_keeps_it(make: Make) -> None:
    desk = make()
    desk.busy("A", "B")
    await desk.looks("call")
    desk.free("A")
    await quiet()
    desk.free("B")
    await desk.hunts.wait("call", Wait("call-leg2", Search("sales"), desk.plan.groups["sales"]))
    assert (desk.rung("call"), desk.hunts.waiting("sales")) == (["A"], 0)


async def test_a_call_that_takes_over_a_hunt_waits_until_its_members_are_free(make: Make) -> None:
    desk = make()
    await desk.looks("giver")
    desk.busy("B")
    effect = Offer("call-leg1", Search("sales"), after="giver")
    await desk.hunts.offer("call", effect, desk.events.setdefault("call", []).append)
    assert desk.events["call"] == []
    desk.hunts.leave("giver", HuntEnd.ABANDONED)
    desk.board.release("giver-leg1-000", desk.now)
    await quiet()
    assert desk.rung("call") == ["A"]


async def test_a_wave_is_not_ended_by_who_joins_it_in_the_same_moment(make: Make) -> None:
    desk = make(strategy="ring_all")
    desk.busy("B")
    search = await desk.looks("call")
    desk.board.release("call-leg1-000", desk.now)
    desk.free("B")
    await desk.looks("call", search.ended(NUMBERS["A"], LegOutcome.REJECTED))
    assert desk.rung("call") == ["A", "B"]
    assert [event.decision.exit for event in desk.decisions("call") if event.decision] == [None, None]


@pytest.mark.parametrize("strategy", ["linear", "ring_all"])
async def test_a_line_is_offered_as_its_pause_ends(make: Make, strategy: str) -> None:
    desk = make(strategy=strategy)
    desk.busy("A", "B")
    if strategy == "ring_all":
        desk.free("A")
    desk.free("B", wrap_up=0.05)
    await desk.looks("call")
    assert "B" not in desk.rung("call")
    async with asyncio.timeout(2):
        while "B" not in desk.rung("call"):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("members", "rung"), [("BA", ["A", "B"]), ("A", ["A"])])
async def test_an_edit_while_a_wave_rings_moves_nobody_in_it(
    make: Make, members: str, rung: list[str]
) -> None:
    desk = make(strategy="ring_all")
    desk.busy("B")
    await desk.looks("call")
    desk.becomes(*members)
    desk.free("B")
    await desk.hunts.serve()
    assert desk.rung("call") == rung
    legs = [leg.id for line in desk.board.view(desk.now).lines for leg in line.legs]
    assert legs == ["call-leg1-000", "call-leg1-001"][: len(rung)]


async def test_a_fault_in_one_hunt_holds_up_no_other(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make()
    desk.busy("A", "B")
    await desk.looks("first")
    await desk.looks("second")
    reserve = desk.board.reserve

    async def fails(call: str, *args: Any, **group: Any) -> Any:
        return await reserve(call, *args, **group) if call != "first" else 1 / 0

    monkeypatch.setattr(desk.board, "reserve", fails)
    desk.free("B")
    await quiet()
    assert desk.rung("second") == ["B"]
    assert desk.decisions("first")[-1].decision is None, "it leaves the group"


async def test_a_look_that_ended_by_a_fault_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hunts, looks = Desk().hunts, 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        assert looks > 1

    monkeypatch.setattr(hunts, "serve", look)
    hunts.plan_changed()
    with pytest.raises(AssertionError):
        await hunts.run()
    running = asyncio.create_task(hunts.run())
    await quiet()
    running.cancel()
    assert looks == 2
