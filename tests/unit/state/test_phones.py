"""The addresses of the lines' phones: asked for once, kept up by what is heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from officesmart_ivr.errors import AriNotFoundError
from officesmart_ivr.state.phones import PhoneBoard

Ask = Callable[[], Awaitable[list[str]]]


def answers(*addresses: str) -> Ask:
    async def ask() -> list[str]:
        return list(addresses)

    return ask


async def never() -> list[str]:
    raise AssertionError("it is known")


async def test_a_line_is_asked_about_once_and_then_followed() -> None:
    board = PhoneBoard()
    board.heard("201", "a", True)
    assert await board.addresses("201", answers("a", "b")) == ("a", "b")
    board.heard("201", "c", True)
    board.heard("201", "a", False)
    board.heard("202", "d", True)
    board.heard("201", "c", True)
    board.heard("201", "a", False)
    assert await board.addresses("201", never) == ("b", "c")


async def test_an_answer_that_may_be_older_than_what_was_heard_is_not_kept() -> None:
    board = PhoneBoard()

    async def meanwhile() -> list[str]:
        board.heard("201", "b", True)
        return ["a"]

    assert await board.addresses("201", meanwhile) == ("a",)
    assert await board.addresses("201", answers("a", "b")) == ("a", "b")


async def test_after_a_time_without_news_all_is_asked_anew() -> None:
    board = PhoneBoard()
    await board.addresses("201", answers("a"))
    board.forget()
    assert await board.addresses("201", answers("b")) == ("b",)


async def test_a_question_that_fails_leaves_nothing_behind() -> None:
    board = PhoneBoard()

    async def fails() -> list[str]:
        raise AriNotFoundError("the caller has left")

    with pytest.raises(AriNotFoundError):
        await board.addresses("201", fails)
    assert await board.addresses("201", answers("a")) == ("a",)
