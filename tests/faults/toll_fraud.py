"""R17: nobody is led outside whom the plan does not let, and the log tells each attempt.

The office is registered at a carrier, a second Asterisk. Behind that is one person who is called whatever the
number; in each attempt at fraud that phone must stay silent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest

from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.phone import Phone
from tests.faults.trial import Trial, nothing_left
from tests.live.carrier import REDIRECTING, carrier, write_plan
from tests.live.hunting import is_free, phones, record_of
from tests.live.station import Station, station_with

OUTSIDE = "03337654321"
"""A number outside that the plan allows, as the office's phones dial it."""
PREMIUM = "0899123456"

DIRECT = "127.0.0.3"
"""Where those are who call by a trunk without a carrier between."""

BLOCKED = "transfer attempt blocked"

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna Rossi}
  "202": {name: Bruno Verdi}
trunks:
  carrier:
    server: SERVER
    username: USERNAME
    password: {secret: carrier}
    register: true
    inbound: true
  direct: {from_addresses: ["NEIGHBOUR/32"]}
outside_calls: {trunk: carrier, allow: ["+39"], deny: ["+39012"], caller_id: "0212345678"}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    week: {otherwise: {menu: day}}
    menus:
      day:
        announcement: welcome
        dial_extensions: true
        keys: {"9": {outside: "REDIRECTING"}}
        no_input: {seconds: 5, attempts: 1}
"""


@dataclass(frozen=True, slots=True)
class Office:
    """The office under attack: ``anna`` and ``bruno`` are its phones.

    ``person`` is everybody outside, behind the carrier; ``direct`` calls by a trunk without a carrier
    between, as one that lets its customers' REFER through.
    """

    station: Station
    anna: Phone
    bruno: Phone
    person: Phone
    direct: Phone

    async def facts(self, call: Call) -> list[str]:
        """What the log tells of a phone's call."""
        return _facts(await record_of(self.station, call))

    async def last(self) -> list[str]:
        """What the log tells of the call that began last."""
        return [step.what for step in (await self.station.last_call()).steps]


def _facts(record: CallRecord) -> list[str]:
    return [step.note.fact.value for step in record.steps]


async def _forbidden(office: Office, number: str, fact: str) -> None:
    """A phone dials what the plan forbids: it is told so, unanswered."""
    call = office.anna.call(number)
    await office.station.hears(call, "not-allowed")
    assert ((await call.ended()).status, call.answered_ns) == (403, 0)
    assert fact in await office.facts(call)


async def _through_the_trunk(office: Office, number: str) -> None:
    """Somebody outside calls a number that is not ours."""
    call = office.person.call(number)
    await office.station.hears(call, "unknown-number")
    assert (await call.ended()).status == 404
    assert "unknown_number" in await office.last()


async def _keys_to_the_outside(office: Office) -> None:
    """Somebody outside types a number outside at a menu that takes extensions."""
    call = office.person.call("0212345678")
    await office.station.hears(call, "welcome")
    pressed = await call.press("0")
    await office.station.hears(call, "invalid", after=pressed)
    await call.hang_up()
    assert "wrong_entry" in await office.last()


async def _talk(office: Office, somebody: Phone) -> tuple[Call, Call]:
    """Somebody outside talks to Anna."""
    call = somebody.call("0212345678")
    await office.station.hears(call, "welcome")
    await call.press("201")
    asked = await office.anna.incoming()
    asked.answer()
    await asked.answered()
    asked.rtp.say_tone(2000)
    await call.rtp.hear(2000, within=3)
    return call, asked


async def _transfer_to_forbidden(office: Office) -> None:
    """A phone sends a caller on to a number that it may not call itself: the caller comes back to it."""
    call, asked = await _talk(office, office.person)
    await asked.transfer(PREMIUM)
    await asked.hang_up()
    again = await office.anna.incoming()
    again.answer()
    await again.answered()
    again.rtp.say_tone(2200)
    await call.rtp.hear(2200, within=3)
    await call.hang_up()
    await again.ended(within=2)
    facts = await office.last()
    assert "premium" in facts
    assert "recalls" in facts


