"""Programs run as supervised children: ended with us, restarted when they end by themselves, stopped cleanly.

A child has a session of its own, so that Ctrl-C reaches only this program, which then stops its children in
order. It is on a leash (see ``leash``), so that nothing is left behind even after ``kill -9``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from officesmart_ivr.asterisk.leash import leashed
from officesmart_ivr.errors import AsteriskError

logger = logging.getLogger(__name__)

QUOTED_LINES = 8

LOOK_SECONDS = 5.0
"""How often a child is asked whether it is well."""

_STARTING_SECONDS = 0.5
"""How often until it is for the first time: one that freezes soon after its start was well, too."""

ILL_TIMES = 2
"""So often in a row it must not be: a machine that is busy for a moment costs no calls."""


@dataclass(frozen=True)
class Backoff:
    """How long to wait between restarts, in seconds, and when a child counts as running well again.

    The first restart waits for nothing, because callers do.
    """

    first: float = 0.25
    factor: float = 2.0
    longest: float = 15.0
    jitter: float = 0.2
    """Each wait is changed by up to this share of itself, up or down."""
    well_after: float = 60.0
    """After this many seconds of running, the next restart is a first one again."""

    def waits(self, chance: Callable[[], float] = random.random) -> Iterator[float]:
        """The waits, without end. ``chance`` gives numbers from 0 to 1."""
        yield 0.0
        wait = self.first
        while True:
            yield wait * (1 + self.jitter * (2 * chance() - 1))
            wait = min(wait * self.factor, self.longest)


class Child:
    """A program under supervision. Use it as ``async with``, or call ``start`` and ``stop``.

    ``start`` returns once ``wait_until_ready`` does. It raises AsteriskError if the program ends before that,
    with the telling lines of its log. From then on the child is started again whenever it ends, until it is
    back; ``on_restart`` is called each time that it is. ``umask`` is taken away from the files that the child
    makes.

    ``is_well`` is asked again and again while it runs. A program that was well and is not ``ill_times`` in a
    row, such as one that has frozen, is killed, and so started again.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        output: Path,
        wait_until_ready: Callable[[], Awaitable[None]] | None = None,
        telling_lines: Callable[[], list[str]] | None = None,
        on_restart: Callable[[], None] | None = None,
        is_well: Callable[[], Awaitable[bool]] | None = None,
        ill_times: int = ILL_TIMES,
        environment: dict[str, str] | None = None,
        umask: int = 0,
        backoff: Backoff | None = None,
        start_seconds: float = 60.0,
        stop_seconds: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._command = list(command)
        self._output = output
        self._wait_until_ready = wait_until_ready
        self._telling_lines = telling_lines or (lambda: last_lines(output))
        self._on_restart = on_restart
        self._is_well = is_well
        self._ill_times = ill_times
        self._environment = environment
        self._umask = umask
        self._backoff = backoff or Backoff()
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._sleep = sleep
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def start(self) -> None:
        """Start the program and wait until it is ready. Raises AsteriskError if it does not get there."""
        try:
            await self._spawn()
            await self._ready()
        except BaseException:
            await self._end()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name=f"supervise {self.name}")

    async def stop(self) -> None:
        """Stop the program: politely, then by force. Does nothing if it is not running."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None
        await self._end()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _spawn(self) -> None:
        with self._output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *leashed(self._command, umask=self._umask),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=self._environment,
            )

    async def _ready(self) -> None:
        """Wait until the program is ready. Raises AsteriskError if it ends, or takes too long."""
        assert self._process is not None
        ended = asyncio.ensure_future(self._process.wait())
        ready = asyncio.ensure_future(self._wait_until_ready() if self._wait_until_ready else _at_once())
        try:
            await asyncio.wait(
                (ended, ready), timeout=self._start_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if ready.done() and not ended.done():
                ready.result()
            elif ended.done():
                raise AsteriskError(self._said(f"{self.name} ended at once ({how_ended(ended.result())})"))
            else:
                raise AsteriskError(self._said(f"{self.name} was not ready after {self._start_seconds:g} s"))
        finally:
            for waiting in (ended, ready):
                waiting.cancel()
            await asyncio.gather(ended, ready, return_exceptions=True)

    def _said(self, what: str) -> str:
        lines = self._telling_lines()
        return "\n".join(
            [f"{what}. Its log says:" if lines else f"{what}.", *(f"  {line}" for line in lines)]
        )

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        waits = self._backoff.waits()
        while True:
            assert self._process is not None
            began = loop.time()
            code = await self._until_it_ends(self._process)
            if loop.time() - began >= self._backoff.well_after:
                waits = self._backoff.waits()
            wait = next(waits)
            logger.error("%s ended (%s); it is started again in %.2f s", self.name, how_ended(code), wait)
            await self._sleep(wait)
            try:
                await self._spawn()
                await self._ready()
            except (AsteriskError, OSError) as error:
                logger.error("%s did not come back: %s", self.name, error)
                await self._end()
                continue
            self.restarts += 1
            if self._on_restart:
                self._on_restart()

    async def _until_it_ends(self, process: asyncio.subprocess.Process) -> int:
        """Wait for the end of the program; one that is not well any more is brought there."""
        ended = asyncio.ensure_future(process.wait())
        looking = asyncio.ensure_future(self._look_after(process))
        try:
            return await ended
        finally:
            for waiting in (ended, looking):
                waiting.cancel()
            await asyncio.gather(ended, looking, return_exceptions=True)

    async def _look_after(self, process: asyncio.subprocess.Process) -> None:
        """Kill a program that is not well, as often as it is looked for."""
        if self._is_well is None:
            return
        # One that we have waited for is well to begin with.
        ill, was_well = 0, self._wait_until_ready is not None
        while True:
            await self._sleep(LOOK_SECONDS if was_well else _STARTING_SECONDS)
            is_well = await self._is_well()
            was_well = was_well or is_well
            ill = 0 if is_well else ill + 1
            if was_well and ill >= self._ill_times:
                logger.error("%s does not answer; it is killed", self.name)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            # The whole session: a program may have children of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._stop_seconds):
                    await process.wait()
                    return
        logger.error("%s (process %d) does not end", self.name, process.pid)


async def _at_once() -> None:
    return None


def how_ended(code: int) -> str:
    """A process's return code in words."""
    if code >= 0:
        return f"code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def last_lines(path: Path, *, containing: Sequence[str] = ("",), since: int = 0) -> list[str]:
    """The last few lines of the log at ``path`` after byte ``since`` that contain one of the texts."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            file.seek(since)
            lines = (line.strip() for line in file)
            return list(
                deque((line for line in lines if any(t in line for t in containing)), maxlen=QUOTED_LINES)
            )
    except OSError:
        return []
