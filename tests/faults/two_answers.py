"""R8: of two phones that answer a call within 5 ms, one has the call and the other is released."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

from officesmart_ivr.calls.perform import bridge_of
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left, office
from tests.live.hunting import is_free, phones, record_of
from tests.live.station import Station, until

APART_SECONDS = 0.005
PAIRS = {"500": ("201", "202"), "501": ("203", "204"), "502": ("205", "206")}
"""Groups that share no line, so that they can be tried at once."""

ENOUGH_RACES = 100

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
EXTENSIONS
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
multiselections: {}
hunt_groups:
GROUPS
limits: {calls_per_second: 1000}
"""


def _plan() -> str:
    lines = [line for pair in PAIRS.values() for line in pair]
    extensions = "\n".join(f'  "{line}": {{name: Linea {line}}}' for line in lines)
    groups = "\n".join(
        f'  pair-{number}: {{name: Coppia, numbers: ["{number}"], strategy: ring_all, '
        f'members: ["{one}", "{other}"]}}'
        for number, (one, other) in PAIRS.items()
    )
    return PLAN.replace("EXTENSIONS", extensions).replace("GROUPS", groups)


async def run(trial: Trial) -> str:
    """Let so many pairs answer. Returns the figures."""
    seen: Counter[str] = Counter()
    async with office(trial, _plan()) as (station, before):
        lines = [line for pair in PAIRS.values() for line in pair]
        async with phones(station, dict.fromkeys(lines)) as members, station.caller() as caller:

            async def races(place: int, number: str) -> None:
                chance = Random(f"{trial.seed} {number}")
                pair = [members[line] for line in PAIRS[number]]
                for _ in range(place, trial.count, len(PAIRS)):
                    seen["both answered"] += await _race(station, caller, number, pair, chance)
                    seen["races"] += 1

            await asyncio.gather(*(races(place, number) for place, number in enumerate(PAIRS)))
        lost = await nothing_left(station, before)
    # In a few races it is chance whether any two are that close.
    assert seen["both answered"] or trial.count < ENOUGH_RACES, "no two phones had both answered"
    return f"{seen['races']} races, in {seen['both answered']} of them both phones had answered; {lost}"


async def _race(station: Station, caller: Phone, number: str, pair: list[Phone], chance: Random) -> bool:
    """Call two who answer together; return whether both had answered before one was released."""
    call = caller.call(number)
    rung = [await phone.incoming() for phone in pair]
    chance.shuffle(rung)
    rung[0].answer()
    # As far apart as two people's fingers; there is nothing to wait for.
    await asyncio.sleep(chance.uniform(0, APART_SECONDS))
    rung[1].answer()
    both = bool(rung[1].answered_ns)
    await call.answered()
    winner = await _the_one_left(rung)
    call.rtp.say_tone(2000)
    winner.rtp.say_tone(2200)
    await asyncio.gather(winner.rtp.hear(2000, within=2), call.rtp.hear(2200, within=2))
    talk = bridge_of((await record_of(station, call)).caller.call_id)
    assert len((await station.ari.bridge(talk).get()).channels) == 2
    assert sorted(len(station.legs(phone.user)) for phone in pair) == [0, 1]
    await call.hang_up()
    await winner.ended(within=2)
    await is_free(station, *(phone.user for phone in pair))
    return both


async def _the_one_left(rung: list[IncomingCall]) -> IncomingCall:
    """Wait until one of two is released; return the other."""
    await until(lambda: any(each.ending for each in rung))
    (left,) = (each for each in rung if each.ending is None)
    return left
