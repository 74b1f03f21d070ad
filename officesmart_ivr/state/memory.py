"""The state in memory: alone for tests, and as what the SQL state answers from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from officesmart_ivr.core.lines import midnight_before
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.call_log import CallQuery, CallRecord, newest_first, only_one
from officesmart_ivr.state.lines import Choice, LastOffered, Leg, Line, Offer, Phase, View

_T = TypeVar("_T")

_ORDER = list(Phase)


def at_once(work: Coroutine[Any, Any, _T]) -> _T:
    """Return the result of what does not wait: with the lines in memory, and one thing at a time."""
    try:
        work.send(None)
    except StopIteration as result:
        value: _T = result.value
        return value
    raise RuntimeError("there is nothing here that could be waited for")


class Journal(Protocol):
    """Is told of each change, for keeping."""

    def line(self, line: Line) -> None:
        """Take the new state of a line."""

    def forgotten(self, line: str) -> None:
        """Take note that a line is no more."""

    def last_offered(self, group: str, last: LastOffered) -> None:
        """Take the new memory of a group."""


class MemoryLineBoard:
    """A line board in memory.

    No method waits between reading and changing, :meth:`reserve` included, so on one event loop each is a
    critical section. ``lines`` and ``groups`` are what an earlier process has left.
    """

    def __init__(
        self,
        lines: Iterable[Line] = (),
        groups: Iterable[tuple[str, LastOffered]] = (),
        journal: Journal | None = None,
    ) -> None:
        self._lines = {line.id: line for line in lines}
        self._groups = dict(groups)
        self._line_of = {leg.id: line.id for line in self._lines.values() for leg in line.legs}
        self._journal = journal
        self._listeners: list[Callable[[], None]] = []

    def view(self, now: datetime) -> View:
        """Show the lines as they are."""
        return View(self._lines, self._groups, now)

    async def reserve(
        self, call_id: str, choose: Callable[[View], Choice], now: datetime, *, group: str = ""
    ) -> tuple[Leg, ...]:
        """Choose and reserve in one critical section; see :class:`~officesmart_ivr.state.lines.LineBoard`."""
        view = self.view(now)
        choice = choose(view)
        self._require_new(choice.offers)
        reserved: list[Leg] = []
        for offer in choice.offers:
            line = view.line(offer.line)
            if line.has_room(call_id, offer.max_calls):
                leg = Leg(offer.leg, offer.line, call_id, Phase.RESERVED, group)
                self._put(replace(line, legs=(*line.legs, leg)))
                reserved.append(leg)
        last = choice.last_offered
        if last is not None and any(leg.line == last.member for leg in reserved):
            self._remember(group, last)
        return tuple(reserved)

    def occupy(self, line: str, call_id: str, leg: str, now: datetime) -> None:
        """Take note that a line talks in a call without having been offered it."""
        known = self._leg(leg)
        if known is not None and known.call_id != call_id:
            raise StateError(f"the leg {leg} of the call {known.call_id} cannot be in the call {call_id} too")
        if known is not None and known.line != line:
            self._put(_without(self._lines[known.line], known))
        self._add(Leg(leg, line, call_id, Phase.TALKING), now)

    def ringing(self, leg: str) -> None:
        """Take note that the phone of a reserved leg rings."""
        self._advance(leg, Phase.RINGING)

    def answered(self, leg: str) -> None:
        """Take note that a leg talks."""
        self._advance(leg, Phase.TALKING)

    def hand_over(self, leg: str, call_id: str) -> None:
        """Give a leg to another call; it replaces one that call has there."""
        known = self._leg(leg)
        if known is not None and known.call_id != call_id:
            line = self._lines[known.line]
            others = tuple(other for other in line.legs if other.call_id != call_id and other.id != leg)
            self._put(replace(line, legs=(*others, replace(known, call_id=call_id))))

    def release(self, leg: str, now: datetime, *, wrap_up: float = 0.0) -> None:
        """Free a line of a leg."""
        known = self._leg(leg)
        if known is None:
            return
        line = self._lines[known.line]
        if known.phase is Phase.TALKING:
            until = now + timedelta(seconds=wrap_up) if wrap_up else line.wrap_up_until
            line = replace(_talked(line, known.group, now), call_ended=now, wrap_up_until=until)
        self._put(_without(line, known))

    def release_call(self, call_id: str, now: datetime, *, wrap_up: float = 0.0) -> None:
        """Free all lines of a call."""
        for leg in self._legs():
            if leg.call_id == call_id:
                self.release(leg.id, now, wrap_up=wrap_up)

    def update(
        self,
        line: str,
        now: datetime,
        *,
        registered: bool | None = None,
        logged_in: bool | None = None,
        paused: bool | None = None,
        do_not_disturb: bool | None = None,
    ) -> None:
        """Take note of what has changed about a line."""
        before = self.view(now).line(line)
        after = replace(
            before,
            registered=before.registered if registered is None else registered,
            logged_in=before.logged_in if logged_in is None else logged_in,
            paused=before.paused if paused is None else paused,
            do_not_disturb=before.do_not_disturb if do_not_disturb is None else do_not_disturb,
        )
        if _is_back(before, after):
            after = replace(after, ready_since=now, missed=0)
        self._put(after)

    def missed(self, line: str, limit: int, now: datetime) -> bool:
        """Count an offer that was not answered; pause the line at the limit."""
        before = self.view(now).line(line)
        is_enough = before.missed + 1 >= limit
        if is_enough:
            self._put(replace(before, missed=0, paused=True))
        else:
            self._put(replace(before, missed=before.missed + 1))
        return is_enough

    def listen(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after each change of a line."""
        self._listeners.append(changed)

    def reconcile(self, live: Iterable[Leg], calls: Collection[str], now: datetime) -> None:
        """Make the board equal to what Asterisk has."""
        there = {leg.id: leg for leg in live}
        for leg in self._legs():
            awaited = leg.phase is Phase.RESERVED and leg.call_id in calls
            if leg.id not in there and not awaited:
                self.release(leg.id, now)
        for leg in there.values():
            known = self._leg(leg.id)
            if known is not None:
                phase = max(known.phase, leg.phase, key=_ORDER.index)
                leg = replace(leg, phase=phase, group=known.group)
                if leg != known:
                    self._put(_without(self._lines[known.line], known))
            if leg != known:
                self._add(leg, now)

    def forget(self) -> None:
        """Forget everything, as if the board were new; whoever listens goes on listening."""
        self._lines.clear()
        self._groups.clear()
        self._line_of.clear()

    def keep_only(self, lines: Collection[str]) -> None:
        """Forget the lines that are not among these; one with legs stays."""
        gone = [line.id for line in self._lines.values() if line.id not in lines and not line.legs]
        for line in gone:
            del self._lines[line]
            if self._journal is not None:
                self._journal.forgotten(line)

    def _legs(self) -> list[Leg]:
        return [leg for name in self._line_of if (leg := self._leg(name)) is not None]

    def _leg(self, leg: str) -> Leg | None:
        line = self._line_of.get(leg)
        return next((known for known in self._lines[line].legs if known.id == leg), None) if line else None

    def _require_new(self, offers: Collection[Offer]) -> None:
        seen: set[str] = set()
        for offer in offers:
            if offer.leg in self._line_of or offer.leg in seen:
                raise StateError(f"the leg {offer.leg} exists already and cannot be reserved once more")
            seen.add(offer.leg)

    def _add(self, leg: Leg, now: datetime) -> None:
        """Put a leg on its line, in place of the one that its call has there."""
        line = self.view(now).line(leg.line)
        group = next((other.group for other in line.legs if other.call_id == leg.call_id), "")
        others = tuple(other for other in line.legs if other.call_id != leg.call_id)
        self._put(replace(line, legs=(*others, replace(leg, group=leg.group or group))))

    def _advance(self, leg: str, phase: Phase) -> None:
        known = self._leg(leg)
        if known is None or _ORDER.index(known.phase) >= _ORDER.index(phase):
            return
        line = self._lines[known.line]
        advanced = replace(known, phase=phase)
        missed = 0 if phase is Phase.TALKING else line.missed
        self._put(
            replace(
                line, missed=missed, legs=tuple(advanced if other is known else other for other in line.legs)
            )
        )

    def _put(self, line: Line) -> None:
        """Make this the state of a line; the only place where one changes."""
        before = self._lines.get(line.id)
        if before is not None:
            for leg in before.legs:
                del self._line_of[leg.id]
        for leg in line.legs:
            self._line_of[leg.id] = line.id
        self._lines[line.id] = line
        if self._journal is not None:
            self._journal.line(line)
        for changed in self._listeners:
            changed()

    def _remember(self, group: str, last: LastOffered) -> None:
        self._groups[group] = last
        if self._journal is not None:
            self._journal.last_offered(group, last)


