"""The office of live tests, and its time.

The application's clock stands still while anything is under way: a request, a prompt that must be heard, a
phone that is about to ring. When all rests it jumps to what is due next, be it a timer of the application or
something that a person is to do. So a test takes as long as its signalling and no longer, nothing depends on
how busy the machine is, and things happen in the order in which the simulation has them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from officesmart_ivr.app import Application, Kept
from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.calls.exchange import Circumstances, random_call_id
from officesmart_ivr.calls.session import Session
from officesmart_ivr.core import state
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.hunt_turn import CONFIRM_KEY
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import LiveTestError
from officesmart_ivr.livetest.caller import LiveCall
from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.livetest.people import Person
from officesmart_ivr.livetest.town import Town
from officesmart_ivr.livetest.watched import Watched
from officesmart_ivr.simulation.call import ANSWER_SECONDS
from officesmart_ivr.simulation.clock import VirtualClock
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.run import BETWEEN_SECONDS
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
from officesmart_ivr.state.overrides import MemoryOverrideBoard
from officesmart_ivr.state.revisions import MemoryRevisions
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.incoming import IncomingCall

STUCK_SECONDS = 15.0
"""Real seconds without which nothing that was expected comes any more."""

_LOOK_SECONDS = 0.005
"""How soon what tells nobody is looked at again."""

_BUSY, _DECLINE, _NOT_NOW = 486, 603, 480


class Office:
    """An office that is opened for one test after the other. ``town`` has its phones and the world.

    Its ``application``, run with ``kept`` and in these ``circumstances``, is to be given before it is opened.
    """

    application: Application

    def __init__(self, plan: PreparedPlan, seconds: Callable[[str], float], town: Town) -> None:
        self.plan = plan
        self.seconds = seconds
        self.town = town
        self.codewords: Codewords = town.codewords
        self.clock = VirtualClock(datetime.now(UTC))
        self._lines, self._log = MemoryLineBoard(), MemoryCallLog()
        self._overrides = MemoryOverrideBoard()
        self.kept = Kept(self._lines, self._log, MemoryRevisions(), self._overrides)
        self.circumstances = Circumstances(self.clock, self._watch, self._new_call_id)
        self._stirred = asyncio.Event()
        town.stir = self._stirred.set
        self._forget()

    def _forget(self) -> None:
        self._watched: defaultdict[str, Watched] = defaultdict(Watched)
        self._calls: list[LiveCall] = []
        self._keeping_busy: dict[str, list[Call]] = {}
        self._answering: Mapping[str, Answering] = {}
        self._overridden: frozenset[str] = frozenset()
        self._decided: dict[str, tuple[Person, IncomingCall | None]] = {}
        self._confirming: set[str] = set()
        self._works: set[asyncio.Task[None]] = set()
        self._is_test = False

    def open(self, began: datetime) -> None:
        """Begin a test at a moment. All phones are there, and nobody remembers anything."""
        self._forget()
        self.clock.begin(began)
        self._lines.forget()
        for name in list(self._overrides.view(began)):
            self._overrides.put(name, None)
        for line in sorted(self.plan.lines()):
            there = True if line in self.plan.plan.extensions else None
            self._lines.update(line, self.clock.now(), registered=there)

    # --- for the application and the callers

    def _new_call_id(self) -> str:
        """Return the id that the simulation gives to the call that arrives now, so that both draw alike.

        Those that keep a line busy have others.
        """
        return f"{len(self._calls) + 1:010x}" if self._is_test else random_call_id()

    def _watch(self, call_id: str, event: Event, now: state.State) -> None:
        """Take note of what the application tells of a call."""
        self._watched[call_id].take(event, now)
        self._stirred.set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; no time passes until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._works.add(task)
        task.add_done_callback(lambda _: self._stirred.set())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something real. Raises LiveTestError when it does not come."""
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                while not condition():
                    self._stirred.clear()
                    # Not all that is waited for tells of it: a request that is answered, a line that is free.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._stirred.wait()
        except TimeoutError:
            raise LiveTestError(f"nothing goes on any more: {self._told()}") from None

    def was_asked(self, leg: str) -> bool:
        """Say whether who has answered a leg has heard that he is to press a key."""
        _, call = self._decided.get(leg, (None, None))
        return call is not None and bool(self.codewords.heard(call.rtp.segments))

    def who_answered(self, leg: str) -> Person | None:
        """Return who has answered a leg; None where another phone has picked the call up."""
        person, call = self._decided.get(leg, (None, None))
        return person if call is not None and call.answered_ns else None

    # --- a test

    async def make(self, requests: Sequence[Request]) -> list[LiveCall]:
        """Make the calls of a test one after the other, to their ends. Raises LiveTestError."""
        for request in requests:
            if self._calls:
                last = self._calls[-1]
                await self._pass_time(
                    lambda: last.has_settled if request.overlaps else last.is_over  # noqa: B023
                )
                await self._pass_time_until(request.at)
            await self._arrange(request)
            self._calls.append(await self._arrive(request))
        await self._pass_time(lambda: all(call.is_over for call in self._calls))
        return self._calls

    async def clear(self) -> None:
        """End whatever is left, also of a test that got stuck, and have all phones there again."""
        for task in self._works:
            task.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await self.town.hang_up()
        await self.until(lambda: not self.application.sessions)
        await self.settle()

    async def settle(self) -> None:
        """Have all phones registered, as far as the application knows."""
        await self.town.settle()
        await self.until(lambda: all(map(self._is_there, self.plan.plan.extensions)))

    async def _arrive(self, request: Request) -> LiveCall:
        """Call, and wait until the application has the call."""
        self._is_test = True
        call = self.town.call(request.sender, request.number)
        call.changed.listen(self._stirred.set)
        call.rtp.heard.changed.listen(self._stirred.set)
        await self.until(lambda: call.ending is not None or self._record(call) is not None)
        self._is_test = False
        record = self._record(call)
        if record is None:
            assert call.ending is not None
            raise LiveTestError(
                f"the call to {request.number} did not arrive: SIP {call.ending.status}",
                remedy="Asterisk refuses what is no number; look at what the test dials.",
            )
        return LiveCall(self, request, call, record, self._watched[record.caller.call_id])

    def _record(self, call: Call) -> CallRecord | None:
        return next((each for each in self._log if each.sip_call_id == call.dialog.call_id), None)

    # --- what people do

    async def _arrange(self, request: Request) -> None:
        """Let people do from now on what a call's request says, and have these overrides in force."""
        now = self.clock.now()
        for name in self._overridden | request.overrides.keys():
            menu = request.overrides.get(name)
            self._overrides.put(name, Override(menu, now) if menu else None)
        self._overridden = frozenset(request.overrides)
        before, self._answering = self._answering, dict(request.members)
        for line in sorted({*before, *request.members}):
            does = request.members.get(line, Answering.FREE)
            self.town.person(line).does = does
            if line not in self.plan.plan.extensions:
                continue
            if does is not Answering.BUSY and line in self._keeping_busy:
                await self._free(line)
            await self.town.register(line, there=does is not Answering.UNREACHABLE)
            await self.until(lambda: self._is_there(line) == (does is not Answering.UNREACHABLE))  # noqa: B023
            if does is Answering.BUSY and line not in self._keeping_busy:
                await self._occupy(line)

    def _is_there(self, line: str) -> bool:
        """Say whether the application believes the phone of an extension to be there."""
        return self.application.lines.view(self.clock.now()).line(line).registered

    async def _occupy(self, line: str) -> None:
        """Keep a line busy with calls of its own: it is called from outside, and somebody answers."""
        person, calls = self.town.person(line), self._keeping_busy.setdefault(line, [])
        person.takes_at_once = True
        for _ in range(self.plan.plan.extensions[line].max_calls):
            call = self.town.call("", line)
            calls.append(call)
            await self.until(lambda: self._talks(call))  # noqa: B023
        person.takes_at_once = False

    def _talks(self, call: Call) -> bool:
        record = self._record(call)
        session = next(
            (s for s in self.application.sessions if record and s.call_id == record.caller.call_id), None
        )
        if call.ending is not None:
            raise LiveTestError(f"a line cannot be kept busy: SIP {call.ending.status}")
        return session is not None and session.is_talking and session.is_idle

    async def _free(self, line: str) -> None:
        """End the calls that a line is busy with."""
        for call in self._keeping_busy.pop(line):
            await call.hang_up()
            record = self._record(call)
            await self.until(lambda: record is not None and bool(record.outcome))  # noqa: B023

    # --- time

    async def _pass_time_until(self, moment: datetime) -> None:
        """Let what is due happen until a moment, but for a while at least."""
        passed: list[bool] = []
        wait = (moment - self.clock.now()).total_seconds()
        self.clock.later(max(BETWEEN_SECONDS, wait), lambda: passed.append(True))
        await self._pass_time(lambda: bool(passed))

    async def _pass_time(self, done: Callable[[], bool]) -> None:
        while not done():
            await self.until(lambda: done() or self._rests())
            if done():
                return
            self._look_around()
            if not self.clock.tick():
                raise LiveTestError(f"the call waits for something that never happens: {self._told()}")

    def _rests(self) -> bool:
        """Say whether nothing is under way anywhere."""
        for task in [task for task in self._works if task.done()]:
            self._works.discard(task)
            task.result()
        if self._works or not self.application.hunts.rests:
            return False
        if any(call.is_ending for call in self._calls):
            return False
        ringing = self.application.ringing
        for session in self._sessions():
            call = self._call(session)
            if not session.is_idle:
                return False
            if call is None and not session.is_talking:
                return False
            if call is not None and not call.rests(session.state, ringing.keys()):
                return False
        return Counter(ringing.values()) == self.town.ringing()

    def _sessions(self) -> list[Session]:
        """The calls in progress, as they began."""
        order = {call.call_id: number for number, call in enumerate(self._calls)}
        return sorted(self.application.sessions, key=lambda session: order.get(session.call_id, -1))

    def _call(self, session: Session) -> LiveCall | None:
        return next((call for call in self._calls if call.call_id == session.call_id), None)

    def _look_around(self) -> None:
        """Let people and callers see what has come of it, and make up their minds: now nothing moves."""
        for session in self._sessions():
            call = self._call(session)
            if call is None:
                continue
            rung = [leg for leg in _legs(session.state) if leg in self.application.ringing]
            if fresh := [leg for leg in rung if leg not in self._decided]:
                call.offered([self.application.ringing[leg] for leg in fresh], session.state)
                for leg in fresh:
                    self._decide(leg)
            for leg in _asked(session.state):
                self._confirm(leg, self._watched[session.call_id])
            call.look_around(session.state)

    def _decide(self, leg: str) -> None:
        """Let whoever is called do what the test says."""
        person = self.town.person(self.application.ringing[leg])
        call = person.next_call()
        self._decided[leg] = person, call
        if call is None:
            return
        match person.does:
            case Answering.FREE:
                self.clock.later(ANSWER_SECONDS, lambda: person.answer(call))
            case Answering.REJECTS:
                self.clock.later(ANSWER_SECONDS, lambda: call.reject(_DECLINE))
            case Answering.BUSY:
                self.clock.later(0, lambda: call.reject(_BUSY))
            case Answering.UNREACHABLE:
                self.clock.later(0, lambda: call.reject(_NOT_NOW))

    def _confirm(self, leg: str, watched: Watched) -> None:
        """Let somebody outside who was asked take the call by the key."""
        _, call = self._decided.get(leg, (None, None))
        if call is None or leg in self._confirming:
            return
        self._confirming.add(leg)

        async def press() -> None:
            before = watched.leg_keys
            await call.press(CONFIRM_KEY)
            await self.until(lambda: watched.leg_keys > before or call.ending is not None)

        self.clock.later(ANSWER_SECONDS, lambda: self.begin(press()))

    def _told(self) -> str:
        """Tell what there is, for who looks for a fault."""
        told = [str(call) for call in self._calls if not call.is_over]
        ringing = Counter(self.application.ringing.values())
        if ringing != self.town.ringing():
            told.append(f"the application lets {dict(ringing)} ring, but {dict(self.town.ringing())} do")
        return "; ".join(told) or "no call is there"


def _legs(now: state.State) -> Iterator[str]:
    match now:
        case state.Ringing(leg=leg):
            yield leg
        case state.Hunting(legs=legs):
            yield from legs


def _asked(now: state.State) -> Iterator[str]:
    match now:
        case state.Hunting(asked=asked):
            yield from asked
