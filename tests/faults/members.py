"""R10: whatever a member's phone does with a call, the next one rings, and a 302 is not followed.

Groups that share no line are tried at once. Of each, the first member does something and the second answers.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from random import Random

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left, office
from tests.live.hunting import is_free, phones, record_of
from tests.live.station import Station, until

TOO_SOON_TO_CANCEL = 408
"""An INVITE that was never replied to cannot be cancelled (RFC 3261, section 9.1); the phone gives up."""
CANCELLED = 487
RING_SECONDS = 1.0
LATEST_SECONDS = 0.6
"""How much later than it must the next one may answer."""
EARLY_HZ = 2400
"""What a phone plays before it answers, which nobody may hear who hunts."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the first member does, and the status with which its call ends; None: it is not registered."""

    name: str
    behaviour: Behaviour | None
    ended: int = 0

    @property
    def rings_in_vain(self) -> bool:
        """Whether the next one rings only when the time of the first is over."""
        return self.ended in (CANCELLED, TOO_SOON_TO_CANCEL)


CASES = (
    Case("486", behaviours.reject(486), 486),
    Case("480", behaviours.reject(480), 480),
    Case("603", behaviours.reject(603), 603),
    Case("302", behaviours.redirect("sip:204@127.0.0.1"), 302),
    Case("no answer", behaviours.ring(), CANCELLED),
    Case("no reply", behaviours.no_reply(), TOO_SOON_TO_CANCEL),
    Case("183", behaviours.early_media(EARLY_HZ), CANCELLED),
    Case("never registered", None),
)

GROUPS = {"500": ("201", "202"), "501": ("211", "212"), "502": ("221", "222")}
ELSEWHERE = "204"
"""Whom a 302 names."""

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "204": {name: Dario}
EXTENSIONS
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
multiselections: {}
hunt_groups:
GROUPS
"""


def _plan() -> str:
    extensions = "\n".join(f'  "{line}": {{name: Linea {line}}}' for pair in GROUPS.values() for line in pair)
    groups = "\n".join(
        f'  row-{number}: {{name: Fila, numbers: ["{number}"], members: ["{first}", "{second}"], '
        f'ring_seconds: {RING_SECONDS:g}, caller_name_prefix: "Vendite: "}}'
        for number, (first, second) in GROUPS.items()
    )
    return PLAN.replace("EXTENSIONS", extensions).replace("GROUPS", groups)


async def run(trial: Trial) -> str:
    """Make so many calls, each case in turn. Returns the figures."""
    async with office(trial, _plan()) as (station, before):
        lines = [ELSEWHERE, *(line for pair in GROUPS.values() for line in pair)]
        async with phones(station, dict.fromkeys(lines)) as members, station.caller() as caller:
            chance = Random(trial.seed)
            cases = [CASES[number % len(CASES)] for number in range(trial.count)]
            chance.shuffle(cases)

            async def calls(number: str) -> None:
                first, second = (members[line] for line in GROUPS[number])
                while cases:
                    await _call(station, caller, number, first, second, cases.pop())

            await asyncio.gather(*map(calls, GROUPS))
            assert not members[ELSEWHERE].received, "a 302 was followed"
        lost = await nothing_left(station, before)
    return f"{trial.count} calls, {len(CASES)} kinds of refusal: the next phone had each; {lost}"


async def _call(
    station: Station, caller: Phone, number: str, first: Phone, second: Phone, case: Case
) -> None:
    """Call a group whose first member refuses in some way, and talk to the second."""
    await _let_be_registered(station, first, case.behaviour is not None)
    first.behaviour, second.behaviour = case.behaviour or behaviours.ring(), behaviours.answer()
    rung_before = len(first.received), len(second.received)
    began = time.monotonic()
    call = caller.call(number)
    await call.answered()
    took = time.monotonic() - began
    answering = second.received[-1]
    assert "Vendite" in answering.caller.name
    now = time.monotonic_ns()
    call.rtp.say_tone(2000)
    answering.rtp.say_tone(2200)
    await asyncio.gather(
        call.rtp.hear(2200, within=3, after=now), answering.rtp.hear(2000, within=3, after=now)
    )
    assert not any(segment.sound == EARLY_HZ for segment in call.rtp.segments), case.name
    assert station.legs(second.user) == ["talking"]
    rung = len(first.received) - rung_before[0], len(second.received) - rung_before[1]
    assert rung == (int(case.behaviour is not None), 1), (case.name, rung)
    if case.behaviour is not None and case.ended != TOO_SOON_TO_CANCEL:
        assert (await first.received[-1].ended(within=1)).status == case.ended, case.name
    in_vain = RING_SECONDS if case.rings_in_vain else 0.0
    assert in_vain - 0.1 < took < in_vain + LATEST_SECONDS, (case.name, took)
    await call.hang_up()
    await answering.ended(within=2)
    await is_free(station, first.user, second.user)
    assert (await record_of(station, call)).outcome == "connected"


async def _let_be_registered(station: Station, phone: Phone, there: bool) -> None:
    if (phone.user in station.status.registered) != there:
        await (phone.register() if there else phone.unregister())
        await until(lambda: (phone.user in station.status.registered) == there)
