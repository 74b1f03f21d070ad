"""The office and the world: calls in by each spelling of a number, calls out under the plan's policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.core.target import trunk_endpoint
from officesmart_ivr.testcall import behaviours
from tests.live.carrier import PASSWORD, Carrier, carrier, write_plan
from tests.live.station import Station, station_with, until

PLAN = """\
version: 1
company: {name: Prova, language: it}
sites:
  milano: {name: Milano, caller_id: "0212345600"}
  torino: {name: Torino}
extensions:
  "201": {name: Anna Rossi, site: milano}
  "202": {name: Bruno Verdi, site: torino}
trunks:
  carrier:
    server: SERVER
    username: USERNAME
    password: {secret: carrier}
    register: true
    inbound: true
    from_addresses: ["192.0.2.1/32"]        # another's: the carrier's calls are known by the registration
    max_calls: 1
outside_calls: {trunk: carrier, allow: ["+39"], deny: ["+39012"], caller_id: "0212345678"}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    site: milano
    week: {otherwise: {menu: day}}
    menus:
      day:
        announcement: welcome
        dial_extensions: true
        keys: {"1": {outside: "3337654321"}, "2": {outside: "REDIRECTING"}}
        no_input: {seconds: 5, attempts: 1}
  off:
    name: Spento
    numbers: ["0212345679"]
    enabled: false
    when_disabled: {dial: "03331112222"}
    week: {otherwise: {menu: never}}
    menus:
      never: {announcement: closed}
