"""The requests of one call: each effect of the core is carried out by the method of its kind.

Requests that belong together are sent at once, without waiting for replies that decide nothing; most of a
caller's waiting would be round trips. Where Asterisk needs an order it is kept: connections of the pool
overtake each other, and a prompt that begins before the answer would hold the answer back to its end. What
the core must know of a failure comes back as an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.ari.channels import ChannelHandle
from officesmart_ivr.ari.events import PlaybackFinished, RecordingFailed, RecordingFinished
from officesmart_ivr.ari.playbacks import PlaybackHandle
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.legs import Legs
from officesmart_ivr.calls.prompts import Prompts
from officesmart_ivr.calls.requests import Request, Requests
from officesmart_ivr.calls.seats import Seat, Seats
from officesmart_ivr.calls.takes import Takes
from officesmart_ivr.calls.timers import Timers
from officesmart_ivr.core import effects, events
from officesmart_ivr.core.state import Caller
from officesmart_ivr.core.target import Target
from officesmart_ivr.errors import AriNotFoundError
from officesmart_ivr.state.lines import Switch, change_line
from officesmart_ivr.state.overrides import change_override

_log = logging.getLogger(__name__)

_BRIDGE = "-talk"


def bridge_of(call_id: str) -> str:
    """Return the id of the bridge in which the two sides of a call talk."""
    return call_id + _BRIDGE


def call_of(bridge: str) -> str | None:
    """Return the call of a bridge; None when no call of ours made it."""
    return bridge.removesuffix(_BRIDGE) if bridge.endswith(_BRIDGE) else None


class Performer:
    """Carries out the effects of one call.

    ``seat`` is the caller's; ``claim`` is told each id before it is asked for; ``post`` takes the events that
    come of a request; ``spawn`` runs a request beside the call.
    """

    def __init__(
        self,
        exchange: Exchange,
        seat: Seat,
        caller: Caller,
        sounds: Catalogue,
        claim: Callable[[str], None],
        post: Callable[[events.Event], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._exchange = exchange
        self._ari = exchange.ari
        self.seats = Seats(seat)
        self._bridge_id = bridge_of(caller.call_id)
        self._call_id = caller.call_id
        self._sounds = sounds
        self._claim = claim
        self._post = post
        self._requests = Requests(caller.call_id, spawn)
        self.legs = Legs(exchange, self.seats, caller, self._requests, claim, post)
        self._timers = Timers(
            exchange.circumstances.clock.later, lambda timer: post(events.TimerFired(timer))
        )
        self._prompts = Prompts(lambda prompt, played: post(events.PromptEnded(prompt, played)))
        self._takes = Takes(exchange.ari, exchange.studio, self._requests, claim, post)
        self._bridge: asyncio.Future[None] | None = None
        self._key_at: float | None = None
        self._beginning: dict[str, asyncio.Task[None]] = {}

    @property
    def playing(self) -> list[str]:
        """The playbacks that Asterisk has taken, and whose end it has not reported."""
        return self._prompts.playing(self._beginning)

    def perform(self, effect: effects.Effect) -> None:
        """Carry out one effect; never waits."""
        match effect:
            case effects.Answer():
                self._requests.send_first(self._caller.answer())
            case effects.Play(prompt, announcements):
                self._play(prompt, announcements)
            case effects.PlayTone(prompt, tone):
                self._begin_playback(prompt, [f"tone:{tone.value}"], None)
            case effects.StopPrompt(prompt):
                self._stop(prompt)
            case effects.Silence(prompts):
                self._requests.send_first(self._silence(prompts))
            case effects.StartTimer(timer, seconds):
                self._timers.start(timer, seconds)
            case effects.CancelTimer(timer):
                self._timers.cancel(timer)
            case effects.StartRinging():
                self._requests.send(self._let_ring())
            case effects.StopRinging():
                self._requests.send_first(self._caller.stop_ringing())
            case effects.RingLeg():
                self._ring(effect)
            case effects.Offer():
                self._requests.send(self._exchange.hunts.offer(self._call_id, effect, self._post))
            case effects.Wait():
                self._requests.send(self._exchange.hunts.wait(self._call_id, effect))
            case effects.LeaveHunt(how, leg, line):
                self._exchange.hunts.leave(self._call_id, how, leg, line)
            case effects.Missed(line, limit):
                self._exchange.hunts.missed(self._call_id, line, limit)
            case effects.ToggleLine(line, switch):
                self._toggle(line, switch)
            case effects.SetOverride(multiselection, override, by):
                change_override(self._exchange.overrides, multiselection, override, by)
            case effects.StartRecording():
                self._takes.start(effect, self._caller)
            case effects.StopRecording(recording):
                self._takes.stop(recording)
            case effects.PlayRecording(prompt, recording):
                media, seconds = self._takes.media(recording)
                self._begin_playback(prompt, [media], seconds)
            case effects.DiscardRecording(recording):
                self._takes.discard(recording)
            case effects.SaveRecording(recording):
                self._takes.save(recording)
            case effects.StartMusic():
                self._requests.send(self._start_music())
            case effects.StopMusic():
                self._requests.send_first(self._caller.stop_moh())
            case effects.PlayToLeg(leg, prompt, announcements):
                self._play(prompt, announcements, self._ari.channel(self.seats.sits(leg)))
            case effects.CancelLeg(leg, cause):
                self.legs.cancel(leg, cause)
            case effects.Connect(leg):
                # Who answers and is not connected, too late or a mailbox, has had no call.
                self._exchange.lines.answered(leg)
                self._requests.send(self._connect(leg), lambda: self.legs.failed(leg))
            case effects.Part():
                bridge, caller = self._ari.bridge(self._bridge_id), self.seats.sits(self.seats.caller)
                self._requests.send_first(bridge.remove_channels([caller]))
            case effects.Promote(leg):
                self._promote(leg)
            case effects.HangUp(cause):
                self.legs.hang_up(self.seats.caller, cause)

    @contextmanager
    def after_key(self) -> Iterator[None]:
        """Measure how soon the prompt is taken that is begun while this lasts."""
        self._key_at = perf_counter()
        try:
            yield
        finally:
            self._key_at = None

    def adopt(self, seat: Seat, target: Target, *, has_bridge: bool) -> None:
        """Take over a leg that has answered; ``has_bridge``: the call has one already."""
        self.legs.adopt(seat, target)
        if has_bridge:
            self._claim(self._bridge_id)
            self._bridge = asyncio.get_running_loop().create_future()
            self._bridge.set_result(None)
        else:
            self._bridge = asyncio.ensure_future(self._make_bridge())

    def take(self, seat: Seat, target: Target, *, answered: bool) -> None:
        """Take over a leg that another call gives."""
        self.legs.take(seat, target)
        if not answered:
            self._requests.send_first(self._ari.channel(self.seats.sits(seat.name)).answer())

    def playback_finished(self, event: PlaybackFinished) -> None:
        """Take the report that a playback is over."""
        if again := self._prompts.finished(event):
            playback, media = again
            _log.warning("call %s: a prompt was cut short; playing it again", self._call_id)
            self._claim(playback)
            prompt = event.playback.id
            self._requests.send(
                self._caller.play(media, playback_id=playback), lambda: self._prompts.fail(prompt)
            )

    def recording_ended(self, event: RecordingFinished | RecordingFailed) -> None:
        """Take the report that a recording is over."""
        self._takes.ended(event)

    @property
    def is_keeping(self) -> bool:
        """Say whether a recording is being kept or saved."""
        return self._takes.under_way > 0

    def caller_leaves(self) -> None:
        """Forget what only the caller could have noticed."""
        self._prompts.forget_all()

    def caller_gone(self) -> None:
        """Take note that the caller's channel is no more."""
        self.legs.free(self.seats.caller)
        self.legs.see_off(self.seats.caller)

    async def release(self, *, everything: bool) -> None:
        """Free what the call still has; safe to repeat. Never raises.

        ``everything``: also what was being freed already, by requests that a fault has cut off.
        """
        self._timers.cancel_all()
        self._prompts.forget_all()
        leftovers: list[Request] = self.legs.release(everything=everything)
        if self._bridge is not None:
            # One that is still being made would outlive the call.
            await asyncio.gather(self._bridge, return_exceptions=True)
            leftovers.append(self._ari.bridge(self._bridge_id).destroy)
        await asyncio.gather(
            *(self._requests.quietly(self._requests.insist(request)) for request in leftovers)
        )
        await self._takes.release()

    async def release_caller(self) -> None:
        """Hang up the caller whatever the state; for a call that cannot go on."""
        for channel in self.seats.all(self.seats.caller):
            await self._requests.quietly(self._requests.insist(self._ari.channel(channel).hangup))
        self.legs.free(self.seats.caller)

    @property
    def _caller(self) -> ChannelHandle:
        return self._ari.channel(self.seats.sits(self.seats.caller))

    def _promote(self, leg: str) -> None:
        nobody_was_there = not self.seats.here(self.seats.caller)
        self.legs.promote(leg)
        if nobody_was_there:
            self._exchange.lines.answered(leg)
            # Who was only dialled is in a bridge of Asterisk's own, where nothing can be recorded.
            self._requests.send_first(self._take_out())

    async def _take_out(self) -> None:
        assert self._bridge is not None
        await self._bridge
        bridge, channel = self._ari.bridge(self._bridge_id), self._caller.id
        await bridge.add_channels([channel])
        await bridge.remove_channels([channel])

    def _toggle(self, line: str, switch: Switch) -> None:
        now = self._exchange.clock()
        change = self._exchange.lines.view(now).line(line).toggled(switch)
        change_line(self._exchange.lines, line, change, now)
        self._post(events.LineToggled(change))

    def _play(
        self, prompt: str, announcements: tuple[str, ...], listener: ChannelHandle | None = None
    ) -> None:
        clips = [clip for name in announcements if (clip := self._sounds.clips.get(name))]
        if not clips:
            _log.error("call %s: no sound for %s", self._call_id, ", ".join(announcements))
            self._post(events.PromptEnded(prompt, played=False))
            return
        media = [f"sound:{clip.path}" for clip in clips]
        self._begin_playback(prompt, media, sum(clip.seconds for clip in clips), listener)

    def _begin_playback(
        self, prompt: str, media: list[str], seconds: float | None, listener: ChannelHandle | None = None
    ) -> None:
        self._claim(prompt)
        self._prompts.begin(prompt, media, seconds)
        begin = self._begin(media, prompt, listener or self._caller, self._key_at)
        beginning = self._requests.send(begin, lambda: self._prompts.fail(prompt))
        self._beginning[prompt] = beginning
        beginning.add_done_callback(lambda _: self._beginning.pop(prompt))

    async def _begin(
        self, media: list[str], prompt: str, listener: ChannelHandle, key_at: float | None
    ) -> None:
        await self._requests.after_first()
        if prompt in self._prompts:
            await listener.play(media, playback_id=prompt)
            if key_at is not None:
                self._exchange.figures.keys.add(perf_counter() - key_at)

    def _stop(self, prompt: str) -> None:
        playback = self._ari.playback(self._prompts.stopped(prompt))
        self._requests.send(self._stop_playback(playback, self._beginning.get(prompt)))

    async def _stop_playback(self, playback: PlaybackHandle, beginning: asyncio.Task[None] | None) -> None:
        try:
            await playback.stop()
        except AriNotFoundError:
            if beginning is None:
                raise
            # The stop has overtaken the request to play.
            await beginning
            await playback.stop()

    async def _silence(self, prompts: tuple[str, ...]) -> None:
        names = [name for prompt in prompts for name in Prompts.playbacks(prompt)]
        requests = [self._ari.playback(name).stop() for name in names]
        requests += [self._caller.stop_moh(), self._caller.stop_ringing()]
        await asyncio.gather(*(self._requests.quietly(request) for request in requests))

    def _ring(self, effect: effects.RingLeg) -> None:
        # The phone rings sooner if the bridge, which is needed at the answer, is asked for after it.
        if self.legs.ring(effect) and (self._bridge is None or _failed(self._bridge)):
            self._bridge = asyncio.ensure_future(self._make_bridge())

    async def _make_bridge(self) -> None:
        self._claim(self._bridge_id)
        await self._ari.bridges.create(
            bridge_id=self._bridge_id, types="mixing,dtmf_events", name=self._bridge_id
        )

    async def _start_music(self) -> None:
        await self._requests.after_first()
        await self._caller.start_moh()

    async def _connect(self, leg: str) -> None:
        assert self._bridge is not None
        await self._bridge
        await self._requests.after_first()
        if leg in self.legs.targets:
            # Else it has ended meanwhile, or another call has it.
            await self._ari.bridge(self._bridge_id).add_channels([self._caller.id, self.seats.sits(leg)])

    async def _let_ring(self) -> None:
        await self._requests.after_first()
        await self._caller.ring()


def _failed(done: asyncio.Future[None]) -> bool:
    return done.done() and (done.cancelled() or done.exception() is not None)
