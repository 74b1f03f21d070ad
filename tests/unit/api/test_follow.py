"""Following the log: each call when it begins and when it ends, also over a restart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from datetime import timedelta

import pytest

from officesmart_ivr.api import client, server
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.follow import follow as stream
from officesmart_ivr.api.schema import FOLLOW_PATH
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.memory import MemoryCallLog
from tests.unit.api.conftest import Running, opened, over, record, told
from tests.unit.calls.office import until


class _StoppedError(Exception):
    pass


class Follower:
    """The client's follower in a thread of its own; it gives (id, outcome)."""

    def __init__(self, data: DataFolder, filters: dict[str, str]) -> None:
        self._api, self._filters = ApiClient(data), filters
        self._loop = asyncio.get_running_loop()
        self._given: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.waits = asyncio.Event()
        self.stopped = False
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(_StoppedError):
            for call in self._api.follow(self._filters, self._waiting):
                self._loop.call_soon_threadsafe(self._given.put_nowait, (call.id, call.outcome))

    def _waiting(self, error: Exception) -> None:
        if self.stopped:
            raise _StoppedError
        self._loop.call_soon_threadsafe(self.waits.set)

    async def next(self) -> tuple[str, str]:
        return await asyncio.wait_for(self._given.get(), 10)


Follow = Callable[..., Follower]


@pytest.fixture
def follow(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    # The calls here began on a day of their own.
    monkeypatch.setattr(client, "_LONGEST_CALL", timedelta(days=36500))
    made: list[Follower] = []

    def start(**filters: str) -> Follower:
        made.append(Follower(data, filters))
        return made[-1]

    yield start
    for follower in made:
        follower.stopped = True


async def test_a_call_is_told_when_it_begins_and_when_it_ends(running: Running, follow: Follow) -> None:
    running.finished(over(record("a")))
    running.finished(over(record("b", 1), outcome="busy"))
    follower = follow()
    assert [await follower.next(), await follower.next()] == [("a", "connected"), ("b", "busy")]
    running.log.begin(call := record("c", 2))
    assert await follower.next() == ("c", "")
    running.log.update(told(call, 1, Fact.RINGS, line="201", seconds="20"))
    running.log.update(over(call))
    running.log.finish(call)
    running.finished(over(record("d", 3)))
    assert [await follower.next(), await follower.next()] == [("c", "connected"), ("d", "connected")]


async def test_each_state_of_a_call_is_given_once() -> None:
    log = FollowedCallLog(MemoryCallLog())
    log.begin(first := record("a"))
    async with aclosing(stream(log, CallQuery())) as given:
        assert (await anext(given), await anext(given)) == (None, first)
        log.update(told(first, 1, Fact.RINGS, line="201", seconds="20"))
        log.begin(second := record("b", 1))
        assert await anext(given) is second
        log.update(second)
        log.finish(over(first))
        assert await anext(given) is first
    log.begin(third := record("c", 2))
    async with aclosing(stream(log, CallQuery())) as given:
        await anext(given)
        log.finish(over(third))
        log.begin(fourth := record("d", 3))
        # Those that ended after the log was read, and before they were given, come once.
        assert [await anext(given) for _ in range(4)] == [first, second, third, fourth]


async def test_a_call_is_told_as_soon_as_it_is_one_of_those_wanted(running: Running, follow: Follow) -> None:
    running.finished(over(told(record("a"), 1, Fact.RINGS, line="201", seconds="20"), outcome="busy"))
    by_line, by_outcome = follow(extension="201"), follow(outcome="busy")
    assert (await by_line.next(), await by_outcome.next()) == (("a", "busy"), ("a", "busy"))
    running.log.begin(call := record("b", 1))
    running.finished(over(record("c", 2)))
    running.log.update(told(call, 5, Fact.RINGS, line="201", seconds="20"))
    assert await by_line.next() == ("b", "")
    over(call, outcome="busy")
    running.log.finish(call)
    assert (await by_line.next(), await by_outcome.next()) == (("b", "busy"), ("b", "busy"))


async def test_nothing_is_lost_or_told_twice_over_a_restart(data: DataFolder, follow: Follow) -> None:
    running = await opened(data)
    async with running.serve():
        running.finished(over(record("a")))
        running.log.begin(lasting := record("b", 1))
        running.log.begin(ending := record("c", 2))
        follower = follow(limit="3")
        assert [(await follower.next())[0] for _ in range(3)] == ["a", "b", "c"]
    await follower.waits.wait()
    over(ending)
    running.log.finish(ending)
    for number, name in enumerate("def", 3):
        running.finished(over(record(name, number)))
    async with running.serve():
        assert [(await follower.next()) for _ in range(4)] == [(name, "connected") for name in "cdef"]
        running.log.finish(over(lasting))
        assert await follower.next() == ("b", "connected")


async def test_calls_of_an_earlier_process_are_told_when_they_are_closed(
    running: Running, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Left(MemoryCallLog):
        def close_interrupted(self) -> Sequence[CallRecord]:
            return [over(record("a"), outcome="interrupted")]

    monkeypatch.setattr(running.log, "_log", left := Left())
    left.begin(record("a"))
    follower = follow()
    assert await follower.next() == ("a", "")
    running.log.close_interrupted()
    assert await follower.next() == ("a", "interrupted")


async def connect(running: Running) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A program that follows, and has been told so."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    request = f"GET {FOLLOW_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.token}\r\n\r\n"
    writer.write(request.encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def test_a_reader_that_leaves_is_forgotten(running: Running) -> None:
    _, writer = await connect(running)
    assert running.log._followers
    writer.close()
    await until(lambda: not running.log._followers)


async def test_a_reader_that_does_not_read_is_cut_off(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "STUCK_SECONDS", 0.05)
    _, writer = await connect(running)
    for number in range(20_000):
        running.log.begin(record(f"c{number}", number))
    await until(lambda: not running.log._followers)
    writer.close()


async def test_a_log_that_nobody_follows_only_passes_on() -> None:
    log = FollowedCallLog(MemoryCallLog())
    log.begin(call := record("a"))
    assert await log.get("a") is call
