"""The legs of one call: whom they ring, from the reservation of the line to the end of the last phone.

A leg to a line rings all phones of it that can be reached, each by a channel of its own; to the core it is
one leg. It rings when the first phone does, the first that answers has it, and it ends when the last has.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable

from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.requests import Request, Requests
from officesmart_ivr.calls.seats import Seat, Seats
from officesmart_ivr.core import effects, events
from officesmart_ivr.core.events import LegEnded, LegOutcome
from officesmart_ivr.core.state import Caller
from officesmart_ivr.core.target import TRANSFERS_CONTEXT, OutsideTarget, PhoneTarget, Target
from officesmart_ivr.errors import AriError, AriServerError
from officesmart_ivr.state.lines import Offer, reserve_phone

_log = logging.getLogger(__name__)

ENTER_SECONDS = 5.0
"""How long a channel that was made may take to enter the application."""

DIAL_GRACE_SECONDS = 5
"""Asterisk gives up on a leg this long after the core should have."""


class Legs:
    """The legs of one call. ``targets`` has those that are there, and whom each rings.

    ``asked_for``: the phones of which nobody knows yet whether Asterisk has made their channels.

    ``claim`` is told each id before it is asked for; ``post`` takes what becomes of a leg.
    """

    def __init__(
        self,
        exchange: Exchange,
        seats: Seats,
        caller: Caller,
        requests: Requests,
        claim: Callable[[str], None],
        post: Callable[[events.Event], None],
    ) -> None:
        self._exchange = exchange
        self._ari = exchange.ari
        self._seats = seats
        self._call = caller
        self._requests = requests
        self._claim = claim
        self._post = post
        self._making: dict[str, asyncio.Event] = {}
        self.asked_for: set[str] = set()
        self._cancelled: set[str] = set()
        self._lost: set[str] = set()
        self._answered: set[str] = set()
        self._wrap_up: dict[str, float] = {}
        self.targets: dict[str, Target] = {}

    # --- ringing

    def ring(self, effect: effects.RingLeg) -> bool:
        """Ring a leg; never waits. Returns whether there is a line for it."""
        leg, target = effect.leg, effect.target
        if isinstance(target, OutsideTarget) and (refusal := self._exchange.outside.take(leg, target)):
            self._exchange.lines.release(leg, self._exchange.clock())
            self._post(refusal)
            return False
        self.targets[leg] = target
        self._wrap_up[leg] = effect.wrap_up_seconds
        self._seats.add(Seat(leg, []))
        self._add_phone(leg, leg)
        self._requests.send(self._dial(effect), lambda: self.failed(leg))
        return True

    async def _dial(self, effect: effects.RingLeg) -> None:
        leg, target = effect.leg, effect.target
        is_reserved = bool(effect.hunt_group) or isinstance(target, OutsideTarget)
        refusal = None if is_reserved else await self._reserve(leg, target.line)
        endpoints = () if refusal else await self._endpoints(target)
        if not endpoints or leg in self._cancelled:
            self._forget(leg)
            self._post(LegEnded(leg, refusal or LegOutcome.BUSY))
            return
        # Asterisk refuses an id with which that of another channel begins, such as the leg's own.
        rest = leg.removeprefix(f"{self._call.call_id}-")
        others = (f"{self._call.call_id}-phone{number}-{rest}" for number in range(2, len(endpoints) + 1))
        phones = [leg, *others]
        for phone in phones[1:]:
            self._add_phone(leg, phone)
        for phone, endpoint in zip(phones, endpoints, strict=True):
            failed = functools.partial(self._phone_failed, leg, phone)
            self._requests.send(self._dial_phone(effect, phone, endpoint), failed)

    def _add_phone(self, leg: str, phone: str) -> None:
        self._claim(phone)
        self.asked_for.add(phone)
        self._seats.ring(leg, phone)
        self._making[phone] = asyncio.Event()

    async def _dial_phone(self, effect: effects.RingLeg, phone: str, endpoint: str) -> None:
        leg, target, entered = effect.leg, effect.target, self._making[phone]
        try:
            channel = await self._ari.channels.create(
                endpoint=endpoint,
                channel_id=phone,
                app_args=("leg", self._call.call_id, leg),
                originator=self._caller,
                variables=self._variables(effect),
            )
        except AriServerError as error:
            # Asterisk's way to say that no phone is registered, or that the carrier does not answer.
            where = "the phone" if isinstance(target, PhoneTarget) else f"trunk {target.trunk}"
            _log.info("call %s: %s cannot be rung: %s", self._call.call_id, where, error.message)
            self._phone_failed(leg, phone)
            return
        finally:
            self.asked_for.discard(phone)
        async with asyncio.timeout(ENTER_SECONDS):
            # Asterisk answers before the channel is in the application, and refuses to dial it then.
            await entered.wait()
        if self._seats.of(phone) == leg and leg not in self._cancelled:
            self._making.pop(phone)
            # Naming the caller shows his number and name, in place of what the variables say.
            shows_caller = isinstance(target, PhoneTarget) and not effect.name_prefix
            caller = self._caller if shows_caller else None
            await channel.dial(caller=caller, timeout=int(effect.seconds) + DIAL_GRACE_SECONDS)
        if leg in self._cancelled or phone in self._lost:
            # The cancelling request may have come before the channel was there.
            await self._requests.insist(channel.hangup)

    async def _reserve(self, leg: str, extension: str) -> LegOutcome | None:
        """Reserve the line of a phone; say why it cannot be."""
        known = self._exchange.service().plan.plan.extensions.get(extension)
        offer = Offer(extension, leg, known.max_calls if known else 1)
        return await reserve_phone(self._exchange.lines, self._call.call_id, offer, self._exchange.clock())

    async def _endpoints(self, target: Target) -> tuple[str, ...]:
        """Return what Asterisk is asked to dial: for a line with several phones each one's address.

        Without an address it is the line itself, which Asterisk refuses at once when nobody is registered.
        """
        if isinstance(target, OutsideTarget):
            return (self._exchange.outside.endpoint(target),)
        line = f"PJSIP/{target.extension}"
        try:
            addresses = await self._exchange.phones.addresses(
                target.extension, functools.partial(self._registered, line)
            )
        except AriError as error:
            _log.info("call %s: the phones of %s are not known: %s", self._call.call_id, line, error.message)
            addresses = ()
        return tuple(f"{line}/{address}" for address in addresses) if len(addresses) > 1 else (line,)

    async def _registered(self, line: str) -> list[str]:
        """Ask Asterisk for the addresses at which a line's phones answer. Raises AriError."""
        name = f"PJSIP_DIAL_CONTACTS({line.removeprefix('PJSIP/')})"
        if self._caller is not None:
            found = await self._ari.channel(self._caller).get_variable(name)
        else:
            found = await self._asked_without_caller(line, name)
        return [each.removeprefix(f"{line}/") for each in found.split("&") if each]

    async def _asked_without_caller(self, line: str, name: str) -> str:
        """Ask by a channel that is made for it and never dialled: Asterisk tells this of channels only."""
        asking = self._asking
        self._claim(asking)
        channel = await self._ari.channels.create(
            endpoint=line, channel_id=asking, app_args=("leg", self._call.call_id, asking)
        )
        try:
            return await channel.get_variable(name)
        finally:
            await self._requests.insist(channel.hangup)

    @property
    def _asking(self) -> str:
        """The id of that channel."""
        return f"{self._call.call_id}-ask"

    @property
    def _caller(self) -> str | None:
        """The caller's channel; None while there is none, in a call that the office makes itself."""
        return next(iter(self._seats.here(self._seats.caller)), None)

    def _variables(self, effect: effects.RingLeg) -> dict[str, str]:
        """Return what a new channel is told: where a phone transfers to, and what it shows of the caller."""
        variables, number, name = {}, "", ""
        if isinstance(effect.target, OutsideTarget):
            number = effect.target.caller_id
        else:
            variables["TRANSFER_CONTEXT"] = TRANSFERS_CONTEXT
            if effect.name_prefix:
                number = self._call.number
                name = effect.name_prefix + (self._call.name or number)
            elif self._caller is None:
                name = self._call.name
        shown = {"num": number, "name": name}
        variables |= {f"CONNECTEDLINE({key},i)": value for key, value in shown.items() if value}
        return {**variables, "CONNECTEDLINE(num-pres,i)": "allowed"} if number or name else variables

    # --- what becomes of it

    def entered(self, phone: str) -> None:
        """Take note that a phone's channel is in the application, and can be dialled."""
        if phone in self._making:
            self._making[phone].set()

    def made_late(self, phone: str) -> None:
        """Hang up a channel that was given up before Asterisk had made it: nobody else would."""
        if phone != self._asking:
            self._hang_up_channel(phone)

    def answered(self, leg: str, phone: str) -> None:
        """Give a leg to the phone that has answered; the others ring no more."""
        self._answered.add(leg)
        for other in self._seats.answered(leg, phone):
            self._lost.add(other)
            self._give_up_making(other)
            self._hang_up_channel(other, effects.Cause.ANSWERED_ELSEWHERE)

    def phone_ended(self, phone: str, ended: LegEnded) -> LegEnded | None:
        """Take note that a phone ended without an answer; return how its leg did, if that was the last."""
        self._give_up_making(phone)
        return self._seats.phone_ended(phone, ended)

    def gone(self, leg: str) -> None:
        """Take note that nobody of a leg is there any more."""
        self._forget(leg)
        self.see_off(leg)

    def failed(self, leg: str) -> None:
        """End a leg that cannot be rung, or not be talked to. Another call may have it by now."""
        if leg not in self.targets:
            return
        phones = self._seats.here(leg)
        self._post(LegEnded(leg, LegOutcome.UNREACHABLE, self._cause_of_failure(leg)))
        for phone in phones:
            self._hang_up_channel(phone)
        self._forget(leg)

    def _phone_failed(self, leg: str, phone: str) -> None:
        if phone not in self._seats.here(leg) or leg in self._answered:
            # Of a request that was carried out only the reply was lost.
            return
        self._hang_up_channel(phone)
        unreachable = LegEnded(leg, LegOutcome.UNREACHABLE, self._cause_of_failure(leg))
        if ended := self.phone_ended(phone, unreachable):
            self._post(ended)
            self._forget(leg)

    def _cause_of_failure(self, leg: str) -> int:
        return effects.Cause.NO_CIRCUIT if isinstance(self.targets.get(leg), OutsideTarget) else 0

    def _give_up_making(self, phone: str) -> None:
        if making := self._making.pop(phone, None):
            making.set()

    # --- changing hands

    def adopt(self, seat: Seat, target: Target) -> None:
        """Take over a leg that talks already, since an earlier process."""
        if isinstance(target, OutsideTarget):
            self._exchange.outside.adopt(seat.name, target.trunk)
        self._add(seat, target)

    def take(self, seat: Seat, target: Target) -> None:
        """Take over a leg that another call gives: its line is ours from now on."""
        self._add(seat, target)
        self._exchange.lines.hand_over(seat.name, self._call.call_id)

    def _add(self, seat: Seat, target: Target) -> None:
        for channel in {seat.name, *seat.all}:
            self._claim(channel)
        self._seats.add(seat)
        self.targets[seat.name] = target

    def can_give(self, leg: str) -> bool:
        """Say whether a leg can go to another call: it is there, and all its phones were dialled."""
        return leg in self.targets and self._making.keys().isdisjoint(self._seats.here(leg))

    def give(self, leg: str) -> Seat:
        """Let go of a leg that another call takes."""
        del self.targets[leg]
        return self._seats.remove(leg)

    def promote(self, leg: str) -> None:
        """Let who was called sit in the caller's seat; whoever had it is out, and his line free."""
        self.free(self._seats.caller)
        self.hang_up(self._seats.caller, effects.Cause.NORMAL)
        self._seats.caller = leg
        # It may have failed in this moment.
        self.targets.pop(leg, None)

    # --- freeing

    def cancel(self, leg: str, cause: effects.Cause) -> None:
        """End a leg, whatever its state."""
        self._cancelled.add(leg)
        self._exchange.ringing.pop(leg, None)
        if self._seats.has_transferred(leg) or leg not in self.targets:
            # Its phone may be rung again at once; or it was never rung.
            self.free(leg)
        self.hang_up(leg, cause)

    def hang_up(self, seat: str, cause: effects.Cause) -> None:
        """Hang up all who sit at a seat, did sit, or ring for it."""
        for channel in self._seats.all(seat):
            self._hang_up_channel(channel, cause)

    def see_off(self, seat: str) -> None:
        """Hang up a phone whose transfer has come to nothing: it waits outside for a bridge that is gone."""
        if self._seats.has_transferred(seat) and seat not in self._cancelled:
            self.hang_up(seat, effects.Cause.NORMAL)

    def free(self, seat: str) -> None:
        """Free the line, or the line outside, of a seat; safe to repeat."""
        self._exchange.outside.give_back(seat)
        self._exchange.hunts.talk_over(seat)
        wrap_up = self._wrap_up.pop(seat, 0.0)
        self._exchange.lines.release(seat, self._exchange.clock(), wrap_up=wrap_up)

    def release(self, *, everything: bool) -> list[Request]:
        """Forget all legs; return the requests that end them.

        ``everything``: all channels that the call has had and not given away, whoever is ending them.
        """
        channels = {channel for leg in self.targets for channel in self._seats.all(leg)}
        if everything:
            channels |= self._seats.everybody | self._lost
        for leg in list(self.targets):
            self._forget(leg)
        return [self._ari.channel(channel).hangup for channel in channels]

    def _forget(self, leg: str) -> None:
        self.targets.pop(leg, None)
        self._exchange.ringing.pop(leg, None)
        self.free(leg)

    def _hang_up_channel(self, channel: str, cause: effects.Cause = effects.Cause.NORMAL) -> None:
        hangup = functools.partial(self._ari.channel(channel).hangup, reason_code=int(cause))
        self._requests.send(self._requests.insist(hangup))
