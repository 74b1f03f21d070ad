"""One live call: a mailbox, and a task that takes one thing at a time from it."""

from __future__ import annotations

import asyncio
import logging

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.calls import translate
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.perform import Performer
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.target import PhoneTarget
from officesmart_ivr.errors import ImpossibleEventError
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.lines import Leg, Phase

_log = logging.getLogger(__name__)

RELEASE_SECONDS = 10.0
"""How long a finished call waits for Asterisk to report that its channels are gone."""


class _GiveUp(events.Event, frozen=True):
    """The channels of a finished call did not report their end in time."""


class Session:
    """A caller's visit from arrival to release. Run :meth:`run` as a task of its own.

    ``channel`` is the caller's. ``adopted``: the call was begun by an earlier process, and its two sides talk
    already.
    """

    def __init__(
        self,
        exchange: Exchange,
        service: Service,
        channel: str,
        record: CallRecord,
        adopted: state.Talking | None = None,
    ) -> None:
        self._exchange = exchange
        self._channel = channel
        self._plan = service.plan
        self._record = record
        self._state: state.State = adopted or begin(record.caller)
        self._mailbox: asyncio.Queue[ari_events.Event | events.Event] = asyncio.Queue()
        self._caller_here = True
        self._caller_leaving = False
        self._gave_up = False
        self._talking: set[str] = set()
        self._requests: asyncio.TaskGroup
        self._performer = Performer(
            exchange,
            channel,
            self.call_id,
            service.sounds,
            lambda resource: exchange.owners.claim(resource, self),
            self.post,
            lambda request: self._requests.create_task(request),
        )
        self._giving_up: asyncio.TimerHandle | None = None
        self.late = 0
        exchange.owners.claim(channel, self)
        if record.caller.origin is state.Origin.PHONE:
            exchange.lines.occupy(record.caller.endpoint, self.call_id, channel, exchange.clock())
        if adopted is not None:
            self._performer.adopt(adopted.leg, adopted.target)
            self._talking.add(adopted.leg)

    @property
    def call_id(self) -> str:
        """The id by which logs and commands name this call."""
        return self._record.caller.call_id

    @property
    def channels(self) -> frozenset[str]:
        """The channels that this call believes to be there."""
        return frozenset({*self._performer.legs, *([self._channel] if self._caller_here else ())})

    @property
    def legs(self) -> list[Leg]:
        """The lines that this call uses."""
        caller = self._record.caller
        rung = [
            Leg(leg, target.line, self.call_id, Phase.TALKING if leg in self._talking else Phase.RESERVED)
            for leg, target in self._performer.legs.items()
            if isinstance(target, PhoneTarget)
        ]
        if self._caller_here and caller.origin is state.Origin.PHONE:
            return [Leg(self._channel, caller.endpoint, self.call_id, Phase.TALKING), *rung]
        return rung

    def post(self, event: ari_events.Event | events.Event) -> None:
        """Put something into the mailbox; never waits."""
        self._mailbox.put_nowait(event)

    async def run(self) -> None:
        """Live the call to its end, then leave nothing behind. A fault ends this call, never the process.

        Cancelled, as when the process stops, it leaves everything: who talks goes on, and the next process
        takes over.
        """
        try:
            async with asyncio.TaskGroup() as self._requests:
                if isinstance(self._state, state.New):
                    self._take(events.Arrived())
                while not self._is_over():
                    self._take(await self._mailbox.get())
        except* Exception:
            _log.exception("call %s ended by a fault", self.call_id)
        if self._giving_up is not None:
            self._giving_up.cancel()
        if self._caller_here:
            await self._performer.release_caller()
        await self._performer.release()
        now = self._exchange.clock()
        self._exchange.lines.release_call(self.call_id, now)
        over = self._state
        outcome = over.outcome.value if isinstance(over, state.Ended) else "fault"
        self._record.close(now, outcome)

    def _is_over(self) -> bool:
        if not isinstance(self._state, state.Ended):
            return False
        return self._gave_up or (not self._caller_here and not self._performer.legs)

    def _take(self, item: ari_events.Event | events.Event) -> None:
        if isinstance(item, _GiveUp):
            _log.warning("call %s: its channels did not report their end", self.call_id)
            self._gave_up = True
        elif isinstance(item, events.Event):
            self._step(item)
        elif isinstance(item, ari_events.PlaybackFinished):
            self._performer.playback_finished(item)
        else:
            self._take_channel_event(item)

    def _take_channel_event(self, item: ari_events.Event) -> None:
        channel = channel_of(item)
        if channel == self._channel:
            self._of_caller(item)
        elif channel in self._performer.legs:
            self._of_leg(item, channel)

    def _of_caller(self, item: ari_events.Event) -> None:
        event = translate.of_caller(item)
        if isinstance(event, events.CallerLeft):
            # Asterisk says it up to three times: request, end of Stasis, destroyed.
            if not self._caller_leaving:
                self._caller_leaving = True
                self._performer.caller_gone()
                self._step(event)
        elif event is not None:
            self._step(event)
        if translate.is_gone(item):
            self._caller_here = False
            self._exchange.lines.release(self._channel, self._exchange.clock())

    def _of_leg(self, item: ari_events.Event, leg: str) -> None:
        if isinstance(item, ari_events.StasisStart):
            self._performer.leg_entered(leg)
        event = translate.of_leg(item, leg, answered=leg in self._talking)
        if isinstance(event, events.LegAnswered):
            if leg in self._talking:
                return
            self._talking.add(leg)
            self._exchange.lines.answered(leg)
        elif isinstance(event, events.LegRinging):
            self._exchange.lines.ringing(leg)
        if isinstance(item, ari_events.ChannelDestroyed):
            self._performer.leg_gone(leg)
        if event is not None:
            self._step(event)

    def _step(self, event: events.Event) -> None:
        now = self._exchange.clock()
        was_over = isinstance(self._state, state.Ended)
        try:
            self._state, todo = step(self._plan, self._state, event, now)
        except ImpossibleEventError as error:
            _log.error("call %s: %s", self.call_id, error)
            raise
        for effect in todo:
            if isinstance(effect, effects.Note):
                self._record.note(now, effect)
            elif isinstance(effect, effects.Ignored):
                self.late += 1
            else:
                if isinstance(effect, effects.Answer):
                    self._record.answered = now
                self._performer.perform(effect)
        self._exchange.log.update(self._record)
        if isinstance(self._state, state.Ended) and not was_over:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(RELEASE_SECONDS, self.post, _GiveUp())


def channel_of(event: ari_events.Event) -> str:
    """Return the id of the channel that an event is about; empty when it is about none."""
    if isinstance(event, ari_events.Dial):
        return event.peer.id
    channel = getattr(event, "channel", None)
    return "" if channel is None else str(channel.id)
