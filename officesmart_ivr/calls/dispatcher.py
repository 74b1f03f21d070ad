"""The only router of events: each goes to the call that owns its channel, bridge, playback or recording."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from officesmart_ivr.announcements.drafts import Label
from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.models import Channel
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.handover import Gift
from officesmart_ivr.calls.requests import insist
from officesmart_ivr.calls.seats import Seat
from officesmart_ivr.calls.session import Left, Session
from officesmart_ivr.calls.translate import resource_of
from officesmart_ivr.core.call import begin_recording
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.events import Closing
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller, Origin, Talking
from officesmart_ivr.errors import AriError
from officesmart_ivr.observe.call_figures import Reason
from officesmart_ivr.observe.logs import mask
from officesmart_ivr.state.call_log import CallRecord

_log = logging.getLogger(__name__)

INBOUND = "inbound"
LEG = "leg"
"""The first argument of Stasis: a caller from the dialplan, or a leg that we made."""

BEGUN = "begun"
REFUSED = "refused"
ADOPTED = "adopted"
TAKEN_UP = "taken up"
ORPHANS = "orphans"
VANISHED = "vanished"
ENDED = "ended "
"""Under which names calls are counted; after the last one stands the outcome."""

PASSED_ON = "OFFICESMART_PASSED_ON"
"""The channel variable that tells the dialplan to do what it does when there is no application."""

NORMAL = 16
CONGESTION = 42
"""Q.850 causes. SIP callers see switching equipment congestion as 503."""


class Dispatcher:
    """Makes a session for each caller and hands every event to its owner.

    :meth:`receive` is called by the reader of the event stream and never waits.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[Session, asyncio.Task[None]] = {}
        self._held: list[ari_events.Event] | None = None
        self.sessions: set[Session] = set()
        self.counts: Counter[str] = Counter()

    def hold(self) -> None:
        """Keep events back, as while channels are being reconciled after a connection."""
        self._held = self._held or []

    def resume(self) -> None:
        """Hand on what was kept back, in order, and go on."""
        held, self._held = self._held or [], None
        for event in held:
            self.receive(event)

    def arrivals(self) -> frozenset[str]:
        """Return the channels of the callers whose arrival is kept back."""
        return frozenset(
            event.channel.id for event in self._held or () if isinstance(event, ari_events.StasisStart)
        )

    def awaits(self, channel: str) -> bool:
        """Say whether an event that is kept back brings this channel."""
        return channel in self.arrivals()

    def receive(self, event: ari_events.Event) -> None:
        """Hand an event to its owner; one without an owner is counted."""
        if self._held is not None:
            self._held.append(event)
        elif isinstance(event, ari_events.StasisStart) and event.args[:1] == [INBOUND]:
            self._begin(event)
        elif isinstance(event, ari_events.BridgeAttendedTransfer):
            self._join(event)
        elif owner := self._exchange.owners.of(resource_of(event)):
            if isinstance(event, ari_events.StasisStart) and event.replace_channel is not None:
                # What is told of it next must find its owner already.
                self._exchange.owners.claim(event.channel.id, owner)
            owner.post(event)
        else:
            if isinstance(event, ari_events.StasisStart) and event.args[:1] == [LEG]:
                # Its call gave it up before Asterisk had made it.
                self._spawn(self._hang_up(event.channel.id, NORMAL))
            elif isinstance(event, ari_events.RecordingFinished):
                self._rescue(event)
            self.counts[f"unowned {type(event).__name__}"] += 1

    async def only_talks(self) -> None:
        """Wait until only those calls are left in which two people talk."""
        while waited := [task for session, task in self._running.items() if not session.is_talking]:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> None:
        """Let every call end that is not a talk, with an apology."""
        for session in self.sessions:
            session.post(Closing())

    async def idle(self) -> None:
        """Wait until the calls of this moment are over."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def outcomes(self) -> dict[str, int]:
        """Count the calls that have ended, by outcome."""
        return {
            name.removeprefix(ENDED): count for name, count in self.counts.items() if name.startswith(ENDED)
        }

    def _begin(self, event: ari_events.StasisStart) -> None:
        service = self._exchange.service()
        refusal = self._exchange.admission.refuses(len(self.sessions), service.plan.plan.limits)
        if refusal is not None:
            self.counts[REFUSED] += 1
            self._spawn(self._turn_away(event.channel.id, refusal))
            return
        caller = caller_of(event.channel, event.args, self._exchange.circumstances.new_call_id())
        record = CallRecord(caller, self._exchange.clock(), event.channel.protocol_id)
        seat = Seat(event.channel.id, [event.channel.id])
        self._run(Session(self._exchange, service, seat, record), record)

    def call_to_record(self, extension: str, announcement: str) -> str:
        """Call a phone of the live plan, to let it record an announcement; return the call's id."""
        service = self._exchange.service()
        call_id = self._exchange.circumstances.new_call_id()
        first = begin_recording(call_id, extension, announcement, service.plan.plan.company.name)
        record = CallRecord(first.journey.caller, self._exchange.clock(), "")
        session = Session(self._exchange, service, Seat(f"{call_id}-nobody", []), record, first=first)
        self._run(session, record)
        return call_id

    def _join(self, event: ari_events.BridgeAttendedTransfer) -> None:
        """Let one of a phone's two calls give the other one the person that is there.

        The older one lives on; one that does not talk can only give.
        """
        legs = (event.transferer_first_leg.id, event.transferer_second_leg.id)
        calls = [(self._exchange.owners.of(leg), leg) for leg in legs]
        sessions = [(owner, leg) for owner, leg in calls if isinstance(owner, Session)]
        if event.result != "Success" or len(sessions) < 2 or sessions[0][0] is sessions[1][0]:
            self.counts["attended transfers not carried out"] += 1
            return
        (stays, first), (gives, second) = sorted(
            sessions, key=lambda each: (not each[0].is_talking, each[0].began)
        )
        stays.post(Gift(gives, second, first))

    def take_over(self, left: Left, channel: Channel) -> None:
        """Go on with a call that was begun by an earlier process. ``channel`` is the caller's.

        What that one has left in the log goes on; who called is taken from there too. A call that cannot be
        gone on with is hung up: new ones wait until this is done.
        """
        try:
            self._go_on(left, channel)
        except Exception:
            _log.exception("call %s cannot be gone on with", left.begins.journey.caller.call_id)
            self._spawn(self._hang_up(channel.id, NORMAL))

    def _go_on(self, left: Left, channel: Channel) -> None:
        begins = left.begins
        caller, now = begins.journey.caller, self._exchange.clock()
        record = self._exchange.log.adopt(caller.call_id) or CallRecord(caller, now, channel.protocol_id)
        if isinstance(begins, Talking):
            self.counts[ADOPTED] += 1
            record.note(now, Note(Fact.TAKEN_OVER, {"line": begins.target.line}))
        else:
            self.counts[TAKEN_UP] += 1
        journey = msgspec.structs.replace(begins.journey, caller=record.caller)
        left = replace(left, begins=msgspec.structs.replace(begins, journey=journey))
        service = self._exchange.service()
        self._run(Session(self._exchange, service, left.caller, record, left), record)

    def _run(self, session: Session, record: CallRecord) -> None:
        caller = record.caller
        self.sessions.add(session)
        self.counts[BEGUN] += 1
        _log.info("call %s: %s calls %s", caller.call_id, mask(caller.number) or "somebody", caller.dialled)
        self._exchange.log.begin(record)
        task = self._running[session] = self._spawn(session.run())
        task.add_done_callback(lambda _: self._over(session, record))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _over(self, session: Session, record: CallRecord) -> None:
        self.sessions.discard(session)
        del self._running[session]
        self._exchange.owners.drop(session)
        session.let_go()
        self.counts["late"] += session.late
        self.counts[ENDED + record.outcome] += 1
        _log.info("call %s: ended, %s", session.call_id, record.outcome)
        self._exchange.log.finish(record)

    def _rescue(self, event: ari_events.RecordingFinished) -> None:
        """Keep what was recorded in a call of an earlier process."""
        if label := Label.read(event.recording.name):
            self._spawn(self._exchange.studio.rescue(label))

    async def _turn_away(self, channel: str, why: Reason) -> None:
        """Refuse a call; before the application stops, leave it to what the dialplan does without us."""
        if why is Reason.DRAINING:
            handle = self._exchange.ari.channel(channel)
            try:
                await handle.set_variable(PASSED_ON, "yes")
                await handle.continue_in_dialplan()
                return
            except AriError as error:
                _log.debug("%s", error.message)
        await self._hang_up(channel, CONGESTION)

    async def _hang_up(self, channel: str, cause: int) -> None:
        hangup = partial(self._exchange.ari.channel(channel).hangup, reason_code=cause)
        try:
            await insist(hangup, f"channel {channel}")
        except AriError as error:
            _log.debug("%s", error.message)


def caller_of(channel: Channel, arguments: Sequence[str], call_id: str) -> Caller:
    """Read who calls whom from the arguments that the dialplan gives: number, origin, endpoint."""
    _, dialled, origin, endpoint, *_ = [*arguments, "", "", ""]
    return Caller(
        call_id=call_id,
        dialled=dialled,
        number=channel.caller.number,
        name=channel.caller.name,
        origin=Origin.PHONE if origin == Origin.PHONE else Origin.TRUNK,
        endpoint=endpoint,
    )
