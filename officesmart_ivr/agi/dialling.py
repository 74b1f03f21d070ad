"""Ringing the legs of a call by Asterisk's application Dial, which returns when all is over."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from officesmart_ivr.agi.channel import Channel
from officesmart_ivr.calls.outcomes import leg_outcome
from officesmart_ivr.core.effects import RingLeg
from officesmart_ivr.core.events import LegEnded, LegOutcome
from officesmart_ivr.core.target import OUTSIDE_CONTEXT, TRANSFERS_CONTEXT, OutsideTarget, trunk_endpoint
from officesmart_ivr.errors import CallerGoneError

_SIP_STATUS = re.compile(r"SIP ([3-6][0-9][0-9])")
_CANCELLED = 487

_BY_DIAL_STATUS = {"BUSY": LegOutcome.BUSY, "NOANSWER": LegOutcome.NO_ANSWER}
"""What DIALSTATUS says of a leg of which nothing else is known; any other is unreachable."""

_RANG_OUT = "NOANSWER"


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of a Dial.

    ``answered``: the leg that talked, until it hung up, or the caller did (``caller_left``). ``ended``: the
    legs that ended without an answer, ``rang_out`` those that rang until the time was over.
    """

    answered: str = ""
    caller_left: bool = False
    ended: Sequence[LegEnded] = ()
    rang_out: Sequence[str] = ()


