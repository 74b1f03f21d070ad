"""The only router of events: each goes to the call that owns its channel, bridge or playback."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.models import Channel
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.session import Session, channel_of
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import Caller, Origin, Talking
from officesmart_ivr.errors import AriError
from officesmart_ivr.observe.logs import mask
from officesmart_ivr.state.call_log import CallLog, CallRecord

_log = logging.getLogger(__name__)

INBOUND = "inbound"
LEG = "leg"
"""The first argument of Stasis: a caller from the dialplan, or a leg that we made."""

NORMAL = 16
CONGESTION = 42
"""Q.850 causes. SIP callers see switching equipment congestion as 503."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a call is served with: the plan it begins with, and that plan's sounds."""

    plan: PreparedPlan
    sounds: Catalogue


class Dispatcher:
    """Makes a session for each caller and hands every event to its owner.

    ``service`` gives what new calls are served with. :meth:`receive` is called by the reader of the event
    stream and never waits.
    """

    def __init__(
        self,
        ari: AriClient,
        service: Callable[[], Service],
        log: CallLog,
        clock: Callable[[], datetime],
    ) -> None:
        self._ari = ari
        self._service = service
        self._log = log
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[ari_events.Event] | None = None
        self.owners = Owners()
        self.outside = OutsideLines(lambda: service().plan.plan)
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
        elif owner := self.owners.of(_resource_of(event)):
            owner.post(event)
        else:
            if isinstance(event, ari_events.StasisStart) and event.args[:1] == [LEG]:
                # Its call gave it up before Asterisk had made it.
                self._spawn(self._hang_up(event.channel.id, NORMAL))
            self.counts[f"unowned {type(event).__name__}"] += 1

    async def idle(self) -> None:
        """Wait until the calls of this moment are over."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, event: ari_events.StasisStart) -> None:
        service = self._service()
        if len(self.sessions) >= service.plan.plan.limits.calls:
            self.counts["refused"] += 1
            _log.warning("a call was refused: %d calls are the plan's limit", len(self.sessions))
            self._spawn(self._hang_up(event.channel.id, CONGESTION))
            return
        self._run(caller_of(event), event.channel, service)

    def adopt(self, talking: Talking, channel: Channel) -> None:
        """Take over a call whose two sides talk, begun by an earlier process."""
        self.counts["adopted"] += 1
        self._run(talking.journey.caller, channel, self._service(), talking)

    def _run(
        self, caller: Caller, channel: Channel, service: Service, adopted: Talking | None = None
    ) -> None:
        record = self._log.adopt(caller.call_id) if adopted else None
        record = record or CallRecord(caller, self._clock(), channel.protocol_id)
        session = Session(
            caller,
            channel.id,
            service.plan,
            self._ari,
            service.sounds,
            self.outside,
            self.owners,
            record,
            self._log,
            self._clock,
            adopted,
        )
        self.sessions.add(session)
        self.counts["begun"] += 1
        _log.info("call %s: %s calls %s", caller.call_id, mask(caller.number) or "somebody", caller.dialled)
        self._log.begin(record)
        task = self._spawn(session.run())
        task.add_done_callback(lambda _: self._over(session, record))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _over(self, session: Session, record: CallRecord) -> None:
        self.sessions.discard(session)
        self.owners.drop(session)
        self.counts["late"] += session.late
        self.counts[f"ended {record.outcome}"] += 1
        _log.info("call %s: ended, %s", session.call_id, record.outcome)
        self._log.finish(record)

    async def _hang_up(self, channel: str, cause: int) -> None:
        try:
            await self._ari.channel(channel).hangup(reason_code=cause)
        except AriError as error:
            _log.debug("%s", error.message)


def _resource_of(event: ari_events.Event) -> str:
    return event.playback.id if isinstance(event, ari_events.PlaybackFinished) else channel_of(event)


def caller_of(event: ari_events.StasisStart) -> Caller:
    """Read who calls whom from the arguments that the dialplan gives: number, origin, endpoint."""
    _, dialled, origin, endpoint, *_ = [*event.args, "", "", ""]
    return Caller(
        call_id=secrets.token_hex(5),
        dialled=dialled,
        number=event.channel.caller.number,
        name=event.channel.caller.name,
        origin=Origin.PHONE if origin == Origin.PHONE else Origin.TRUNK,
        endpoint=endpoint,
    )
