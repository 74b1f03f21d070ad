"""The requests of one call: each effect of the core is carried out by the method of its kind.

Requests that belong together are sent at once, without waiting for replies that decide nothing; most of a
caller's waiting would be round trips. Where Asterisk needs an order it is kept: connections of the pool
overtake each other, and a prompt that begins before the answer would hold the answer back to its end. What
the core must know of a failure comes back as an event.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.ari.channels import ChannelHandle
from officesmart_ivr.ari.events import PlaybackFinished
from officesmart_ivr.ari.playbacks import PlaybackHandle
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.prompts import Prompts
from officesmart_ivr.calls.seats import Seats
from officesmart_ivr.calls.timers import Timers
from officesmart_ivr.core import effects, events
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.state import Caller
from officesmart_ivr.core.target import TRANSFERS_CONTEXT, OutsideTarget, PhoneTarget, Target
from officesmart_ivr.errors import AriError, AriNotFoundError, AriServerError
from officesmart_ivr.state.lines import Choice, Offer, Switch, View, change_line

_log = logging.getLogger(__name__)

ENTER_SECONDS = 5.0
"""How long a channel that was made may take to enter the application."""

DIAL_GRACE_SECONDS = 5
"""Asterisk gives up on a leg this long after the core should have."""

Request = Callable[[], Coroutine[Any, Any, None]]
"""A request that can be sent more than once."""

_BRIDGE = "-talk"


def bridge_of(call_id: str) -> str:
    """Return the id of the bridge in which the two sides of a call talk."""
    return call_id + _BRIDGE


def call_of(bridge: str) -> str | None:
    """Return the call of a bridge; None when no call of ours made it."""
    return bridge.removesuffix(_BRIDGE) if bridge.endswith(_BRIDGE) else None


class Performer:
    """Carries out the effects of one call.

    ``claim`` is told each id before it is asked for; ``post`` takes the events that come of a request;
    ``spawn`` runs a request beside the call.
    """

    def __init__(
        self,
        exchange: Exchange,
        channel: str,
        caller: Caller,
        sounds: Catalogue,
        claim: Callable[[str], None],
        post: Callable[[events.Event], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._exchange = exchange
        self._ari = exchange.ari
        self.seats = Seats(channel)
        self._bridge_id = bridge_of(caller.call_id)
        self._call_id = caller.call_id
        self._caller_number, self._caller_name = caller.number, caller.name
        self._sounds = sounds
        self._claim = claim
        self._post = post
        self._spawn = spawn
        self._timers = Timers(lambda timer: post(events.TimerFired(timer)))
        self._prompts = Prompts(lambda prompt, played: post(events.PromptEnded(prompt, played)))
        self._bridge: asyncio.Future[None] | None = None
        self._first: set[asyncio.Task[None]] = set()
        self._beginning: dict[str, asyncio.Task[None]] = {}
        self._entered: dict[str, asyncio.Event] = {}
        self._cancelled: set[str] = set()
        self._wrap_up: dict[str, float] = {}
        self._dialled: set[str] = set()
        self.legs: dict[str, Target] = {}

    def perform(self, effect: effects.Effect) -> None:
        """Carry out one effect; never waits."""
        match effect:
            case effects.Answer():
                self._send_first(self._caller.answer())
            case effects.Play(prompt, announcements):
                self._play(prompt, announcements)
            case effects.PlayTone(prompt, tone):
                self._begin_playback(prompt, [f"tone:{tone.value}"], None)
            case effects.StopPrompt(prompt):
                self._stop(prompt)
            case effects.StartTimer(timer, seconds):
                self._timers.start(timer, seconds)
            case effects.CancelTimer(timer):
                self._timers.cancel(timer)
            case effects.StartRinging():
                self._send(self._let_ring())
            case effects.StopRinging():
                self._send_first(self._caller.stop_ringing())
            case effects.RingLeg():
                self._ring(effect)
            case effects.Offer():
                self._send(self._exchange.hunts.offer(self._call_id, effect, self._post))
            case effects.Wait():
                self._send(self._exchange.hunts.wait(self._call_id, effect))
            case effects.LeaveHunt(how, leg, line):
                self._exchange.hunts.leave(self._call_id, how, leg, line)
            case effects.Missed(line, limit):
                self._exchange.hunts.missed(self._call_id, line, limit)
            case effects.ToggleLine(line, switch):
                self._toggle(line, switch)
            case effects.StartMusic():
                self._send(self._start_music())
            case effects.StopMusic():
                self._send_first(self._caller.stop_moh())
            case effects.PlayToLeg(leg, prompt, announcements):
                self._play(prompt, announcements, self._ari.channel(self.seats.sits(leg)))
            case effects.CancelLeg(leg, cause):
                self._cancel(leg, cause)
            case effects.Connect(leg):
                # Who answers and is not connected, too late or a mailbox, has had no call.
                self._exchange.lines.answered(leg)
                self._send(self._connect(leg), lambda: self._leg_failed(leg))
            case effects.Part():
                bridge, caller = self._ari.bridge(self._bridge_id), self.seats.sits(self.seats.caller)
                self._send_first(bridge.remove_channels([caller]))
            case effects.Promote(leg):
                self._promote(leg)
            case effects.HangUp(cause):
                self._hang_up(self.seats.caller, cause)

    def adopt(self, leg: str, target: Target) -> None:
        """Take over a leg that is in the call's bridge already."""
        if isinstance(target, OutsideTarget):
            self._exchange.outside.adopt(leg, target.trunk)
        self._claim(leg)
        self._claim(self._bridge_id)
        self.legs[leg] = target
        self._entered[leg] = asyncio.Event()
        self._dialled.add(leg)
        self._bridge = asyncio.get_running_loop().create_future()
        self._bridge.set_result(None)

    def take(self, leg: str, target: Target, *, answered: bool) -> None:
        """Take over a leg that another call gives: its line is ours from now on."""
        self._claim(leg)
        self.legs[leg] = target
        self._entered[leg] = asyncio.Event()
        self._dialled.add(leg)
        self._exchange.lines.hand_over(leg, self._call_id)
        if not answered:
            self._send_first(self._ari.channel(leg).answer())

    def can_give(self, leg: str) -> bool:
        """Say whether a leg can go to another call: it is there, and was dialled."""
        return leg in self.legs and leg in self._dialled

    def give(self, leg: str) -> None:
        """Let go of a leg that another call has taken."""
        del self.legs[leg]

    def leg_entered(self, leg: str) -> None:
        """Take note that a leg's channel is in the application, and can be dialled."""
        self._entered[leg].set()

    def leg_gone(self, leg: str) -> None:
        """Take note that a leg's channel is no more."""
        self._forget_leg(leg)
        self._entered[leg].set()
        self._see_off(leg)

    def playback_finished(self, event: PlaybackFinished) -> None:
        """Take the report that a playback is over."""
        if again := self._prompts.finished(event):
            playback, media = again
            _log.warning("call %s: a prompt was cut short; playing it again", self._call_id)
            self._claim(playback)
            prompt = event.playback.id
            self._send(self._caller.play(media, playback_id=playback), lambda: self._prompts.fail(prompt))

    def caller_leaves(self) -> None:
        """Forget what only the caller could have noticed."""
        self._prompts.forget_all()

    def caller_gone(self) -> None:
        """Take note that the caller's channel is no more."""
        self._free(self.seats.caller)
        self._see_off(self.seats.caller)

    async def release(self) -> None:
        """Free everything that the call still has; safe to repeat. Never raises."""
        self._timers.cancel_all()
        self._prompts.forget_all()
        leftovers: list[Request] = [
            self._ari.channel(channel).hangup for leg in self.legs for channel in self.seats.channels(leg)
        ]
        for leg in list(self.legs):
            self._forget_leg(leg)
        if self._bridge is not None:
            # One that is still being made would outlive the call.
            await asyncio.gather(self._bridge, return_exceptions=True)
            leftovers.append(self._ari.bridge(self._bridge_id).destroy)
        await asyncio.gather(*(self._quietly(self._insist(request)) for request in leftovers))

    async def release_caller(self) -> None:
        """Hang up the caller whatever the state; for a call that cannot go on."""
        for channel in self.seats.channels(self.seats.caller):
            await self._quietly(self._insist(self._ari.channel(channel).hangup))

    @property
    def _caller(self) -> ChannelHandle:
        return self._ari.channel(self.seats.sits(self.seats.caller))

    def _cancel(self, leg: str, cause: effects.Cause) -> None:
        self._cancelled.add(leg)
        self._exchange.ringing.pop(leg, None)
        if self.seats.is_out(leg) or leg not in self.legs:
            # The phone has transferred the call, and may be rung again at once; or it was never rung.
            self._free(leg)
        self._hang_up(leg, cause)

    def _promote(self, leg: str) -> None:
        """Let who was called sit in the caller's seat; whoever had it is out, and his line free."""
        self._free(self.seats.caller)
        self._hang_up(self.seats.caller, effects.Cause.NORMAL)
        self.seats.caller = leg
        del self.legs[leg]

    def _toggle(self, line: str, switch: Switch) -> None:
        now = self._exchange.clock()
        change = self._exchange.lines.view(now).line(line).toggled(switch)
        change_line(self._exchange.lines, line, change, now)
        self._post(events.LineToggled(change))

    def _see_off(self, seat: str) -> None:
        """Hang up a phone whose transfer has come to nothing: it waits outside for a bridge that is gone."""
        if self.seats.is_out(seat) and seat not in self._cancelled:
            self._hang_up(seat, effects.Cause.NORMAL)

    def _hang_up(self, seat: str, cause: effects.Cause) -> None:
        for channel in self.seats.channels(seat):
            hangup = functools.partial(self._ari.channel(channel).hangup, reason_code=int(cause))
            self._send(self._insist(hangup))

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
        beginning = self._send(
            self._begin(media, prompt, listener or self._caller), lambda: self._prompts.fail(prompt)
        )
        self._beginning[prompt] = beginning
        beginning.add_done_callback(lambda _: self._beginning.pop(prompt))

    async def _begin(self, media: list[str], prompt: str, listener: ChannelHandle) -> None:
        await self._after_first()
        if prompt in self._prompts:
            await listener.play(media, playback_id=prompt)

    def _stop(self, prompt: str) -> None:
        playback = self._ari.playback(self._prompts.stopped(prompt))
        self._send(self._stop_playback(playback, self._beginning.get(prompt)))

    async def _stop_playback(self, playback: PlaybackHandle, beginning: asyncio.Task[None] | None) -> None:
        try:
            await playback.stop()
        except AriNotFoundError:
            if beginning is None:
                raise
            # The stop has overtaken the request to play.
            await beginning
            await playback.stop()

    def _ring(self, effect: effects.RingLeg) -> None:
        leg, target = effect.leg, effect.target
        if isinstance(target, OutsideTarget) and (refusal := self._exchange.outside.take(leg, target)):
            self._exchange.lines.release(leg, self._exchange.clock())
            self._post(refusal)
            return
        self._claim(leg)
        self.legs[leg] = target
        self._entered[leg] = asyncio.Event()
        self._wrap_up[leg] = effect.wrap_up_seconds
        self._send(self._dial(effect), lambda: self._leg_failed(leg, target))
        # The phone rings sooner if the bridge, which is needed at the answer, is asked for after it.
        if self._bridge is None or _failed(self._bridge):
            self._bridge = asyncio.ensure_future(self._make_bridge())

    async def _make_bridge(self) -> None:
        self._claim(self._bridge_id)
        await self._ari.bridges.create(
            bridge_id=self._bridge_id, types="mixing,dtmf_events", name=self._bridge_id
        )

    async def _dial(self, effect: effects.RingLeg) -> None:
        leg, target = effect.leg, effect.target
        is_reserved = bool(effect.hunt_group) or isinstance(target, OutsideTarget)
        refusal = None if is_reserved else await self._reserve(leg, target.line)
        if refusal or leg in self._cancelled:
            self._forget_leg(leg)
            self._post(events.LegEnded(leg, refusal or LegOutcome.BUSY))
            return
        try:
            channel = await self._ari.channels.create(
                endpoint=self._endpoint(target),
                channel_id=leg,
                app_args=("leg", self._call_id, leg),
                originator=self._caller.id,
                variables=self._variables(effect),
            )
        except AriServerError as error:
            # Asterisk's way to say that no phone is registered, or that the carrier does not answer.
            where = "the phone" if isinstance(target, PhoneTarget) else f"trunk {target.trunk}"
            _log.info("call %s: %s cannot be rung: %s", self._call_id, where, error.message)
            self._leg_failed(leg, target)
            return
        async with asyncio.timeout(ENTER_SECONDS):
            # Asterisk answers before the channel is in the application, and refuses to dial it then.
            await self._entered[leg].wait()
        if leg not in self.legs:
            return
        if leg not in self._cancelled:
            self._dialled.add(leg)
            # Naming the caller shows his number and name, in place of what the variables say.
            shows_caller = isinstance(target, PhoneTarget) and not effect.name_prefix
            caller = self._caller.id if shows_caller else None
            await channel.dial(caller=caller, timeout=int(effect.seconds) + DIAL_GRACE_SECONDS)
        if leg in self._cancelled:
            # The cancelling request may have come before the channel was there.
            await self._insist(channel.hangup)

    async def _reserve(self, leg: str, extension: str) -> LegOutcome | None:
        """Reserve the line of a phone; say why it cannot be.

        It is busy when it has as many calls as it may have, or our own already.
        """
        known = self._exchange.service().plan.plan.extensions.get(extension)
        offer = Offer(extension, leg, known.max_calls if known else 1)
        lines, now = self._exchange.lines, self._exchange.clock()

        def choose(view: View) -> Choice:
            return Choice(() if view.line(extension).do_not_disturb else (offer,))

        if await lines.reserve(self._call_id, choose, now):
            return None
        wants_peace = lines.view(now).line(extension).do_not_disturb
        return LegOutcome.DO_NOT_DISTURB if wants_peace else LegOutcome.BUSY

    def _variables(self, effect: effects.RingLeg) -> dict[str, str]:
        """Return what a new channel is told: where a phone transfers to, and what it shows of the caller."""
        variables, number, name = {}, "", ""
        if isinstance(effect.target, OutsideTarget):
            number = effect.target.caller_id
        else:
            variables["TRANSFER_CONTEXT"] = TRANSFERS_CONTEXT
            if effect.name_prefix:
                number = self._caller_number
                name = effect.name_prefix + (self._caller_name or number)
        shown = {"num": number, "name": name}
        variables |= {f"CONNECTEDLINE({key},i)": value for key, value in shown.items() if value}
        return {**variables, "CONNECTEDLINE(num-pres,i)": "allowed"} if number or name else variables

    async def _start_music(self) -> None:
        await self._after_first()
        await self._caller.start_moh()

    def _endpoint(self, target: Target) -> str:
        """Return what Asterisk is asked to dial."""
        if isinstance(target, PhoneTarget):
            return f"PJSIP/{target.extension}"
        return self._exchange.outside.endpoint(target)

    async def _connect(self, leg: str) -> None:
        assert self._bridge is not None
        await self._bridge
        await self._after_first()
        await self._ari.bridge(self._bridge_id).add_channels([self._caller.id, leg])

    async def _let_ring(self) -> None:
        await self._after_first()
        await self._caller.ring()

    def _leg_failed(self, leg: str, target: Target | None = None) -> None:
        cause = effects.Cause.NO_CIRCUIT if isinstance(target, OutsideTarget) else 0
        self._post(events.LegEnded(leg, LegOutcome.UNREACHABLE, cause))
        self._spawn(self._quietly(self._insist(self._ari.channel(leg).hangup)))
        self._forget_leg(leg)

    def _forget_leg(self, leg: str) -> None:
        self.legs.pop(leg, None)
        self._exchange.ringing.pop(leg, None)
        self._free(leg)

    def _free(self, seat: str) -> None:
        """Free the line, or the line outside, of a seat; safe to repeat."""
        self._exchange.outside.give_back(seat)
        self._exchange.hunts.talk_over(seat)
        wrap_up = self._wrap_up.pop(seat, 0.0)
        self._exchange.lines.release(seat, self._exchange.clock(), wrap_up=wrap_up)

    def _send_first(self, request: Coroutine[Any, Any, None]) -> None:
        """Send a request to the caller's channel that prompts and talking must come after."""
        sent = self._send(request)
        self._first.add(sent)
        sent.add_done_callback(self._first.discard)

    async def _after_first(self) -> None:
        if self._first:
            await asyncio.wait(self._first)

    def _send(
        self, request: Coroutine[Any, Any, Any], failed: Callable[[], None] | None = None
    ) -> asyncio.Task[None]:
        return self._spawn(self._guard(request, failed))

    async def _insist(self, request: Request) -> None:
        """Free something, at the second try if need be: no phone shall ring on for one lost request."""
        try:
            await request()
        except AriNotFoundError:
            raise
        except AriError as error:
            _log.warning("call %s: trying again: %s", self._call_id, error)
            await request()

    async def _guard(self, request: Coroutine[Any, Any, Any], failed: Callable[[], None] | None) -> None:
        """Await a request. What it meets at the end of a channel's life is no fault."""
        try:
            await request
        except (AriError, TimeoutError) as error:
            level = logging.DEBUG if isinstance(error, AriNotFoundError) else logging.WARNING
            _log.log(level, "call %s: %s", self._call_id, error)
            if failed is not None:
                failed()

    async def _quietly(self, request: Coroutine[Any, Any, Any]) -> None:
        await self._guard(request, None)


def _failed(done: asyncio.Future[None]) -> bool:
    return done.done() and (done.cancelled() or done.exception() is not None)