"""


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, box: toolbox.Toolbox) -> AsyncIterator[Carrier]:
    async with carrier(tmp_path_factory.mktemp("carrier"), box) as running:
        yield running


@pytest.fixture(scope="module")
async def connected(live_folder: Path, world: Carrier, box: toolbox.Toolbox) -> AsyncIterator[Station]:
    async with station_with(write_plan(live_folder / "outside", PLAN, world), box) as station:
        await world.registered()
        yield station


@pytest.fixture
async def office(connected: Station) -> AsyncIterator[Station]:
    await connected.settle()
    yield connected
    await connected.settle()


@pytest.mark.parametrize("number", ["0212345678", "+390212345678", "00390212345678", "390212345678"])
async def test_a_call_reaches_the_multiselection_in_each_spelling(
    office: Station, world: Carrier, number: str
) -> None:
    async with world.person() as person:
        call = person.call(number)
        await call.answered()
        await office.hears(call, "welcome")
        await call.hang_up()


@pytest.mark.parametrize(
    ("phone", "dialled", "called", "shown"),
    [
        ("201", "03337654321", "+393337654321", "+390212345600"),
        ("202", "000393337654321", "+393337654321", "+390212345678"),
        ("202", "0112", "112", "+390212345678"),
        ("202", "112", "112", "+390212345678"),
    ],
)
async def test_a_phone_calls_outside_and_shows_its_sites_number(
    office: Station, world: Carrier, phone: str, dialled: str, called: str, shown: str
) -> None:
    async with world.person(behaviour=behaviours.answer(0.1)) as person, office.phone(phone) as inside:
        call = inside.call(dialled)
        await call.answered()
        incoming = await person.incoming()
        assert incoming.invite.uri.startswith(f"sip:{called}@")
        assert incoming.caller.uri.startswith(f"sip:{shown}@")
        await incoming.answered()
        call.rtp.say_tone(2000)
        incoming.rtp.say_tone(2200)
        await incoming.rtp.hear(2000, within=2)
        await call.rtp.hear(2200, within=2)
        await call.hang_up()
        await incoming.ended()


async def test_a_phone_transfers_a_caller_to_the_outside_by_its_own_rights(
    office: Station, world: Carrier
) -> None:
    async with (
        world.person(behaviour=behaviours.answer(0.1)) as person,
        office.phone("201", behaviours.answer()) as inside,
    ):
        call = person.call("0212345678")
        await office.hears(call, "welcome")
        await call.press("201")
        asked = await inside.incoming()
        await asked.answered()
        asked.rtp.say_tone(2000)
        await call.rtp.hear(2000, within=2)
        # One that the plan forbids comes back to the phone.
        await asked.transfer("0899123456")
        await asked.hang_up()
        again = await inside.incoming()
        await again.answered()
        again.rtp.say_tone(2200)
        await call.rtp.hear(2200, within=2)
        await again.transfer("03337654321")
        await again.hang_up()
        outside = await person.incoming()
        assert outside.caller.uri.startswith("sip:+390212345600@")
        await outside.answered()
        call.rtp.say_tone(2000)
        await outside.rtp.hear(2000, within=2)
        assert office.legs("201") == []
        await call.hang_up()
        await outside.ended()


async def test_a_call_from_outside_goes_out_again_only_where_the_plan_leads(
    office: Station, world: Carrier
) -> None:
    async with world.person(behaviour=behaviours.answer()) as person:
        call = person.call("0212345679")
        incoming = await person.incoming()
        assert incoming.invite.uri.startswith("sip:+393331112222@")
        await call.answered()
        incoming.rtp.say_tone(2000)
        await call.rtp.hear(2000, within=2)
        await call.hang_up()
        await incoming.ended()
        call = person.call("0212345678")
        await office.hears(call, "welcome")
        pressed = await call.press("0")
        await office.hears(call, "invalid", after=pressed)
        await call.hang_up()
        assert len(person.received) == 1


async def test_what_the_carrier_says_of_a_number_reaches_the_phone(office: Station, world: Carrier) -> None:
    async with world.person() as person, office.phone("201") as inside:
        for status in (486, 404):
            person.behaviour = behaviours.reject(status)
            assert (await inside.call("03337654321").ended()).status == status


async def test_no_more_calls_than_the_trunk_may_carry(office: Station, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer()) as person,
        office.phone("201") as anna,
        office.phone("202") as bruno,
    ):
        first = anna.call("03337654321")
        await first.answered()
        assert (await bruno.call("03337654321").ended(within=2)).status == 503
        emergency = bruno.call("112")
        await emergency.answered()
        await emergency.hang_up()
        await first.hang_up()
        await office.settle()
        again = bruno.call("03337654321")
        await again.answered()
        await again.hang_up()
        assert len(person.received) == 3


@pytest.fixture
async def asked_often(office: Station) -> Station:
    """The office, which asks its carrier every second whether it is there, so that the tests are short."""
    name = trunk_endpoint("carrier")
    fields = {"contact": "", "qualify_frequency": "1", "qualify_timeout": "1"}
    fields["contact"] = (await office.ari.asterisk.config_object("res_pjsip", "aor", name))["contact"]
    await office.ari.asterisk.push_config_object("res_pjsip", "aor", name, fields)
    await trunk_is(office, "registered")
    return office


async def trunk_is(office: Station, state: str) -> None:
    await until(lambda: office.status.trunks["carrier"].state == state, within=20)


async def a_call_outside_works(office: Station, world: Carrier) -> None:
    async with world.person(behaviour=behaviours.answer()), office.phone("201") as inside:
        call = inside.call("03337654321")
        await call.answered()
        await call.hang_up()


async def a_call_outside_is_refused_at_once(office: Station, why: str) -> None:
    async with office.phone("201") as inside:
        assert (await inside.call("03337654321").ended(within=1)).status == 503
        (down,) = (step for step in (await office.last_call()).steps if step.what == "trunk_down")
        assert down.about["state"] == why


async def test_a_lost_carrier_is_seen_and_calls_fail_at_once_until_it_is_back(
    asked_often: Station, world: Carrier, caplog: pytest.LogCaptureFixture
) -> None:
    await world.asterisk.stop()
    await trunk_is(asked_often, "unreachable")
    await a_call_outside_is_refused_at_once(asked_often, "unreachable")
    await world.asterisk.start()
    await trunk_is(asked_often, "registered")
    await a_call_outside_works(asked_often, world)
    told = [record.getMessage() for record in caplog.records if "trunk carrier" in record.getMessage()]
    assert len(told) == 2


async def test_a_carrier_that_rejects_the_registration_is_seen_and_calls_fail_at_once(
    asked_often: Station, world: Carrier
) -> None:
    for password, state in (("another-one", "rejected"), (PASSWORD, "registered")):
        await world.asterisk.stop()
        await trunk_is(asked_often, "unreachable")
        world.expect(password)
        await world.asterisk.start()
        await trunk_is(asked_often, state)
        if state == "rejected":
            await a_call_outside_is_refused_at_once(asked_often, state)
            async with asked_often.phone("201") as inside:
                await inside.call("112").ended()
            assert "trunk_down" not in [step.what for step in (await asked_often.last_call()).steps]
    await a_call_outside_works(asked_often, world)
