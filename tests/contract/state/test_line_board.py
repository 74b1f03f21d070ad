"""What every line board does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.lines import Choice, LastOffered, Leg, Line, LineBoard, Offer, Phase, View

from .stores import Opener, State, at


@pytest.fixture
def board(state: State) -> LineBoard:
    return state.board


def wanting(*offers: Offer, last: LastOffered | None = None) -> Callable[[View], Choice]:
    return lambda view: Choice(offers, last)


async def talk(
    board: LineBoard, call: str, leg: str, line: str, minutes: float, *, max_calls: int = 1, group: str = ""
) -> None:
    offer = Offer(line, leg, max_calls)
    assert await board.reserve(call, wanting(offer), at(minutes), group=group), f"{line} has no room"
    board.ringing(leg)
    board.answered(leg)


def line(board: LineBoard, name: str) -> Line:
    return board.view(at(0)).line(name)


def legs(board: LineBoard, name: str) -> list[tuple[str, Phase]]:
    return [(leg.id, leg.phase) for leg in line(board, name).legs]


async def test_a_leg_goes_forward_only(board: LineBoard) -> None:
    await board.reserve("c", wanting(Offer("201", "c-1")), at(0))
    assert legs(board, "201") == [("c-1", Phase.RESERVED)]
    board.ringing("c-1")
    assert legs(board, "201") == [("c-1", Phase.RINGING)]
    board.answered("c-1")
    board.ringing("c-1")
    assert legs(board, "201") == [("c-1", Phase.TALKING)]


async def test_a_line_takes_no_more_calls_than_it_may(board: LineBoard) -> None:
    await talk(board, "a", "a-1", "201", 0)
    assert await board.reserve("b", wanting(Offer("201", "b-1"), Offer("202", "b-2")), at(1)) == (
        Leg("b-2", "202", "b", Phase.RESERVED),
    )
    assert await board.reserve("c", wanting(Offer("201", "c-1", max_calls=2)), at(1))
    assert not await board.reserve("d", wanting(Offer("201", "d-1", max_calls=2)), at(1))


async def test_a_call_has_one_leg_on_a_line(board: LineBoard) -> None:
    offers = Offer("201", "c-1", max_calls=5), Offer("201", "c-2", max_calls=5)
    assert [leg.id for leg in await board.reserve("c", wanting(*offers), at(0))] == ["c-1"]
    board.occupy("201", "c", "c-3", at(1))
    assert legs(board, "201") == [("c-3", Phase.TALKING)]
    board.release("c-1", at(2))
    assert legs(board, "201") == [("c-3", Phase.TALKING)]


async def test_a_leg_is_owned_by_one_call(board: LineBoard) -> None:
    await board.reserve("a", wanting(Offer("201", "leg")), at(0))
    with pytest.raises(StateError):
        await board.reserve("b", wanting(Offer("203", "new"), Offer("202", "leg")), at(0))
    with pytest.raises(StateError):
        await board.reserve("b", wanting(Offer("202", "twice"), Offer("203", "twice")), at(0))
    with pytest.raises(StateError):
        board.occupy("202", "b", "leg", at(0))
    assert legs(board, "202") == legs(board, "203") == []


async def test_two_hunts_at_once_choose_different_lines_and_starting_points(board: LineBoard) -> None:
    members = ["A", "B", "C", "D"]

    def next_free(call: str) -> Callable[[View], Choice]:
        def choose(view: View) -> Choice:
            last = view.last_offered("sales")
            start = members.index(last.member) + 1 if last else 0
            order = members[start:] + members[:start]
            free = next(member for member in order if view.line(member).has_room(call))
            return Choice((Offer(free, f"{call}-1"),), LastOffered(free, members.index(free)))

        return choose

    calls = [board.reserve(call, next_free(call), at(0), group="sales") for call in ("x", "y", "z")]
    reserved = await asyncio.gather(*calls)
    assert [leg.line for (leg,) in reserved] == ["A", "B", "C"]
    assert board.view(at(0)).last_offered("sales") == LastOffered("C", 2)


async def test_memory_moves_only_to_a_member_that_was_reserved(board: LineBoard) -> None:
    await board.reserve("a", wanting(Offer("A", "a-1"), last=LastOffered("A")), at(0), group="sales")
    await board.reserve("b", wanting(Offer("A", "b-1"), last=LastOffered("A", 9)), at(0), group="sales")
    await board.reserve("b", wanting(last=LastOffered("B")), at(0), group="sales")
    assert board.view(at(0)).last_offered("sales") == LastOffered("A")
    assert board.view(at(0)).last_offered("service") is None


async def test_idle_begins_at_the_end_of_any_talk_not_of_ringing(board: LineBoard) -> None:
    board.update("201", at(0), registered=True)
    await board.reserve("a", wanting(Offer("201", "a-1")), at(1))
    board.ringing("a-1")
    board.release("a-1", at(2))
    assert line(board, "201").idle_since == at(0)
    await talk(board, "b", "b-1", "201", 3, group="sales")
    board.release("b-1", at(4))
    board.release("b-1", at(5))
    assert line(board, "201").idle_since == at(4)
    board.occupy("201", "c", "c-1", at(6))
    board.release_call("c", at(7))
    assert line(board, "201").idle_since == at(7)
    assert line(board, "201").idle_since_in("sales") == at(4)
    assert line(board, "201").idle_since_in("service") == at(0)


async def test_idle_begins_anew_for_whoever_comes_back(board: LineBoard) -> None:
    board.update("201", at(0), registered=True)
    assert line(board, "201").idle_since == at(0)
    board.update("201", at(1), registered=False)
    board.update("201", at(2), registered=True)
    assert line(board, "201").idle_since == at(0)
    board.update("201", at(3), paused=True)
    board.update("201", at(4), paused=False)
    assert line(board, "201").idle_since == at(4)
    board.update("201", at(5), do_not_disturb=True)
    board.update("201", at(6), do_not_disturb=False)
    assert line(board, "201").idle_since == at(6)
    board.update("201", at(7), logged_in=False)
    board.update("201", at(8), logged_in=True)
    assert line(board, "201").idle_since == line(board, "201").idle_since_in("sales") == at(8)
    board.update("201", at(9), logged_in=True, paused=False, do_not_disturb=False)
    assert line(board, "201").idle_since == at(8)


async def test_wrap_up_follows_a_talk(board: LineBoard) -> None:
    await board.reserve("a", wanting(Offer("201", "a-1")), at(0))
    board.release("a-1", at(1), wrap_up=30)
    assert not line(board, "201").wraps_up(at(1))
    await talk(board, "b", "b-1", "201", 2)
    board.release_call("b", at(3), wrap_up=30)
    assert line(board, "201").wraps_up(at(3) + timedelta(seconds=29))
    assert not line(board, "201").wraps_up(at(3) + timedelta(seconds=30))


async def test_releasing_a_call_frees_all_its_lines_and_no_other(board: LineBoard) -> None:
    await board.reserve("a", wanting(Offer("201", "a-1"), Offer("202", "a-2")), at(0))
    await board.reserve("b", wanting(Offer("203", "b-1")), at(0))
    board.release_call("a", at(1))
    board.release_call("a", at(2))
    assert [legs(board, name) for name in ("201", "202", "203")] == [[], [], [("b-1", Phase.RESERVED)]]


async def test_a_leg_is_handed_over_to_another_call(board: LineBoard) -> None:
    await talk(board, "caller", "caller-1", "201", 0)
    board.occupy("201", "consult", "consult-phone", at(1))
    await talk(board, "consult", "consult-1", "202", 1)
    board.hand_over("consult-1", "caller")
    board.release_call("consult", at(2))
    board.release("caller-1", at(2))
    assert line(board, "201").legs == ()
    assert [leg.call_id for leg in line(board, "202").legs] == ["caller"]
    board.release_call("caller", at(3))
    assert line(board, "202").idle_since == at(3)


async def test_late_reports_change_nothing(board: LineBoard) -> None:
    for report in (board.ringing, board.answered):
        report("gone")
    board.hand_over("gone", "a")
    board.release("gone", at(0))
    assert list(board.view(at(0)).lines) == []


async def test_reconciling_makes_the_board_what_asterisk_has(board: LineBoard) -> None:
    await talk(board, "a", "a-1", "201", 0, group="sales")
    await talk(board, "b", "b-1", "202", 0)
    await board.reserve("c", wanting(Offer("203", "c-1"), Offer("204", "c-2")), at(0))
    board.ringing("c-2")
    await board.reserve("d", wanting(Offer("205", "d-1")), at(0))
    live = [Leg("a-1", "201", "a", Phase.RINGING), Leg("e-1", "206", "e", Phase.TALKING)]
    board.reconcile(live, {"a", "c"}, at(5))
    assert line(board, "201").legs == (Leg("a-1", "201", "a", Phase.TALKING, "sales"),)
    assert (legs(board, "202"), line(board, "202").idle_since) == ([], at(5))
    assert legs(board, "203") == [("c-1", Phase.RESERVED)]
    assert legs(board, "204") == legs(board, "205") == []
    assert legs(board, "206") == [("e-1", Phase.TALKING)]


async def test_reconciling_believes_asterisk_about_line_and_call(board: LineBoard) -> None:
    await talk(board, "a", "leg", "201", 0)
    board.reconcile([Leg("leg", "202", "b", Phase.TALKING)], {"a"}, at(1))
    assert legs(board, "201") == []
    assert line(board, "202").legs == (Leg("leg", "202", "b", Phase.TALKING),)


async def test_lines_that_the_plan_has_no_more_are_forgotten(board: LineBoard) -> None:
    board.update("201", at(0), do_not_disturb=True)
    board.update("202", at(0), do_not_disturb=True)
    await talk(board, "a", "a-1", "203", 0)
    board.keep_only({"202"})
    assert {known.id for known in board.view(at(1)).lines} == {"202", "203"}
    board.update("201", at(2), registered=True)
    assert not line(board, "201").do_not_disturb


async def test_what_survives_a_restart(durable: Opener) -> None:
    async with durable() as state:
        board = state.board
        board.update("201", at(0), registered=True, do_not_disturb=True)
        board.update("202", at(0), paused=True)
        board.update("203", at(0), logged_in=False)
        await talk(board, "a", "a-1", "204", 1, group="sales")
        board.release("a-1", at(2), wrap_up=60)
        await talk(board, "b", "b-1", "204", 3, group="sales")
        last = LastOffered("205", 4)
        await board.reserve("c", wanting(Offer("205", "c-1"), last=last), at(4), group="sales")
        board.update("206", at(0), registered=True)
        board.keep_only({"201", "202", "203", "204", "205"})
    async with durable() as state:
        assert {line.id: line for line in state.board.view(at(9)).lines} == {
            "201": Line("201", at(0), do_not_disturb=True),
            "202": Line("202", at(0), paused=True),
            "203": Line("203", at(0), logged_in=False),
            "204": Line(
                "204",
                at(1),
                call_ended=at(2),
                call_ended_of={"sales": at(2)},
                calls_of={"sales": 1},
                wrap_up_until=at(3),
                legs=(Leg("b-1", "204", "b", Phase.TALKING, "sales"),),
            ),
            "205": Line("205", at(4)),
        }
        assert state.board.view(at(9)).last_offered("sales") == last


async def test_a_leg_that_changes_its_line_survives_once(durable: Opener) -> None:
    async with durable() as state:
        state.board.occupy("201", "a", "leg", at(0))
        await state.write()
        state.board.occupy("202", "a", "leg", at(1))
    async with durable() as state:
        assert [leg.line for line in state.board.view(at(2)).lines for leg in line.legs] == ["202"]
