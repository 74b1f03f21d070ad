"""One live call: a mailbox, and a task that takes one thing at a time from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.models import Channel, Playback
from officesmart_ivr.calls import translate
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.handover import (
    Gift,
    Given,
    GivenLeg,
    Giver,
    Refused,
    caller_target,
    event_of,
    longest_ringing,
    opposite,
)
from officesmart_ivr.calls.perform import Performer
from officesmart_ivr.calls.seats import Seat
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.place import TakenUp, place_of
from officesmart_ivr.core.target import PhoneTarget, Target
from officesmart_ivr.errors import AriNotFoundError, ImpossibleEventError
from officesmart_ivr.state.call_log import FAULT, CallRecord
from officesmart_ivr.state.lines import Leg, Phase

_log = logging.getLogger(__name__)

STASIS = "Stasis"
"""The application of the dialplan in which channels are that we can do something with."""

RELEASE_SECONDS = 10.0
"""How long a finished call waits for Asterisk to report that its channels are gone."""


Item = ari_events.Event | events.Event | Gift | Refused
"""What a mailbox takes."""


class _GiveUp(events.Event, frozen=True):
    """The channels of a finished call did not report their end in time."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an earlier process has left of a call.

    ``begins``: its two sides talk, or it goes on with ``first``. ``leg`` and ``target``: who talks, or has
    answered and waits to be connected; ``has_bridge``: there is a bridge for it already.
    """

    begins: state.Talking | state.New
    caller: Seat
    leg: Seat | None = None
    target: Target | None = None
    has_bridge: bool = False
    first: TakenUp | None = None


class Session:
    """A caller's visit from arrival to release. Run :meth:`run` as a task of its own.

    ``seat`` is the caller's, empty in a call that the office makes itself; ``first`` is then its first state.
    ``left``: the call was begun by an earlier process.
    """

    def __init__(
        self,
        exchange: Exchange,
        service: Service,
        seat: Seat,
        record: CallRecord,
        left: Left | None = None,
        first: state.State | None = None,
    ) -> None:
        self._exchange = exchange
        self._plan = service.plan
        self._record = record
        self._state: state.State = left.begins if left else first or begin(record.caller)
        self._begins_with = (left.first if left else None) or events.Arrived()
        self._mailbox: asyncio.Queue[Item] = asyncio.Queue()
        self._closed = False
        self._caller_here = bool(seat.channels)
        self._caller_leaving = False
        self._gave_up = False
        self._offered: tuple[Giver, Given] | None = None
        self._given: set[str] = set()
        self._tried: set[str] = set()
        self._talking: set[str] = set()
        self._requests: asyncio.TaskGroup
        self._performer = Performer(
            exchange,
            seat,
            record.caller,
            service.sounds,
            lambda resource: exchange.owners.claim(resource, self),
            self.post,
            self._send,
        )
        self._giving_up: asyncio.TimerHandle | None = None
        self._under_way = 0
        self.late = 0
        self._seats = self._performer.seats
        self._legs = self._performer.legs
        if self._caller_here and isinstance(caller := caller_target(self._state), PhoneTarget):
            if left:
                # He may have come from another call in the moment before the crash, which was not written.
                exchange.lines.hand_over(seat.name, self.call_id)
            exchange.lines.occupy(caller.line, self.call_id, seat.name, exchange.clock())
        for channel in {seat.name, *seat.all}:
            exchange.owners.claim(channel, self)
        if left and left.leg and left.target:
            self._performer.adopt(left.leg, left.target, has_bridge=left.has_bridge)
            self._talking.add(left.leg.name)

    @property
    def call_id(self) -> str:
        """The id by which logs and commands name this call."""
        return self._record.caller.call_id

    @property
    def channels(self) -> frozenset[str]:
        """The channels that this call believes to be there."""
        seats = (*self._legs.targets, *([self._seats.caller] if self._caller_here else ()))
        believed = frozenset(channel for seat in seats for channel in self._seats.here(seat))
        return believed - self._legs.asked_for

    @property
    def legs(self) -> list[Leg]:
        """The lines that this call uses."""
        caller = caller_target(self._state)
        rung = [
            Leg(leg, target.line, self.call_id, Phase.TALKING if leg in self._talking else Phase.RESERVED)
            for leg, target in self._legs.targets.items()
            if isinstance(target, PhoneTarget)
        ]
        if self._caller_here and isinstance(caller, PhoneTarget):
            return [Leg(self._seats.caller, caller.line, self.call_id, Phase.TALKING), *rung]
        return rung

    @property
    def is_talking(self) -> bool:
        """Whether the caller and a leg talk."""
        return isinstance(self._state, state.Talking)

    @property
    def state(self) -> state.State:
        """Where the call is."""
        return self._state

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be taken, and no request is under way."""
        return self._mailbox.empty() and not self._under_way

    @property
    def began(self) -> datetime:
        """When the caller arrived."""
        return self._record.began

    def post(self, event: Item) -> None:
        """Put something into the mailbox; never waits."""
        if self._closed and isinstance(event, Gift):
            event.giver.refused(event)
        else:
            self._mailbox.put_nowait(event)

    async def catch_up(self, channels: Mapping[str, Channel]) -> None:
        """Learn what has become of legs and prompts while no event came. Raises AriError.

        ``channels``: those that Asterisk has, by id. What is known already is ignored.
        """
        if self._closed:
            return
        for leg in list(self._legs.targets):
            for phone in self._seats.here(leg):
                if channel := channels.get(phone):
                    if channel.dialplan.app_name == STASIS:
                        self.post(ari_events.StasisStart(channel=channel))
                    self.post(ari_events.ChannelStateChange(channel=channel))
        for playback in self._performer.playing:
            try:
                await self._exchange.ari.playback(playback).get()
            except AriNotFoundError:
                self.post(ari_events.PlaybackFinished(playback=Playback(id=playback, state="done")))

    async def run(self) -> None:
        """Live the call to its end, then leave nothing behind. A fault ends this call, never the process.

        Cancelled, as when the process stops, it leaves everything: who talks goes on, and the next process
        takes over.
        """
        had_fault = False
        try:
            async with asyncio.TaskGroup() as self._requests:
                if isinstance(self._state, state.New | state.ToCall):
                    self._take(self._begins_with)
                while not self._is_over():
                    self._take(await self._mailbox.get())
        except* Exception:
            had_fault = True
            _log.exception("call %s ended by a fault", self.call_id)
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._close_mailbox()
        if self._caller_here:
            await self._performer.release_caller()
        self._exchange.hunts.leave(self.call_id, effects.HuntEnd.ABANDONED)
        await self._performer.release(everything=had_fault)
        now = self._exchange.clock()
        self._exchange.lines.release_call(self.call_id, now)
        over = self._state
        outcome = over.outcome.value if isinstance(over, state.Ended) else FAULT
        self._record.close(now, outcome)

    def let_go(self) -> None:
        """Let go of what carried the call out, which knows the session too, when :meth:`run` has ended.

        Two that know each other are freed by the garbage collector only, and what is there while a plan goes
        live it never looks at again (``publishing/quiet.py``): the memory would grow with each edit.
        """
        del self._performer, self._seats, self._legs

    def _is_over(self) -> bool:
        if not isinstance(self._state, state.Ended):
            return False
        is_empty = not self._caller_here and not self._legs.targets and not self._performer.is_keeping
        return self._gave_up or is_empty

    def _take(self, item: Item) -> None:
        if isinstance(item, _GiveUp):
            _log.warning("call %s: its channels did not report their end", self.call_id)
            self._gave_up = True
            self._exchange.figures.leaked += 1
        elif isinstance(item, events.Event):
            self._step(item)
        elif isinstance(item, ari_events.PlaybackFinished):
            self._performer.playback_finished(item)
        elif isinstance(item, ari_events.RecordingFinished | ari_events.RecordingFailed):
            self._performer.recording_ended(item)
        elif isinstance(item, ari_events.Event):
            self._take_channel_event(item)
        elif isinstance(item, Gift):
            self._look_at(item)
        elif isinstance(item, Refused) and isinstance(self._state, state.PickingUp):
            self._pick_up(self._state.lines)

    def _take_channel_event(self, item: ari_events.Event) -> None:
        channel = translate.channel_of(item)
        if translate.resource_of(item) in self._given:
            self._hand_on(item)
        elif isinstance(item, ari_events.StasisStart) and item.replace_channel is not None:
            if self._seats.of(item.replace_channel.id) is not None:
                self._seats.replace(item.replace_channel.id, channel)
        elif isinstance(item, ari_events.BridgeBlindTransfer):
            self._of_transfer(item)
        elif not self._seats.is_outside(channel):
            seat = self._seats.of(channel)
            if seat == self._seats.caller:
                self._of_caller(item)
            elif seat in self._legs.targets:
                self._of_leg(item, seat, channel)
            elif seat is None and isinstance(item, ari_events.StasisStart):
                self._legs.made_late(channel)

    def _of_transfer(self, item: ari_events.BridgeBlindTransfer) -> None:
        side = self._side(item.channel.id)
        if item.result == "Success" and side is not None:
            self._step(events.Transferred(side, item.exten))

    def _of_caller(self, item: ari_events.Event) -> None:
        event = translate.of_caller(item)
        if isinstance(event, events.CallerLeft):
            # Asterisk says it up to three times: request, end of Stasis, destroyed.
            if not self._caller_leaving:
                self._caller_leaving = True
                self._performer.caller_leaves()
                self._step(event)
        elif isinstance(event, events.KeyPressed):
            with self._performer.after_key():
                self._step(event)
        elif event is not None:
            self._step(event)
        if translate.is_gone(item):
            self._caller_here = False
            self._performer.caller_gone()

    def _of_leg(self, item: ari_events.Event, leg: str, phone: str) -> None:
        if isinstance(item, ari_events.StasisStart):
            self._legs.entered(phone)
        is_talking = leg in self._talking
        event = translate.of_leg(item, leg, answered=is_talking)
        if isinstance(event, events.LegAnswered):
            if is_talking:
                return
            self._talking.add(leg)
            self._legs.answered(leg, phone)
            self._exchange.ringing.pop(leg, None)
        elif isinstance(event, events.LegRinging):
            if leg in self._exchange.ringing:
                return
            self._exchange.lines.ringing(leg)
            self._exchange.ringing[leg] = self._legs.targets[leg].line
        elif isinstance(event, events.LegEnded) and not is_talking:
            event = self._legs.phone_ended(phone, event)
            if event is not None:
                self._legs.gone(leg)
        elif translate.is_gone(item) and is_talking:
            self._legs.gone(leg)
        if event is not None:
            self._step(event)

    def _step(self, event: events.Event) -> None:
        now = self._exchange.clock()
        was_over = isinstance(self._state, state.Ended)
        try:
            self._state, todo = step(self._plan, self._state, event, now, self._exchange.overrides.view(now))
        except ImpossibleEventError as error:
            _log.error("call %s: %s", self.call_id, error)
            raise
        self._record.place = place_of(self._state, self._seats.sits(self._seats.caller))
        for effect in todo:
            if isinstance(effect, effects.Note):
                self._record.note(now, effect)
            elif isinstance(effect, effects.Ignored):
                self.late += 1
            else:
                if isinstance(effect, effects.Answer):
                    self._record.answered = now
                self._perform(effect)
        self._exchange.log.update(self._record)
        if watcher := self._exchange.circumstances.watcher:
            watcher(self.call_id, event, self._state)
        if isinstance(self._state, state.Ended) and not was_over:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(RELEASE_SECONDS, self.post, _GiveUp())

    def _send(self, request: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self._under_way += 1
        task = self._requests.create_task(request)
        task.add_done_callback(self._sent)
        return task

    def _sent(self, _: asyncio.Task[None]) -> None:
        self._under_way -= 1

    def _perform(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Take():
                self._accept()
            case effects.PickUp(lines):
                self._pick_up(lines)
            case effects.Promote():
                self._performer.perform(effect)
                self._caller_here = True
            case _:
                self._performer.perform(effect)

    # --- giving and taking, see handover.py

    def gives(self, gift: Gift) -> Given | None:
        """Return what there is to give at this moment; nothing when the call is over."""
        if self._closed:
            return None
        given: Given | None = None
        if not gift.transferer and isinstance(self._state, state.PickingUp):
            target = caller_target(self._state)
            given = GivenLeg(events.Side.CALLER, self._seats.caller, target, answered=False)
        elif side := self._side(gift.transferer):
            given = opposite(self._state, side, self._seats.caller)
        is_gone = isinstance(given, GivenLeg) and not self._has(given)
        return None if is_gone else given

    def _has(self, given: GivenLeg) -> bool:
        """Say whether a leg is still ours; that it has left, or was given, may be waiting in the mailbox."""
        if self._seats.has_transferred(given.leg):
            return False
        if given.side is events.Side.LEG:
            return self._legs.can_give(given.leg)
        return self._caller_here and not self._caller_leaving

    def gave(self, given: Given, to: str) -> Seat | None:
        """Let go of what the call ``to`` has taken. What is still reported of it here goes there.

        What waits in the mailbox came to a call that still had it, and must not touch it any more.
        """
        side, seat = None, None
        if isinstance(given, GivenLeg):
            side = given.side
            if side is events.Side.LEG:
                seat = self._legs.give(given.leg)
            else:
                seat = self._seats.remove(given.leg)
                self._caller_here = False
            self._given.update(seat.all)
        self._post_first(events.HandedOver(to, side))
        return seat

    def _post_first(self, event: events.Event) -> None:
        """Put something into the mailbox before what waits there."""
        waiting = [self._mailbox.get_nowait() for _ in range(self._mailbox.qsize())]
        for item in (event, *waiting):
            self._mailbox.put_nowait(item)

    def refused(self, gift: Gift) -> None:
        """Take note that the other call has taken nothing."""
        self.post(Refused())

    def _look_at(self, gift: Gift) -> None:
        """Let the core decide whether we take what is offered."""
        by = self._side(gift.replacing)
        given = gift.giver.gives(gift) if by or not gift.replacing else None
        if given is not None:
            self._offered = gift.giver, given
            self._step(event_of(gift.giver.call_id, given, by))
        elif by is not None:
            self._step(events.NothingOffered(by))
        if given is None or self._offered is not None:
            self._offered = None
            gift.giver.refused(gift)

    def _accept(self) -> None:
        """Take what is being offered."""
        assert self._offered is not None
        giver, given = self._offered
        self._offered = None
        seat = giver.gave(given, self.call_id)
        if isinstance(given, GivenLeg) and seat is not None:
            self._given.difference_update(seat.all)
            self._performer.take(seat, given.target, answered=given.answered)
            if not given.ringing:
                self._talking.add(given.leg)

    def _pick_up(self, lines: frozenset[str]) -> None:
        """Offer our caller to the call that has rung longest, of those that have not refused him."""
        owners = self._exchange.owners
        # What belongs to nobody is of a call that is being released.
        ringing = {leg: line for leg, line in self._exchange.ringing.items() if leg in owners}
        leg = longest_ringing(ringing, lines, self._tried)
        owner = owners.of(leg) if leg else None
        if leg is None or owner is None:
            self.post(events.NothingRings())
            return
        self._tried.add(leg)
        owner.post(Gift(self))

    def _close_mailbox(self) -> None:
        """Let nobody wait for a call that is over: refuse what is offered, hand on what is not for it.

        What comes from now on has no owner: a channel that Asterisk makes only now would stay, since the
        request that ends it may have come before it.
        """
        self._closed = True
        self._exchange.owners.drop(self)
        while not self._mailbox.empty():
            item = self._mailbox.get_nowait()
            if isinstance(item, Gift):
                item.giver.refused(item)
            elif isinstance(item, ari_events.Event) and translate.resource_of(item) in self._given:
                self._hand_on(item)

    def _hand_on(self, item: ari_events.Event) -> None:
        """Give an event that came while its channel was being given to the call that has it now."""
        if owner := self._exchange.owners.of(translate.resource_of(item)):
            if (channel := translate.channel_of(item)) not in self._given:
                # It takes the place of the given one; what is told of it next may wait here too.
                self._given.add(channel)
                self._exchange.owners.claim(channel, owner)
            owner.post(item)

    def _side(self, channel: str) -> events.Side | None:
        """Return where a channel sits, or sat before another one took its place."""
        seat = self._seats.of(channel)
        if seat == self._seats.caller:
            return events.Side.CALLER
        return events.Side.LEG if seat in self._legs.targets else None
