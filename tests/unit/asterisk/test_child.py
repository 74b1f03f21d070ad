import asyncio
import itertools
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.child import LOOK_SECONDS, Backoff, Child, how_ended
from officesmart_ivr.errors import AsteriskError


def test_the_first_restart_is_at_once_and_later_waits_grow_to_the_longest() -> None:
    waits = Backoff(first=1, factor=2, longest=5, jitter=0.5).waits(chance=lambda: 0.5)
    assert list(itertools.islice(waits, 6)) == [0, 1, 2, 4, 5, 5]


def test_jitter_goes_both_ways() -> None:
    backoff = Backoff(first=1, jitter=0.5)
    assert list(itertools.islice(backoff.waits(chance=lambda: 0.0), 2)) == [0, 0.5]
    assert list(itertools.islice(backoff.waits(chance=lambda: 1.0), 2)) == [0, 1.5]


def test_ends_are_told_in_words() -> None:
    assert how_ended(0) == "code 0"
    assert how_ended(-signal.SIGSEGV) == "SIGSEGV"


class Doorbell:
    """A named pipe that a program rings by writing a line to it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        # Open for writing too, or it would be at its end whenever no program has it open.
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    async def rings(self) -> None:
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._handle, rung.set)
        try:
            await rung.wait()
            os.read(self._handle, 100)
        finally:
            loop.remove_reader(self._handle)

    def close(self) -> None:
        os.close(self._handle)


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Doorbell]:
    made = Doorbell(tmp_path / "bell")
    yield made
    made.close()


class Waits:
    """A clock for the restarts: notes every wait and lets only as many of them pass as allowed."""

    def __init__(self, allowed: int) -> None:
        self.seen: list[float] = []
        self.enough = asyncio.Event()
        self._allowed = allowed

    async def __call__(self, seconds: float) -> None:
        self.seen.append(seconds)
        if len(self.seen) > self._allowed:
            self.enough.set()
            await asyncio.Event().wait()


async def test_a_child_that_does_not_come_back_is_tried_with_growing_waits(
    tmp_path: Path, bell: Doorbell
) -> None:
    waits = Waits(allowed=3)
    once = f"mkdir {tmp_path}/ran && echo > {bell.path} && exec sleep 300"
    child = Child(
        "child",
        ["sh", "-c", once],
        output=tmp_path / "output",
        backoff=Backoff(first=1, factor=2, jitter=0),
        wait_until_ready=bell.rings,
        sleep=waits,
    )
    async with child, asyncio.timeout(20):
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await waits.enough.wait()
    assert waits.seen == [0, 1, 2, 4]
    assert child.restarts == 0


async def test_restarts_are_counted_and_told(tmp_path: Path, bell: Doorbell) -> None:
    back = asyncio.Event()
    child = Child(
        "child",
        ["sh", "-c", f"echo > {bell.path}; exec sleep 300"],
        output=tmp_path / "output",
        wait_until_ready=bell.rings,
        on_restart=back.set,
        sleep=Waits(allowed=5),
    )
    async with child, asyncio.timeout(20):
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await back.wait()
        assert child.restarts == 1
        assert child.pid not in (None, first)
    assert child.pid is None


async def test_after_running_well_the_waits_start_anew(tmp_path: Path) -> None:
    waits = Waits(allowed=3)
    restarts = asyncio.Semaphore(0)
    child = Child(
        "child",
        ["sleep", "300"],
        output=tmp_path / "output",
        backoff=Backoff(first=1, factor=2, jitter=0, well_after=0),
        on_restart=restarts.release,
        sleep=waits,
    )
    async with child, asyncio.timeout(20):
        for _ in range(3):
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            await restarts.acquire()
    assert waits.seen == [0, 0, 0]


async def test_a_child_that_is_not_well_twice_in_a_row_is_killed_and_started_again(tmp_path: Path) -> None:
    back = asyncio.Event()
    answers = iter([False, False, False, True, False, True, False, False])
    asked = 0

    async def is_well() -> bool:
        nonlocal asked
        asked += 1
        return next(answers, True)

    waits: list[float] = []

    async def at_once(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    child = Child(
        "child",
        ["sleep", "300"],
        output=tmp_path / "output",
        on_restart=back.set,
        is_well=is_well,
        sleep=at_once,
    )
    async with child, asyncio.timeout(20):
        os.kill(child.pid or 0, signal.SIGSTOP)
        await back.wait()
        assert child.restarts == 1
    assert asked >= 8, "until it was well for the first time it is only starting"
    assert max(waits[:4]) < LOOK_SECONDS == waits[4], "one that freezes soon after its start was well, too"


async def never() -> None:
    await asyncio.Event().wait()


async def test_a_first_start_that_fails_quotes_the_log(tmp_path: Path) -> None:
    child = Child(
        "Telephone",
        ["sh", "-c", "echo the port is taken >&2; exit 3"],
        output=tmp_path / "output",
        wait_until_ready=never,
    )
    with pytest.raises(AsteriskError) as caught:
        await child.start()
    assert "the port is taken" in str(caught.value)
    assert "code 3" in str(caught.value)
    assert child.pid is None


async def test_a_start_that_takes_too_long_leaves_nothing_behind(tmp_path: Path) -> None:
    child = Child(
        "child",
        ["sleep", "300"],
        output=tmp_path / "output",
        wait_until_ready=never,
        start_seconds=0.05,
    )
    with pytest.raises(AsteriskError):
        await child.start()
    assert child.pid is None


async def test_a_child_that_does_not_listen_is_killed_with_its_own_children(
    tmp_path: Path, bell: Doorbell
) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    deaf = f"trap '' TERM; exec 9> {held}; sleep 300 & echo > {bell.path}; while :; do sleep 300; done"
    child = Child(
        "child",
        ["sh", "-c", deaf],
        output=tmp_path / "output",
        wait_until_ready=bell.rings,
        stop_seconds=0.1,
    )
    await child.start()
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    await child.stop()
    # The pipe ends when the last process that holds it is gone.
    assert select.select([reader], [], [], 10)[0]
    assert os.read(reader, 1) == b""
    os.close(reader)


async def test_ctrl_c_does_not_reach_the_child(tmp_path: Path) -> None:
    child = Child("child", ["sleep", "300"], output=tmp_path / "output")
    async with child:
        assert child.pid is not None
        assert os.getsid(child.pid) != os.getsid(0)


async def test_stopping_twice_is_no_error(tmp_path: Path) -> None:
    child = Child("child", ["sleep", "300"], output=tmp_path / "output")
    await child.start()
    await child.stop()
    await child.stop()