async def _refer_from_the_trunk(office: Office) -> None:
    """Somebody outside asks to be sent on, outside and inside: refused, and the talk goes on."""
    call, asked = await _talk(office, office.direct)
    told = _blocked(office)
    rung = len(office.bruno.received)
    for number in (OUTSIDE, "202"):
        with pytest.raises(RefusedError) as refused:
            await call.transfer(number)
        assert refused.value.status == 603
    asked.rtp.say_tone(2400)
    await call.rtp.hear(2400, within=3)
    await call.hang_up()
    await asked.ended(within=2)
    assert len(office.bruno.received) == rung
    assert _blocked(office) == told + 2


def _blocked(office: Office) -> int:
    """How many transfers Asterisk's own log says it has blocked; ARI does not tell of these."""
    return office.station.asterisk.log.read_text("utf-8", "replace").count(BLOCKED)


async def _redirected_by_the_carrier(office: Office) -> None:
    """The carrier answers 302, to a phone and to a caller at a menu: neither is sent on."""
    call = office.anna.call(f"00{REDIRECTING.replace('+', '0')}")
    assert 400 <= (await call.ended()).status < 700
    assert "not_reached" in await office.facts(call)
    call = office.person.call("0212345678")
    await office.station.hears(call, "welcome")
    pressed = await call.press("9")
    await office.station.hears(call, "transfer-failed", after=pressed)
    await call.hang_up()
    assert "not_reached" in await office.last()


async def _redirected_by_a_phone(office: Office) -> None:
    """A phone of the office answers 302 to a number outside: the caller is not sent there."""
    host, port = office.station.server
    office.bruno.behaviour = behaviours.redirect(f"sip:{OUTSIDE}@{host}:{port}")
    call = office.person.call("0212345678")
    await office.station.hears(call, "welcome")
    pressed = await call.press("202")
    await office.station.hears(call, "transfer-failed", after=pressed)
    await call.hang_up()
    office.bruno.behaviour = behaviours.ring()
    assert "not_reached" in await office.last()


ATTEMPTS: dict[str, Callable[[Office], Awaitable[None]]] = {
    "denied number": partial(_forbidden, number="0012345678", fact="denied"),
    "premium number": partial(_forbidden, number=PREMIUM, fact="premium"),
    "number not listed": partial(_forbidden, number="000442079460958", fact="not_allowed"),
    "in and out again": partial(_through_the_trunk, number=OUTSIDE),
    "in and out again, international": partial(_through_the_trunk, number="+393337654321"),
    "emergency from outside": partial(_through_the_trunk, number="112"),
    "typed at a menu": _keys_to_the_outside,
    "transfer to a forbidden number": _transfer_to_forbidden,
    "REFER from a trunk": _refer_from_the_trunk,
    "302 by the carrier": _redirected_by_the_carrier,
    "302 by a phone": _redirected_by_a_phone,
}


async def run(trial: Trial) -> str:
    """Make so many attempts, each kind in turn. Returns the figures."""
    async with carrier(trial.folder / "carrier", trial.box) as world:
        path = write_plan(trial.folder / "plan", PLAN.replace("NEIGHBOUR", DIRECT), world)
        async with station_with(path, trial.box) as station:
            await world.registered()
            before = await station.settle()
            async with (
                phones(station, dict.fromkeys(("201", "202"))) as members,
                world.person() as person,
                Phone("3331234567", server=station.server, host=DIRECT, detector=station.detector) as direct,
            ):
                office = Office(station, members["201"], members["202"], person, direct)
                for number in range(trial.count):
                    name = list(ATTEMPTS)[number % len(ATTEMPTS)]
                    await ATTEMPTS[name](office)
                    assert not person.received + direct.received, f"{name}: somebody outside was called"
                    await is_free(station, "201", "202")
            lost = await nothing_left(station, before)
    return f"{trial.count} attempts of {len(ATTEMPTS)} kinds denied and logged, nobody outside called; {lost}"
