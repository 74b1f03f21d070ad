"""A call log that can be followed: whoever does is told of each change, and need not ask again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

from officesmart_ivr.state.call_log import CallLog, CallQuery, CallRecord


class Change(NamedTuple):
    """A call that has changed; ``over``: it was finished, and will not change any more."""

    record: CallRecord
    over: bool


class Changes:
    """What has changed since it was last asked for; several changes of one call count as one."""

    def __init__(self) -> None:
        self._waiting: dict[str, Change] = {}
        self._something = asyncio.Event()

    def put(self, record: CallRecord, *, over: bool) -> None:
        """Take a change; never waits."""
        self._waiting[record.caller.call_id] = Change(record, over)
        self._something.set()

    async def take(self, within: float) -> list[Change]:
        """Return the changes, the oldest first, once there are any; nothing after ``within`` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._something.wait(), within)
        self._something.clear()
        taken, self._waiting = self._waiting, {}
        return list(taken.values())


class FollowedCallLog:
    """Passes everything on to another log, and tells followers. A :class:`CallLog` itself."""

    def __init__(self, log: CallLog) -> None:
        self._log = log
        self._followers: set[Changes] = set()

    @contextmanager
    def following(self) -> Iterator[Changes]:
        """Follow the log while the context lasts.

        To miss nothing, begin to follow first and find what is there already afterwards.
        """
        changes = Changes()
        self._followers.add(changes)
        try:
            yield changes
        finally:
            self._followers.discard(changes)

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived, or an adopted one."""
        self._log.begin(record)
        self._tell(record)

    def update(self, record: CallRecord) -> None:
        """Take note that a record has grown."""
        self._log.update(record)
        self._tell(record)

    def finish(self, record: CallRecord) -> None:
        """Take the same record when the call is over, or given up while it lasts."""
        self._log.finish(record)
        self._tell(record, over=True)

    def left_open(self) -> Sequence[CallRecord]:
        """Return the calls that an earlier process has left open and nobody has adopted."""
        return self._log.left_open()

    def adopt(self, call_id: str) -> CallRecord | None:
        """Return the record of a call that an earlier process has left open."""
        return self._log.adopt(call_id)

    def close_interrupted(self) -> Sequence[CallRecord]:
        """Close what an earlier process has left open and nobody has adopted; return these calls."""
        closed = self._log.close_interrupted()
        for record in closed:
            self._tell(record, over=True)
        return closed

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """Return the wanted calls, the newest first. Raises StateError."""
        return await self._log.find(query)

    async def get(self, prefix: str) -> CallRecord | None:
        """Return the call whose id begins so. Raises AmbiguousCallError when several do, else StateError."""
        return await self._log.get(prefix)

    async def delete_older(self, before: datetime) -> int:
        """Delete the finished calls that began before; return how many. Raises StateError."""
        return await self._log.delete_older(before)

    def _tell(self, record: CallRecord, *, over: bool = False) -> None:
        for follower in self._followers:
            follower.put(record, over=over)
