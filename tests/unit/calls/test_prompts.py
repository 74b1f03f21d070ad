from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from officesmart_ivr.ari.events import PlaybackFinished
from officesmart_ivr.ari.models import Playback
from officesmart_ivr.calls.prompts import GRACE_SECONDS, Prompts

from .office import Clock


@pytest.fixture
def ended() -> list[tuple[str, bool]]:
    return []


@pytest.fixture
def prompts(ended: list[tuple[str, bool]]) -> Iterator[Prompts]:
    made = Prompts(lambda prompt, played: ended.append((prompt, played)))
    yield made
    made.forget_all()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def finished(playback: str, state: str = "done") -> PlaybackFinished:
    return PlaybackFinished(playback=Playback(id=playback, state=state))


async def due_now() -> None:
    """Let the timers fire that are due."""
    fired = asyncio.Event()
    asyncio.get_running_loop().call_later(0, fired.set)
    await fired.wait()


async def test_each_end_is_told_once(prompts: Prompts, ended: list[tuple[str, bool]], clock: Clock) -> None:
    prompts.begin("p", ["sound:a"], 10)
    clock.forward(9.9)
    assert prompts.finished(finished("p")) is None
    assert prompts.finished(finished("p")) is None
    clock.forward(60)
    await due_now()
    assert ended == [("p", True)]


async def test_one_that_was_stopped_tells_nothing(
    prompts: Prompts, ended: list[tuple[str, bool]], clock: Clock
) -> None:
    prompts.begin("p", ["sound:a"], 10)
    assert prompts.stopped("p") == "p"
    assert prompts.finished(finished("p")) is None
    clock.forward(60)
    await due_now()
    assert not ended


async def test_one_cut_short_is_played_again_and_has_all_its_time_then(
    prompts: Prompts, ended: list[tuple[str, bool]], clock: Clock
) -> None:
    prompts.begin("p", ["sound:a", "sound:b"], 30)
    clock.forward(14)
    assert prompts.finished(finished("p")) == ("p-again", ["sound:a", "sound:b"])
    clock.forward(29 + GRACE_SECONDS)
    await due_now()
    assert not ended
    clock.forward(1)
    await due_now()
    assert ended == [("p", True)]


async def test_one_played_again_is_not_played_a_third_time_and_is_stopped_by_its_own_id(
    prompts: Prompts, ended: list[tuple[str, bool]], clock: Clock
) -> None:
    prompts.begin("p", ["sound:a"], 30)
    prompts.begin("q", ["sound:a"], 30)
    prompts.finished(finished("p"))
    prompts.finished(finished("q"))
    assert prompts.finished(finished("p-again")) is None
    assert ended == [("p", True)]
    assert prompts.stopped("q") == "q-again"


async def test_one_that_failed_was_not_played(prompts: Prompts, ended: list[tuple[str, bool]]) -> None:
    prompts.begin("p", ["sound:a"], 30)
    assert prompts.finished(finished("p", "failed")) is None
    assert ended == [("p", False)]


async def test_a_tone_has_no_length(prompts: Prompts, ended: list[tuple[str, bool]], clock: Clock) -> None:
    prompts.begin("p", ["tone:busy"], None)
    clock.forward(1000)
    await due_now()
    assert prompts.finished(finished("p")) is None
    assert ended == [("p", True)]
