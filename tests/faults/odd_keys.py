"""R14: short and long keys, keys whose END is lost or comes twice, and keys by SIP INFO count once each.

Callers type random rows of keys, the same one twice in a row too. Every key leads to the other of two menus,
so each one that is lost or doubled is seen in the log, and heard at the end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

from officesmart_ivr.core.notes import Fact
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.packets import KEYS
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left, office
from tests.live import plan
from tests.live.hunting import record_of
from tests.live.station import Station, until

TELEPHONE_KEYS = KEYS[:12]
MENUS = ("sales", "offers")
ROW = 8
"""Keys that a caller types."""
AT_ONCE = 8

LATE_NS = 100_000_000
"""What is heard so long after the last key is the last menu."""

GAP_SECONDS = 0.06
"""Between keys; by hand it is more. Asterisk wants 45 ms, and makes keys 80 ms long at least."""
SHORTEST_SECONDS = 0.08
LOST_END_PACKETS = 15
"""Packets of sound after a key without END. By the time that packets tell, Asterisk takes it as released
after 0.15 s; by the clock of a busy machine so long may pass without one."""


def _keys(menu: str) -> str:
    return ", ".join(f'"{key}": {{menu: {menu}}}' for key in TELEPHONE_KEYS)


PLAN = f"""\
version: 1
company: {{name: Prova, language: it}}
trunks:
  tester: {{from_addresses: ["127.0.0.1/32"]}}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {{otherwise: {{menu: one}}}}
    menus:
      one: {{announcement: {MENUS[0]}, keys: {{{_keys("two")}}}, no_input: {{seconds: 5}}}}
      two: {{announcement: {MENUS[1]}, keys: {{{_keys("one")}}}, no_input: {{seconds: 5}}}}
"""

KINDS = ("40 ms", "80 ms", "200 ms", "lost END", "doubled END", "INFO", "any")


async def run(trial: Trial) -> str:
    """Type so many rows of keys. Returns the figures."""
    seen: Counter[str] = Counter()
    async with office(trial, PLAN) as (station, before), station.caller() as caller:
        left = list(range(trial.count))
        chance = Random(trial.seed)

        async def calls() -> None:
            while left:
                kind = KINDS[left.pop() % len(KINDS)]
                typed = await _types(station, caller, kind, chance)
                seen[kind] += typed  # not in one line: what is there would be read before the call

        await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
        await nothing_left(station, before)
    told = ", ".join(f"{count} {kind}" for kind, count in seen.items())
    return f"{sum(seen.values())} keys, each counted once: {told}"


async def _types(station: Station, caller: Phone, kind: str, chance: Random) -> int:
    row = "".join(chance.choice(TELEPHONE_KEYS) for _ in range(ROW - 1))
    row += row[-1]
    call = caller.call("100")
    await station.hears(call, MENUS[0])
    sounds = call.rtp.segments
    pressed, before = 0, ""
    for number, key in enumerate(row):
        how = chance.choice(KINDS[:-1]) if kind == "any" else kind
        if how == "INFO" and before not in ("", "INFO"):
            # A key by INFO counts before one in RTP whose END Asterisk does not have yet. No phone sends both
            # in one call, so here the second waits until the first has counted.
            await station.hears(call, MENUS[number % 2], after=pressed)
        pressed, before = await _press(call, key, how), how
    last = plan.TONES[MENUS[len(row) % 2]]
    await until(lambda: any(heard.sound == last and heard.last_ns > pressed + LATE_NS for heard in sounds))
    await call.hang_up()
    steps = (await record_of(station, call)).steps
    entries = "".join(step.note.about["entry"] for step in steps if step.note.fact is Fact.ENTRY)
    assert entries == row, f"{kind}: {row} was typed, {entries} was counted"
    return len(row)


async def _press(call: OutgoingCall, key: str, kind: str) -> int:
    match kind:
        case "INFO":
            pressed = await call.press(key, by_info=True)
            await asyncio.sleep(SHORTEST_SECONDS + GAP_SECONDS)
            return pressed
        case "lost END":
            pressed = await call.rtp.press(key, gap=0, ends=0)
            enough = call.rtp.packets_sent + LOST_END_PACKETS
            await until(lambda: call.rtp.packets_sent >= enough)
            return pressed
        case "doubled END":
            return await call.rtp.press(key, gap=GAP_SECONDS, ends=6)
    seconds = int(kind.removesuffix(" ms")) / 1000
    return await call.rtp.press(key, seconds=seconds, gap=GAP_SECONDS + max(0.0, SHORTEST_SECONDS - seconds))
