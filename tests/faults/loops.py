"""R11: ways through the plan that come back to where they began are cut at its limit, with an apology.

Callers go round between menus and groups, by silence or by keys, over members who refuse or are not there.
Nobody talks, so each must hear the apology and be released; no member may be rung after that.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from officesmart_ivr.core.notes import Fact
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left, office
from tests.live import plan
from tests.live.hunting import phones, record_of
from tests.live.station import Station

STEPS = 8
NORMAL = 16
AT_ONCE = 20
PLAN = f"""\
version: 1
company: {{name: Prova, language: it}}
extensions:
  "201": {{name: Anna, max_calls: 100}}
  "202": {{name: Bruno, max_calls: 100}}
  "203": {{name: Nessuno}}
trunks:
  tester: {{from_addresses: ["127.0.0.1/32"]}}
announcements:
ANNOUNCEMENTS
multiselections:
  silence:
    name: Silenzio
    numbers: ["100"]
    week: {{otherwise: {{menu: day}}}}
    menus:
      day:
        announcement: second
        no_input: {{seconds: 0.5, attempts: 1, then: {{hunt_group: refuse}}}}
        when_transfer_fails: {{multiselection: silence}}
  keys:
    name: Tasti
    numbers: ["101"]
    week: {{otherwise: {{menu: one}}}}
    menus:
      one: {{announcement: sales, keys: {{"1": {{hunt_group: plain}}}}, when_transfer_fails: {{menu: two}}}}
      two: {{announcement: offers, keys: {{"1": {{menu: one}}}}}}
  absent:
    name: Assente
    numbers: ["102"]
    week: {{otherwise: {{menu: day}}}}
    menus:
      day: {{announcement: second, no_input: {{seconds: 0.5, attempts: 1, then: {{extension: "203"}}}}}}
hunt_groups:
  refuse:
    name: Rifiutano
    numbers: ["500"]
    members: ["201", "202"]
    when_no_answer: {{hunt_group: away}}
    when_busy: {{hunt_group: away}}
  away: {{name: Via, numbers: ["501"], members: ["203"], when_unreachable: {{hunt_group: back}}}}
  plain: {{name: Senza uscita, numbers: ["503"], members: ["203"]}}
  back: {{name: Ritorno, numbers: ["502"], members: ["203"], when_unreachable: {{multiselection: keys}}}}
limits: {{steps: {STEPS}}}
"""

KEY_MENUS = (plan.TONES["sales"], plan.TONES["offers"])
"""The tones of the menus in which callers press a key; in the others they are silent."""

WAYS = ("100", "101", "102", "500", "501")
"""What is called: menus and groups, from each of which the caller goes round."""


async def run(trial: Trial) -> str:
    """Send so many callers round. Returns the figures."""
    seen: Counter[str] = Counter()
    async with office(trial, PLAN) as (station, before):
        refusing = {"201": behaviours.reject(486), "202": behaviours.reject(603)}
        async with phones(station, refusing) as members, station.caller() as caller:
            left = list(range(trial.count))

            async def calls() -> None:
                while left:
                    await _goes_round(station, caller, WAYS[left.pop() % len(WAYS)], seen)

            await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
            rung = sum(len(phone.received) for phone in members.values())
        lost = await nothing_left(station, before)
    return (
        f"{trial.count} callers went round in {len(WAYS)} ways, came to {seen['most']} menus and groups at "
        f"most ({STEPS} transitions allowed), heard the apology and were released; "
        f"{rung} calls refused by members; {lost}"
    )


async def _goes_round(station: Station, caller: Phone, number: str, seen: Counter[str]) -> None:
    call = caller.call(number)
    presses = asyncio.create_task(_presses(call))
    try:
        await station.hears(call, "too-many-steps", within=60)
        assert (await call.ended(within=3)).cause == NORMAL
    finally:
        presses.cancel()
    facts = Counter(step.note.fact for step in (await record_of(station, call)).steps)
    assert facts[Fact.TOO_MANY_STEPS] == 1
    transitions = facts[Fact.MENU] + facts[Fact.HUNT_GROUP]
    # The first arrival is no transition.
    assert transitions <= STEPS + 1, transitions
    seen["most"] = max(seen["most"], transitions)


async def _presses(call: OutgoingCall) -> None:
    """Press 1 at each menu that takes it."""
    pressed = 0

    def menu() -> int | None:
        begins = (heard.first_ns for heard in call.rtp.segments if heard.sound in KEY_MENUS)
        return next((began for began in begins if began >= pressed), None)

    while True:
        await call.rtp.heard.changed.until(menu, within=60, what=lambda: "no menu that takes a key")
        pressed = await call.press("1")
