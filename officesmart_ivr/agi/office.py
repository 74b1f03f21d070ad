"""What the calls of the fallback share: the lines, the groups' memories, the lines outside, the overrides.

Calls are threads, so every method is one critical section. Lines and hunts are those of live calls, with the
board in memory; what people have set, and whom a group offered a call last, is as the application left it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec.structs import replace

from officesmart_ivr.agi.plans import Plans, Served
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.core.effects import HuntEnd
from officesmart_ivr.core.effects import Offer as AskForMembers
from officesmart_ivr.core.events import Event, LegEnded, LegOutcome
from officesmart_ivr.core.overrides import Overrides
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import Caller
from officesmart_ivr.core.target import OutsideTarget
from officesmart_ivr.state.lines import Offer, reserve_phone
from officesmart_ivr.state.memory import MemoryLineBoard, at_once
from officesmart_ivr.state.overrides import MemoryOverrideBoard
from officesmart_ivr.state.trunks import TrunkBoard

_ELSEWHERE = "-elsewhere"
"""Ends the ids of calls that Asterisk knows of and we do not, such as talks that outlive the application."""

_ABSENT = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
_OCCUPIED = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})
"""States of a device in Asterisk (``DEVICE_STATE`` of its dialplan)."""


class Office:
    """The office of the fallback. ``clock`` gives the time, aware and in UTC."""

    def __init__(self, plans: Plans, clock: Callable[[], datetime]) -> None:
        self._plans = plans
        self._clock = clock
        self._turn = threading.RLock()
        self._calls: set[str] = set()
        self._served: Served | None = None
        self._overrides = MemoryOverrideBoard()
        self._furnish(MemoryLineBoard())

    def __len__(self) -> int:
        return len(self._calls)

    def newest(self) -> Served | None:
        """Return what the next call is served with; None where there is no plan yet."""
        return self._plans.newest()

    def enter(self, call_id: str) -> Served | None:
        """Let a call begin; return what it is served with, or None where there is no plan."""
        with self._turn:
            self._served = self._plans.newest()
            state, has_changed = self._plans.state()
            if has_changed:
                self._overrides = MemoryOverrideBoard(state.overrides)
                if not self._calls:
                    lines = (replace(line, registered=True) for line in state.lines)
                    self._furnish(MemoryLineBoard(lines, state.groups.items()))
            if self._served is not None:
                self._calls.add(call_id)
            return self._served

    def leave(self, call_id: str) -> None:
        """Free whatever a call still has."""
        with self._turn:
            self._calls.discard(call_id)
            self._hunts.leave(call_id, HuntEnd.ABANDONED)
            self._board.release_call(call_id, self._clock())

    def overrides(self) -> Overrides:
        """Return the manual overrides that hold now."""
        with self._turn:
            return self._overrides.view(self._clock())

    def occupy(self, caller: Caller) -> None:
        """Take note that a phone calls."""
        with self._turn:
            self._board.occupy(caller.endpoint, caller.call_id, caller.call_id, self._clock())

    def look(self, states: Mapping[str, str]) -> None:
        """Take over what Asterisk says of the devices of these lines."""
        with self._turn:
            now, extensions = self._clock(), self._plan.plan.extensions
            for line, state in states.items():
                self._board.update(line, now, registered=state not in _ABSENT)
                legs, elsewhere = self._board.view(now).line(line).legs, line + _ELSEWHERE
                if state not in _OCCUPIED:
                    self._board.release(elsewhere, now)
                elif not legs and line in extensions and extensions[line].max_calls == 1:
                    self._board.occupy(line, elsewhere, elsewhere, now)

    def members(self, group: str) -> list[str]:
        """Return the phones of a group."""
        found = self._plan.groups.get(group)
        return [each.id for each in found.members.values() if not each.is_outside] if found else []

    def offer(self, call_id: str, effect: AskForMembers, post: Callable[[Event], None]) -> None:
        """Choose members for a call that hunts."""
        with self._turn:
            at_once(self._hunts.offer(call_id, effect, post))

    def leave_hunt(self, call_id: str, how: HuntEnd, leg: str, line: str) -> None:
        """End a call's hunt."""
        with self._turn:
            self._hunts.leave(call_id, how, leg, line)

    def missed(self, call_id: str, line: str, limit: int) -> None:
        """Count an offer that was not answered."""
        with self._turn:
            self._hunts.missed(call_id, line, limit)

    def reserve(self, call_id: str, leg: str, extension: str) -> LegOutcome | None:
        """Reserve the line of a phone that no group has reserved; return why it cannot be."""
        with self._turn:
            known = self._plan.plan.extensions.get(extension)
            offer = Offer(extension, leg, known.max_calls if known else 1)
            return at_once(reserve_phone(self._board, call_id, offer, self._clock()))

    def take_outside(self, leg: str, target: OutsideTarget) -> LegEnded | None:
        """Take a line outside; return how the leg has ended where there is none."""
        with self._turn:
            return self._outside.take(leg, target)

    def endpoint(self, target: OutsideTarget) -> str:
        """Return what Asterisk is asked to dial."""
        return self._outside.endpoint(target)

    def answered(self, leg: str) -> None:
        """Take note that a leg talks, or has talked."""
        with self._turn:
            self._board.answered(leg)

    def free(self, leg: str, wrap_up: float) -> None:
        """Free the line of a leg; safe to repeat."""
        with self._turn:
            self._outside.give_back(leg)
            self._hunts.talk_over(leg)
            self._board.release(leg, self._clock(), wrap_up=wrap_up)

    def leftovers(self) -> dict[str, int]:
        """Count what calls hold; all are zero when none lasts."""
        with self._turn:
            lines = self._board.view(self._clock()).lines
            legs = [leg for line in lines for leg in line.legs if not leg.id.endswith(_ELSEWHERE)]
            return {
                "calls": len(self._calls),
                "legs on lines": len(legs),
                "hunts": len(self._hunts),
                "lines outside": len(self._outside),
            }

    def _furnish(self, board: MemoryLineBoard) -> None:
        self._board = board
        self._hunts = Hunts(board, lambda: self._plan, self._clock)
        # In which state trunks are is not known here, so each is tried.
        self._outside = OutsideLines(lambda: self._plan.plan, TrunkBoard())

    @property
    def _plan(self) -> PreparedPlan:
        assert self._served is not None, "a call has begun"
        return self._served.plan