def _without(line: Line, leg: Leg) -> Line:
    return replace(line, legs=tuple(other for other in line.legs if other.id != leg.id))


def _talked(line: Line, group: str, now: datetime) -> Line:
    """Count a call that a group gave to a line."""
    if not group:
        return line
    calls = line.calls_since(midnight_before(now), group) + 1
    ended_of, calls_of = {**line.call_ended_of, group: now}, {**line.calls_of, group: calls}
    return replace(line, call_ended_of=ended_of, calls_of=calls_of)


def _is_back(before: Line, after: Line) -> bool:
    """Say whether somebody who could not be offered calls by choice now can."""
    return (
        (after.logged_in and not before.logged_in)
        or (before.paused and not after.paused)
        or (before.do_not_disturb and not after.do_not_disturb)
    )


class MemoryCallLog:
    """Keeps the last ``size`` calls in memory. Nothing is left of an earlier process."""

    def __init__(self, size: int = 1000) -> None:
        self._active: dict[str, CallRecord] = {}
        self._finished: deque[CallRecord] = deque(maxlen=size)

    def __iter__(self) -> Iterator[CallRecord]:
        """Give the finished calls as they ended, then those in progress as they began."""
        yield from self._finished
        yield from self._active.values()

    def begin(self, record: CallRecord) -> None:
        """Take a call that has just arrived."""
        self._active[record.caller.call_id] = record

    def update(self, record: CallRecord) -> None:
        """Nothing to do: the record itself is shown."""

    def finish(self, record: CallRecord) -> None:
        """Move a call from the active to the finished ones."""
        self._active.pop(record.caller.call_id, None)
        self._finished.append(record)

    def left_open(self) -> Sequence[CallRecord]:
        """Return nothing."""
        return ()

    def adopt(self, call_id: str) -> CallRecord | None:
        """Return None."""
        return None

    def close_interrupted(self) -> Sequence[CallRecord]:
        """Return nothing."""
        return ()

    async def find(self, query: CallQuery) -> list[CallRecord]:
        """Return the wanted calls, the newest first."""
        return newest_first([record for record in self if query.matches(record)], query.limit)

    async def get(self, prefix: str) -> CallRecord | None:
        """Return the call whose id begins so. Raises AmbiguousCallError when several do."""
        return only_one(prefix, [call for call in self if call.caller.call_id.startswith(prefix)])

    async def delete_older(self, before: datetime) -> int:
        """Forget the finished calls that began before; return how many."""
        kept = [record for record in self._finished if record.began >= before]
        deleted = len(self._finished) - len(kept)
        self._finished = deque(kept, self._finished.maxlen)
        return deleted
