"""R7: a key that is pressed just as the prompt ends counts once, and the next menu speaks.

Callers walk to and fro between two menus, always with a key whose END leaves within 20 ms before or after the
end of what they hear.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from random import Random

from officesmart_ivr.core.notes import Fact
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left, office
from tests.live import plan
from tests.live.hunting import record_of
from tests.live.station import Station

PLAN = """\
version: 1
company: {name: Prova, language: it}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: one}}
    menus:
      one: {announcement: sales, keys: {"1": {menu: two}}, no_input: {seconds: 5}}
      two: {announcement: offers, keys: {"1": {menu: one}}, no_input: {seconds: 5}}
limits: {steps: 1000}
"""

MENUS = ("sales", "offers")
PROMPT_SECONDS = 1.0
KEY_SECONDS, FRAME_SECONDS = 0.04, 0.02
WINDOW_SECONDS = 0.02
AT_ONCE = 12
KEYS_OF_A_CALL = 100
TRIES = 4
"""How many keys may be pressed for each that falls into the window, on a machine that wakes us late."""


class Keys:
    """The keys of all callers: how many are still wanted, and what became of those that were pressed."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.pressed = 0
        self.tries = TRIES * wanted + AT_ONCE
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0

    @property
    def enough(self) -> bool:
        return self.counts["in the window"] >= self.wanted

    def note(self, offset: float, answer: float) -> None:
        """A key came ``offset`` s after the end, and the next menu was heard ``answer`` s after the key."""
        self.slowest = max(self.slowest, answer)
        if abs(offset) <= WINDOW_SECONDS:
            self.counts["in the window"] += 1
            self.counts["before the end" if offset < 0 else "after it"] += 1


async def run(trial: Trial) -> str:
    """Press so many keys. Returns the figures."""
    keys, chance = Keys(trial.count), Random(trial.seed)
    async with office(trial, PLAN) as (station, before), station.caller() as caller:
        await asyncio.gather(*(_calls(station, caller, keys, chance) for _ in range(AT_ONCE)))
        assert keys.enough, f"the machine was too busy to press at the right moment: {keys.counts}"
        await nothing_left(station, before)
    seen = keys.counts
    return (
        f"{seen['in the window']} keys within 20 ms of the end ({seen['before the end']} before it, "
        f"{seen['after it']} after; {keys.pressed} pressed in all), each counted once; the next menu "
        f"was heard within {keys.slowest * 1000:.0f} ms; {seen['played again']} cut short and played again"
    )


async def _calls(station: Station, caller: Phone, keys: Keys, chance: Random) -> None:
    while not keys.enough and keys.tries > 0:
        call = caller.call("100")
        began, pressed = await station.hears(call, MENUS[0]), 0
        while not keys.enough and keys.tries > 0 and pressed < KEYS_OF_A_CALL:
            keys.tries -= 1
            ended = await _press_at_the_end(call, began, chance)
            pressed += 1
            heard = await station.hears(call, MENUS[pressed % 2], after=ended)
            keys.note((ended - began) / 1e9 - PROMPT_SECONDS, (heard - ended) / 1e9)
            began = heard
        await call.hang_up()
        keys.pressed += pressed
        await _compare(station, call, keys, pressed)


async def _press_at_the_end(call: OutgoingCall, began: int, chance: Random) -> int:
    """Press so that the END leaves as the prompt ends, a little before or after; return when it did (ns)."""
    due = began / 1e9 + PROMPT_SECONDS + chance.uniform(-WINDOW_SECONDS, WINDOW_SECONDS)
    # A key begins with the next packet, half a packet's time from now on the average.
    await asyncio.sleep(due - KEY_SECONDS - FRAME_SECONDS / 2 - time.monotonic())
    return await call.press("1", seconds=KEY_SECONDS, gap=0)


async def _compare(station: Station, call: OutgoingCall, keys: Keys, pressed: int) -> None:
    facts = Counter(step.note.fact for step in (await record_of(station, call)).steps)
    assert facts[Fact.ENTRY] == pressed, f"{facts[Fact.ENTRY]} of {pressed} keys were counted"
    assert facts[Fact.MENU] == pressed + 1
    assert not facts[Fact.WRONG_ENTRY] + facts[Fact.NOT_PLAYED] + facts[Fact.NO_ENTRY]
    tones = [plan.TONES[menu] for menu in MENUS]
    heard = sum(segment.sound in tones for segment in call.rtp.segments)
    keys.counts["played again"] += max(0, heard - facts[Fact.MENU])
