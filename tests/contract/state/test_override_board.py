"""What every override board does."""

from __future__ import annotations

import pytest

from officesmart_ivr.core.overrides import Override
from officesmart_ivr.state.overrides import Dropped, OverrideBoard, change_override, drop_unknown
from tests.unit.core.harness import plan

from .stores import Opener, State, at

CLOSED = Override("closed", at(0), None, "201")
LUNCH = Override("lunch", at(0), at(60), "root")


@pytest.fixture
def board(state: State) -> OverrideBoard:
    return state.overrides


async def test_one_override_holds_for_each_until_it_is_cleared(board: OverrideBoard) -> None:
    assert dict(board.view(at(0))) == {}
    board.put("main", CLOSED)
    board.put("turin", LUNCH)
    assert dict(board.view(at(1))) == {"main": CLOSED, "turin": LUNCH}
    board.put("main", LUNCH)
    assert dict(board.view(at(1))) == {"main": LUNCH, "turin": LUNCH}
    board.put("main", None)
    board.put("main", None)
    assert dict(board.view(at(1))) == {"turin": LUNCH}


async def test_it_is_gone_at_the_moment_that_it_is_until(board: OverrideBoard) -> None:
    board.put("main", LUNCH)
    board.put("turin", CLOSED)
    assert "main" in board.view(at(59.999))
    assert dict(board.view(at(60))) == {"turin": CLOSED}
    assert dict(board.view(at(0))) == {"turin": CLOSED}


async def test_what_was_shown_before_does_not_change(board: OverrideBoard) -> None:
    board.put("main", CLOSED)
    shown = board.view(at(0))
    board.put("main", None)
    assert dict(shown) == {"main": CLOSED}


async def test_what_a_new_plan_does_not_have_is_dropped_and_told(board: OverrideBoard) -> None:
    for name, menu in (("main", "day"), ("turin", "day")):
        board.put(name, Override(menu, at(0)))
    new = plan({"day": {}}).plan
    assert drop_unknown(board, new, at(1)) == [Dropped("turin", Override("day", at(0)))]
    assert dict(board.view(at(1))) == {"main": Override("day", at(0))}
    renamed = plan({"night": {}}).plan
    assert [dropped.multiselection for dropped in drop_unknown(board, renamed, at(1))] == ["main"]
    assert drop_unknown(board, renamed, at(1)) == []


async def test_a_change_is_logged_with_who_made_it(
    board: OverrideBoard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    change_override(board, "main", LUNCH, "anna")
    change_override(board, "main", None, "205")
    assert dict(board.view(at(0))) == {}
    first, second = (record.getMessage() for record in caplog.records)
    assert {"main", "lunch", "anna"} <= set(first.replace("'", " ").replace(":", " ").split())
    assert "205" in second


async def test_overrides_outlive_the_process_and_those_that_are_over_do_not(durable: Opener) -> None:
    gone = Override("day", at(0), at(5), "201")
    async with durable() as first:
        first.overrides.put("main", CLOSED)
        first.overrides.put("turin", LUNCH)
        first.overrides.put("bonus", gone)
        first.overrides.put("naples", CLOSED)
        first.overrides.put("naples", None)
    async with durable() as second:
        assert dict(second.overrides.view(at(10))) == {"main": CLOSED, "turin": LUNCH}
    async with durable() as third:
        assert dict(third.overrides.view(at(0))) == {"main": CLOSED, "turin": LUNCH}
        third.overrides.put("main", LUNCH)
    async with durable() as fourth:
        assert dict(fourth.overrides.view(at(0))) == {"main": LUNCH, "turin": LUNCH}