class Dialling:
    """Dials for one caller.

    ``asks`` gives the sound that asks whoever answers a leg for a key, empty where nobody is asked;
    ``endpoint`` what Asterisk dials for a number outside.
    """

    def __init__(
        self,
        channel: Channel,
        endpoint: Callable[[OutsideTarget], str],
        asks: Callable[[str], str],
    ) -> None:
        self._channel = channel
        self._endpoint = endpoint
        self._asks = asks
        self._numbered = 0
        self._is_prepared = False

    def dial(self, legs: Mapping[str, RingLeg], *, seconds: float | None, music: bool) -> Dialled:
        """Ring these legs at once, for so long at most, until somebody answers; then until the talk is over.

        The caller hears the ringing tone or music meanwhile. Raises CallerGoneError when he leaves before the
        answer.
        """
        endpoints = {leg: self._endpoints(leg, effect) for leg, effect in legs.items()}
        # Asterisk names a channel after its endpoint: PJSIP/201-0000002a.
        legs_by_name = {_name(each): leg for leg, found in endpoints.items() for each in found}
        peers = "&".join(each for found in endpoints.values() for each in found)
        if not peers:
            return Dialled(ended=[LegEnded(leg, LegOutcome.UNREACHABLE) for leg in legs])
        self._prepare()
        self._channel.run("HangupCauseClear")
        self._channel.put("BLINDTRANSFER", "")
        shown = self._show_prefix(legs)
        # Part of a second counts: an outcome that comes before the time is over is none of the time's.
        wait = "" if seconds is None else str(max(1, math.ceil(seconds)))
        is_hung_up = False
        try:
            self._channel.run("Dial", f"{peers},{wait},g{'m' if music else 'r'}")
        except CallerGoneError:
            is_hung_up = True
        status = self._channel.value("DIALSTATUS", of_the_dead=True)
        if status == "ANSWER":
            name = _name(self._channel.value("DIALEDPEERNAME", of_the_dead=True))
            # Whom a phone has transferred goes on in the dialplan, and comes back as another call.
            is_transferred = bool(self._channel.value("BLINDTRANSFER", of_the_dead=True))
            return Dialled(legs_by_name.get(name, next(iter(legs))), is_hung_up or is_transferred)
        if is_hung_up:
            raise CallerGoneError("the caller has hung up while it rang")
        if shown:
            self._channel.put("CALLERID(name)", self._channel.shown("agi_calleridname"))
        return self._not_answered(legs, endpoints, status)

    def _not_answered(
        self, legs: Mapping[str, RingLeg], endpoints: Mapping[str, Sequence[str]], status: str
    ) -> Dialled:
        """Say how each leg ended, by the final SIP answers of its phones."""
        statuses = self._statuses()
        cause = self._channel.value("HANGUPCAUSE")
        ended: list[LegEnded] = []
        for leg, effect in legs.items():
            names = {_name(each) for each in endpoints[leg]}
            if isinstance(effect.target, OutsideTarget):
                names.add(f"PJSIP/{trunk_endpoint(effect.target.trunk)}")
            found = [statuses[name] for name in names if name in statuses]
            known = int(cause) if len(legs) == 1 and cause.isdecimal() else 0
            if found and min(found) != _CANCELLED:
                ended.append(LegEnded(leg, leg_outcome(known, min(found)), known))
            elif status != _RANG_OUT or not endpoints[leg]:
                outcome = _BY_DIAL_STATUS.get(status, LegOutcome.UNREACHABLE)
                ended.append(LegEnded(leg, outcome if endpoints[leg] else LegOutcome.UNREACHABLE, known))
        known_of = {each.leg for each in ended}
        return Dialled(ended=ended, rang_out=[leg for leg in legs if leg not in known_of])

    def _statuses(self) -> dict[str, int]:
        """Return the final SIP status that each endpoint has given, of those that Asterisk knows."""
        found: dict[str, int] = {}
        for channel in filter(None, self._channel.value("HANGUPCAUSE_KEYS()").split(",")):
            said = _SIP_STATUS.search(self._channel.value(f"HANGUPCAUSE({channel},tech)"))
            if said:
                found[_name(channel)] = int(said[1])
        return found

    def _endpoints(self, leg: str, effect: RingLeg) -> tuple[str, ...]:
        """Return what is dialled for a leg: each phone of a line, or the way to a number outside."""
        target = effect.target
        if isinstance(target, OutsideTarget):
            return (self._outside(leg, target),)
        line = f"PJSIP/{target.extension}"
        found = self._channel.value(f"PJSIP_DIAL_CONTACTS({target.extension})").split("&")
        # A phone chooses its own address, and a comma in it would pass for the end of an argument.
        return tuple(each for each in found if each.startswith(f"{line}/") and "," not in each)

    def _outside(self, leg: str, target: OutsideTarget) -> str:
        """Tell the dialplan how a number outside is called; return what leads there."""
        self._numbered += 1
        number = f"{self._numbered:03}"
        for name, value in (
            ("DIAL", self._endpoint(target)),
            ("SHOWN", target.caller_id),
            ("ASKS", self._asks(leg)),
        ):
            self._channel.put(f"__OFFICESMART_{name}_{number}", value)
        return f"Local/{number}@{OUTSIDE_CONTEXT}/n"

    def _prepare(self) -> None:
        """Let whoever is dialled know where a transfer leads: to a call of its own."""
        if not self._is_prepared:
            self._is_prepared = True
            self._channel.put("__OFFICESMART_FALLBACK", "1")
            self._channel.put("__TRANSFER_CONTEXT", TRANSFERS_CONTEXT)

    def _show_prefix(self, legs: Mapping[str, RingLeg]) -> bool:
        """Show a group's prefix before the caller's name; say whether there is one."""
        prefix = next((effect.name_prefix for effect in legs.values() if effect.name_prefix), "")
        if prefix:
            shown = self._channel.shown
            self._channel.put("CALLERID(name)", prefix + (shown("agi_calleridname") or shown("agi_callerid")))
        return bool(prefix)


def _name(endpoint: str) -> str:
    """Return by what an endpoint and its channels are known: ``PJSIP/201``, ``Local/001@context``."""
    kind, _, rest = endpoint.partition("/")
    name = rest.partition("/")[0].partition(";")[0]
    head, dash, tail = name.rpartition("-")
    is_channel = bool(dash) and len(tail) == 8 and all(each in "0123456789abcdef" for each in tail)
    return f"{kind}/{head if is_channel else name}"
