"""The call log: what happened to each call, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import Place
from officesmart_ivr.core.state import Caller
from officesmart_ivr.errors import AmbiguousCallError

INTERRUPTED = "interrupted"
"""The outcome of a call that nobody took over after its process had died."""

FAULT = "fault"
"""The outcome of a call that a fault of the program has ended."""

CALLER_LEFT = "caller_left"
ANSWERED = "answered"
PICKED_UP = "picked_up"
ANSWERED_ELSEWHERE = "answered_elsewhere"
"""Outcomes of a leg beside those of :class:`~officesmart_ivr.core.events.LegOutcome`."""


@dataclass(slots=True)
class Step:
    """One line of a call's explanation."""

    at: datetime
    note: Note


@dataclass(slots=True)
class CallLeg:
    """A line that was rung for a call.

    ``rang``: when its phone said that it rings. ``outcome`` is ``answered``, ``picked_up`` (by another
    phone), ``answered_elsewhere`` (by a member that rang too), ``caller_left`` or a LegOutcome, and empty
    while it rings; ``ended`` is the end of the ringing or of the talk.
    """

    line: str
    began: datetime
    rang: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    outcome: str = ""


@dataclass(slots=True)
class CallRecord:
    """A call from its arrival; ``ended`` and ``outcome`` are empty while it lasts.

    ``sip_call_id`` is the Call-ID of the caller's SIP dialog, by which a test finds its own call.
    ``answered``: when the caller's channel was answered, by a menu or a person. ``multiselection``: the first
    that took the call. ``path``: the menus entered, as ``multiselection/menu``. ``place``: where the call is,
    for the process that goes on with it should this one die; None when it is over.
    """

    caller: Caller
    began: datetime
    sip_call_id: str = ""
    answered: datetime | None = None
    ended: datetime | None = None
    outcome: str = ""
    multiselection: str = ""
    path: list[str] = field(default_factory=list)
    legs: list[CallLeg] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    place: Place | None = None

    def note(self, at: datetime, note: Note) -> None:
        """Take a note into the explanation, and what it says into the path and the legs."""
        self.steps.append(Step(at, note))
        about = note.about
        match note.fact:
            case Fact.MULTISELECTION:
                self.multiselection = self.multiselection or about["multiselection"]
            case Fact.MENU:
                self._enter(about["menu"])
            case Fact.RINGS | Fact.CALLS_OUTSIDE:
                self.legs.append(CallLeg(about["line"], at))
            case Fact.RINGING:
                for leg in self._open(about["line"]):
                    leg.rang = leg.rang or at
            case Fact.ANSWERED:
                for leg in self._open(about["line"]):
                    leg.answered, leg.outcome = at, ANSWERED
                for leg in self.legs:
                    if not leg.outcome:
                        leg.ended, leg.outcome = at, ANSWERED_ELSEWHERE
            case Fact.LEAVES_GROUP | Fact.LEAVES_QUEUE:
                self._end_legs(at, LegOutcome.NO_ANSWER)
            case Fact.GOES_ON | Fact.BEGINS_ANEW:
                self._end_legs(at, INTERRUPTED)
            case Fact.TAKEN_OVER:
                self._talks(at, about["line"])
            case Fact.TRANSFERS | Fact.JOINS_MENU | Fact.JOINS_GROUP | Fact.RECALLS:
                self._end_legs(at, ANSWERED, about["line"])
            case Fact.JOINS:
                self._end_legs(at, ANSWERED, about["line"])
                self.legs.append(CallLeg(about["to"], at, answered=at, outcome=ANSWERED))
            case Fact.JOINS_RINGING:
                self._end_legs(at, ANSWERED, about["line"])
                self.legs.append(CallLeg(about["to"], at, rang=at))
            case Fact.PICKED_UP:
                self._end_legs(at, PICKED_UP)
                self.legs.append(CallLeg(about["line"], at, answered=at, outcome=ANSWERED))
            case Fact.NOT_REACHED | Fact.NO_LINE:
                self._end_legs(at, about["outcome"], about["line"])
            case Fact.OTHER_LEFT:
                self._end_legs(at, ANSWERED, about["line"])
            case Fact.ENDED:
                self._end_legs(at, CALLER_LEFT)
            case _:
                pass

    def close(self, at: datetime, outcome: str) -> None:
        """End the record, and what is open in it."""
        self.ended, self.outcome, self.place = at, outcome, None
        self._end_legs(at, outcome)

    def _enter(self, menu: str) -> None:
        """Add a menu of the multiselection that took the call last; hearing it again adds nothing."""
        takers = (step.note for step in reversed(self.steps) if step.note.fact is Fact.MULTISELECTION)
        multiselection = next((taker.about["multiselection"] for taker in takers), "")
        entered = f"{multiselection}/{menu}"
        if self.path[-1:] != [entered]:
            self.path.append(entered)

    def _talks(self, at: datetime, line: str) -> None:
        """Make sure that a line talks: the process that is gone may not have come to write it."""
        if not self._open(line):
            self.legs.append(CallLeg(line, at))
        for leg in self._open(line):
            leg.answered, leg.outcome = leg.answered or at, ANSWERED

    def _open(self, line: str) -> list[CallLeg]:
        return [leg for leg in self.legs if leg.ended is None and leg.line == line]

    def _end_legs(self, at: datetime, outcome: str, line: str = "") -> None:
        """End the open legs, those of one line only where one is named; who has answered has answered."""
        for leg in self.legs:
            if leg.ended is None and leg.line == (line or leg.line):
                leg.ended, leg.outcome = at, leg.outcome or outcome


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls are wanted. What is left as it is does not matter.

    ``since`` and ``until`` bound the call's beginning (the latter excluded). ``number`` and ``caller`` are a
    part of the number called and of the caller's, whatever its case. ``extension`` called or was rung.
    """

    since: datetime | None = None
    until: datetime | None = None
    number: str = ""
    caller: str = ""
    extension: str = ""
    outcome: str = ""
    sip_call_id: str | None = None
    limit: int = 100

    def matches(self, record: CallRecord) -> bool:
        """Say whether a call is wanted."""
        return (
            (self.since is None or record.began >= self.since)
            and (self.until is None or record.began < self.until)
            and self.number.lower() in record.caller.dialled.lower()
            and self.caller.lower() in record.caller.number.lower()
            and self.extension in ("", record.caller.endpoint, *(leg.line for leg in record.legs))
            and self.outcome in ("", record.outcome)
            and self.sip_call_id in (None, record.sip_call_id)
        )


class CallLog(Protocol):
    """Where records of calls go.

    A record belongs to its call, which fills it in and says so with :meth:`update`; the log reads it when it
    likes. What is reported never waits for a disk; what is asked may.
    """

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived."""

    def update(self, record: CallRecord) -> None:
        """Take note that a record has grown."""

    def finish(self, record: CallRecord) -> None:
        """Take the same record when the call is over, or given up while it lasts (``ended`` is None then)."""

    def left_open(self) -> Sequence[CallRecord]:
        """Return the calls that an earlier process has left open and nobody has adopted."""
        ...

    def adopt(self, call_id: str) -> CallRecord | None:
        """Return the record of a call that an earlier process has left open, to go on with :meth:`begin`."""
        ...

    def close_interrupted(self) -> Sequence[CallRecord]:
        """Close what an earlier process has left open and nobody has adopted; return these calls.

        Such a call ends as ``interrupted`` at its last known moment.
        """
        ...

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """Return the wanted calls, those in progress too, the newest first. Raises StateError."""
        ...

    async def get(self, prefix: str) -> CallRecord | None:
        """Return the call whose id begins so.

        Raises AmbiguousCallError when several do, StateError when the log cannot be read.
        """
        ...

    async def delete_older(self, before: datetime) -> int:
        """Delete the finished calls that began before; return how many. Raises StateError."""
        ...


def newest_first(records: Sequence[CallRecord], limit: int) -> list[CallRecord]:
    """Return the last ``limit`` records, ordered by their beginning; by id where that is the same."""
    return sorted(records, key=lambda record: (record.began, record.caller.call_id), reverse=True)[:limit]


def only_one(prefix: str, records: Sequence[CallRecord]) -> CallRecord | None:
    """Return the one record found for a prefix of its id, None when there is none.

    Raises AmbiguousCallError.
    """
    exact = [record for record in records if record.caller.call_id == prefix]
    found = exact or records
    if len(found) > 1:
        raise AmbiguousCallError(f"more than one call begins with '{prefix}'", remedy="Give more of its id.")
    return found[0] if found else None


def interrupt(record: CallRecord) -> None:
    """Close the record of a call whose process died, at the last moment it is known to have lasted."""
    record.close(record.steps[-1].at if record.steps else record.began, INTERRUPTED)
