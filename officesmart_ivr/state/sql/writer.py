"""Writing behind the calls' backs: one task, in order, so that nobody who talks waits for a disk.

What changes is put into a queue under its key, where a newer value takes the place of an older one that has
not been written yet. All queues go out together in one transaction, so the database always holds a state that
the program once had as a whole. Only what has piled up goes out in portions: to say it all at once would hold
calls up. A database that is full, broken or away costs log lines, and, where a queue runs over, its oldest
entries.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from officesmart_ivr.errors import StateError
from officesmart_ivr.state.sql.transaction import CarryOut, Change

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

LINGER_SECONDS = 0.2
"""How long a change waits for others to share its transaction, and the most that a crash can take."""

WRITE_SECONDS = 10.0
"""How long a transaction may take before the database counts as away."""

MOST_AT_ONCE = 500
"""So many entries of a queue share a transaction at most."""

RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses between attempts; the last one goes on."""


class Queue(Generic[_T]):
    """What waits to be written, by key. ``changes`` says what a batch changes; ``limit`` bounds it."""

    def __init__(
        self,
        changes: Callable[[Sequence[_T]], Sequence[Change]],
        limit: int,
        put: Callable[[], None],
    ) -> None:
        self._changes = changes
        self._limit = limit
        self._put = put
        self._taken: dict[str, _T] = {}
        self.waiting: dict[str, _T] = {}
        self.dropped = 0

    def put(self, key: str, item: _T) -> None:
        """Let this be written, in place of what still waits under its key."""
        self.waiting[key] = item
        self._drop()
        self._put()

    def take(self) -> None:
        """Begin a transaction with what waits at this moment, the oldest of it if that is much."""
        self._taken = dict(islice(self.waiting.items(), MOST_AT_ONCE))
        for key in self._taken:
            del self.waiting[key]

    def changes(self) -> list[Change]:
        """Return what writes that which was taken."""
        if not self._taken:
            return []
        return [change for change in self._changes(list(self._taken.values())) if change.rows]

    def give_back(self) -> None:
        """Let what was taken wait again, but for what has become newer meanwhile."""
        self.waiting = {**self._taken, **self.waiting}
        self._taken = {}
        self._drop()

    def written(self) -> int:
        """Forget what was taken; return how much it was."""
        count = len(self._taken)
        self._taken = {}
        return count

    @property
    def unwritten(self) -> list[_T]:
        """All that the database may not have yet."""
        return list({**self._taken, **self.waiting}.values())

    def _drop(self) -> None:
        while len(self.waiting) > self._limit:
            del self.waiting[next(iter(self.waiting))]
            self.dropped += 1


class Writer:
    """Writes the queues of a database. Use as an async context; leaving it writes what still waits.

    ``counts`` tells what was ``written``, and which transactions ``failed``; :attr:`dropped` what was lost.
    """

    def __init__(self, carry_out: CarryOut, where: str) -> None:
        self._carry_out = carry_out
        self._where = where
        self._queues: list[Queue[object]] = []
        self._something = asyncio.Event()
        self._stopping = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.counts: Counter[str] = Counter()

    @property
    def dropped(self) -> int:
        """How many entries were given up because too many waited."""
        return sum(queue.dropped for queue in self._queues)

    def queue(self, changes: Callable[[Sequence[_T]], Sequence[Change]], *, limit: int) -> Queue[_T]:
        """Make a queue. Those made first are written first."""
        queue = Queue(changes, limit, self._something.set)
        self._queues.append(queue)  # type: ignore[arg-type]  # only the queue itself looks at its items
        return queue

    async def __aenter__(self) -> Writer:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="database writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        self._something.set()
        if self._task is not None:
            await self._task
        try:
            await self.flush()
        except StateError as error:
            _log.error("at the end %s; %d changes are lost", error.message, self._waiting())

    async def flush(self) -> None:
        """Write now what waits. Raises StateError; it waits on then."""
        async with self._one_at_a_time:
            self._something.clear()
            # What comes meanwhile has another turn.
            left = self._waiting()
            while left > 0 and self._waiting():
                left -= await self._transaction()

    async def _transaction(self) -> int:
        """Write a portion of what waits; return how much it was. Raises StateError."""
        for queue in self._queues:
            queue.take()
        try:
            # Said here, where nothing changes meanwhile; carried out where it likes.
            changes = [change for queue in self._queues for change in queue.changes()]
            if changes:
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._carry_out(changes)
        except BaseException as error:
            for queue in self._queues:
                queue.give_back()
            # Drivers raise errors of their own and of the system before SQLAlchemy can wrap them.
            if not isinstance(error, Exception):
                raise
            self.counts["failed"] += 1
            raise StateError(f"{self._where} could not be written: {reason(error)}") from error
        written = sum(queue.written() for queue in self._queues)
        self.counts["written"] += written
        return written

    def _waiting(self) -> int:
        return sum(len(queue.waiting) for queue in self._queues)

    async def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            await self._something.wait()
            await self._pause(LINGER_SECONDS)
            try:
                await self.flush()
            except StateError as error:
                # Once, not at every attempt: a log on the same full disk would not help.
                if failures == 0:
                    _log.error("%s; calls go on, trying again", error.message)
                await self._pause(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                self._something.set()
                failures += 1
            else:
                if failures:
                    _log.warning("%s is written again; %d changes are lost", self._where, self.dropped)
                failures = 0

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def reason(error: BaseException) -> str:
    """Say in one line why the database refused, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(cause).splitlines()
    return lines[0] if lines else type(cause).__name__
