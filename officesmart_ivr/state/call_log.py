"""The call log: what happened to each call, and why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.state import Caller


@dataclass(slots=True)
class Step:
    """One line of a call's explanation."""

    at: datetime
    note: Note


@dataclass(slots=True)
class CallRecord:
    """A call from its arrival; ``ended`` and ``outcome`` are empty while it lasts.

    ``sip_call_id`` is the Call-ID of the caller's SIP dialog, by which a test finds its own call.
    """

    caller: Caller
    began: datetime
    sip_call_id: str = ""
    ended: datetime | None = None
    outcome: str = ""
    steps: list[Step] = field(default_factory=list)


class CallLog(Protocol):
    """Where records of calls go."""

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived. The record is filled in while the call lasts."""

    def finish(self, record: CallRecord) -> None:
        """Take the same record when the call is over."""

    def __iter__(self) -> Iterator[CallRecord]:
        """Give the calls that are known, the oldest first."""
        ...


class MemoryCallLog:
    """Keeps the last ``size`` calls in memory."""

    def __init__(self, size: int = 1000) -> None:
        self._active: dict[str, CallRecord] = {}
        self._finished: deque[CallRecord] = deque(maxlen=size)

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived."""
        self._active[record.caller.call_id] = record

    def finish(self, record: CallRecord) -> None:
        """Move a call from the active to the finished ones."""
        self._active.pop(record.caller.call_id, None)
        self._finished.append(record)

    def __iter__(self) -> Iterator[CallRecord]:
        yield from self._finished
        yield from self._active.values()
