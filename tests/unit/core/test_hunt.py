"""What a hunt decides beside the order: who is passed over and why, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Chooser, Decision, Exit, Search, Skip, joining, next_offer
from officesmart_ivr.core.lines import Choice, LastOffered, Line, Offer, View
from officesmart_ivr.core.strategies import GroupView, Wave
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget
from tests.unit.core.groups import LETTERS, TEN, board, busy, group, line, office

SALES = Search("sales")
AWAY = [
    (line("A", logged_in=False), Skip.LOGGED_OUT),
    (line("A", registered=False), Skip.UNREACHABLE),
    (line("A", paused=True), Skip.PAUSED),
    (line("A", do_not_disturb=True), Skip.DO_NOT_DISTURB),
    (busy("A"), Skip.BUSY),
    (line("A", wrap_up_until=TEN + timedelta(seconds=1)), Skip.WRAP_UP),
]


def offered(decision: Decision) -> str:
    return "".join(LETTERS.get(member.id, "?") for member in decision.members)


def tried(*outcomes: LegOutcome) -> Search:
    """A search in which the first members were offered the call, with these outcomes."""
    return Search("sales", tried=dict(zip(LETTERS, outcomes, strict=False)))


@pytest.mark.parametrize(
    ("state", "reason"), AWAY, ids=lambda value: value if isinstance(value, Skip) else ""
)
def test_who_cannot_take_the_call_is_passed_over_with_the_reason(state: Line, reason: Skip) -> None:
    decision = next_offer(group(), SALES, board(state))
    assert (offered(decision), decision.skipped) == ("B", {"201": reason})


def test_wrap_up_ends_by_itself() -> None:
    done = line("A", wrap_up_until=TEN)
    assert offered(next_offer(group(), SALES, board(done))) == "A"


def test_disabled_members_are_told_once() -> None:
    members = ["201", {"extension": "202", "enabled": "no"}, "203"]
    sales = office(members).groups["sales"]
    first = next_offer(sales, SALES, board(busy("A")))
    assert first.skipped == {"202": Skip.DISABLED, "201": Skip.BUSY}
    second = next_offer(sales, first.search, board(busy("A")))
    assert second.skipped == {"201": Skip.BUSY, "203": Skip.ALREADY_TRIED}


def test_a_removed_member_is_offered_nothing_any_more() -> None:
    decision = next_offer(group(), SALES, board(), present={"202", "203"})
    assert (offered(decision), decision.skipped) == ("B", {"201": Skip.REMOVED})
    assert next_offer(group(), SALES, board(), present=()).exit is Exit.UNREACHABLE


def test_a_member_that_was_passed_over_is_not_missed_when_it_is_free_later() -> None:
    first = next_offer(group(), SALES, board(busy("A")))
    second = next_offer(group(), first.search.ended("202", LegOutcome.REJECTED), board())
    assert (offered(first), offered(second)) == ("B", "A")


@pytest.mark.parametrize("away", [line("A", logged_in=False), line("A", registered=False)])
def test_nobody_there_is_unreachable(away: Line) -> None:
    assert next_offer(group("A"), SALES, board(away)).exit is Exit.UNREACHABLE
    assert next_offer(group("AB"), SALES, board(away, busy("B"))).exit is Exit.BUSY
    assert next_offer(group(""), SALES, board()).exit is Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("outcomes", "exit_"),
    [
        ((LegOutcome.NO_ANSWER, LegOutcome.BUSY), Exit.NO_ANSWER),
        ((LegOutcome.REJECTED, LegOutcome.REJECTED), Exit.NO_ANSWER),
        ((LegOutcome.BUSY, LegOutcome.UNREACHABLE), Exit.BUSY),
        ((LegOutcome.UNREACHABLE, LegOutcome.UNREACHABLE), Exit.UNREACHABLE),
    ],
)
def test_how_it_ends_when_all_were_tried(outcomes: tuple[LegOutcome, ...], exit_: Exit) -> None:
    assert next_offer(group("AB"), tried(*outcomes), board()).exit is exit_


def test_somebody_busy_counts_when_the_others_could_not_be_reached() -> None:
    assert next_offer(group("AB"), tried(LegOutcome.UNREACHABLE), board(busy("B"))).exit is Exit.BUSY


def test_without_next_on_no_answer_the_first_silence_ends_it() -> None:
    once = group(next_on_no_answer="no")
    assert next_offer(once, tried(LegOutcome.NO_ANSWER), board()).exit is Exit.NO_ANSWER
    assert offered(next_offer(once, tried(LegOutcome.REJECTED), board())) == "B"


def test_the_board_is_given_offers_with_legs_by_place() -> None:
    sales = office(["201", {"outside": "3331234567"}, "203"], strategy="ring_all").groups["sales"]
    choose = Chooser(partial(next_offer, sales, SALES), "c-leg4")
    assert choose(board(busy("A"))) == Choice(
        (Offer("+393331234567", "c-leg4-001"), Offer("203", "c-leg4-002")), LastOffered("203", 2)
    )
    assert choose.decision.skipped == {"201": Skip.BUSY}


def test_nobody_joins_a_wave_of_one() -> None:
    first = next_offer(group(), SALES, board())
    joined = joining(group(), first.search, board())
    assert (joined.members, joined.exit, joined.search) == ((), None, first.search)


def test_members_outside_count_as_reachable_and_are_known_by_their_number() -> None:
    plan = office([{"outside": "3331234567", "confirm": "no"}, {"outside": "0039021234567"}, "201"])
    first, second, third = plan.groups["sales"].members.values()
    assert (first.target, third.target) == (OutsideTarget("+393331234567", "carrier"), PhoneTarget("201"))
    assert (first.confirms, second.confirms, third.confirms) == (False, True, False)
    assert next_offer(plan.groups["sales"], SALES, board()).members == (first,)


def test_the_state_of_members_outside_is_kept_like_that_of_extensions() -> None:
    plan = office([{"outside": "3331234567", "enabled": "no"}, {"outside": "0212345678"}, "201"])
    assert plan.lines() == {*LETTERS, "+393331234567", "+390212345678"}


@pytest.mark.parametrize("number", ["112", "899123456", "+442079460958"])
def test_a_member_outside_that_may_not_be_called_is_never_rung(number: str) -> None:
    sales = office([{"outside": number}]).groups["sales"]
    assert next_offer(sales, SALES, board()).exit is Exit.UNREACHABLE


def test_direct_calls_are_hunted_on_by_the_first_group_that_wants_them() -> None:
    assert office(hunt_direct_calls="yes").direct_hunts == dict.fromkeys(LETTERS, "sales")
    assert office().direct_hunts == {}


class Broken:
    def order(self, view: GroupView) -> Iterator[Wave]:
        yield ("201",)
        raise ZeroDivisionError("no calls yet")


class Careless:
    def order(self, view: GroupView) -> Iterable[Any]:
        return ["201", "202"]


class Endless:
    def order(self, view: GroupView) -> Iterator[Wave]:
        while True:
            yield ("201", "nobody")


def from_a_package(strategy: Any) -> PreparedGroup:
    return office(strategies={"theirs": strategy}, strategy="theirs").groups["sales"]


@pytest.mark.parametrize("strategy", [Broken(), Careless()])
def test_a_strategy_that_fails_costs_no_call(strategy: Any) -> None:
    sales = from_a_package(strategy)
    decision = next_offer(sales, SALES, board(busy("A")))
    assert offered(decision) == "B"
    assert "theirs" in decision.fault
    assert not next_offer(group(), SALES, board()).fault


def test_a_strategy_without_an_end_ends() -> None:
    decision = next_offer(from_a_package(Endless()), SALES, board(busy("A")))
    assert (decision.exit, decision.skipped) == (Exit.BUSY, {"201": Skip.BUSY})


def test_a_board_that_calls_again_gets_the_newest_decision() -> None:
    choose = Chooser(partial(next_offer, group(), SALES), "c-leg1")
    views: list[View] = [board(), board(busy("A"))]
    assert [choose(view).offers[0].line for view in views] == ["201", "202"]
    assert offered(choose.decision) == "B"
