"""The fallback and the world: calls out with the usual rights, members who confirm, a last resort outside."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live import plan
from tests.live.alone import Alone, asterisk_alone
from tests.live.carrier import PASSWORD, USERNAME, Carrier, carrier

PLAN = """\
version: 1
company: {name: Prova, language: it, emergency_destination: "03331112222"}
extensions:
  "201": {name: Anna}
  "202": {name: Bruno}
trunks:
  carrier: {server: SERVER, username: USERNAME, password: {secret: carrier}, register: true}
outside_calls: {trunk: carrier, allow: ["+39"], deny: ["+39012"], caller_id: "0212345678"}
announcements:
ANNOUNCEMENTS
hunt_groups:
  first: {name: Prima fuori, numbers: ["500"], members: [{outside: "3337654321"}, "202"], ring_seconds: 12}
"""


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Carrier]:
    async with carrier(tmp_path_factory.mktemp("alone-carrier"), box) as running:
        yield running


@pytest.fixture(scope="module")
async def left(
    tmp_path_factory: pytest.TempPathFactory, world: Carrier, box: Toolbox
) -> AsyncIterator[Alone]:
    text = PLAN.replace("SERVER", world.server).replace("USERNAME", f'"{USERNAME}"')
    path = plan.write(tmp_path_factory.mktemp("alone-outside") / "plan", text)
    secret = path.parent / secrets.FILE_NAME
    secret.touch(0o600)
    secret.write_text(f"carrier: {PASSWORD}\n")
    async with asterisk_alone(path, box) as alone:
        await alone.start_application()
        await alone.start_fallback()
        await world.registered()
        await alone.kill("application")
        yield alone


@pytest.fixture
async def alone(left: Alone) -> AsyncIterator[Alone]:
    yield left
    await left.settle()


async def test_a_phone_calls_out_and_shows_the_number_of_the_office(alone: Alone, world: Carrier) -> None:
    async with world.person(behaviour=behaviours.answer()) as person, alone.phone("201") as anna:
        call = anna.call("03337654321")
        incoming = await person.incoming()
        assert incoming.invite.uri.startswith("sip:+393337654321@")
        assert "390212345678" in incoming.caller.uri
        await call.answered()
        incoming.rtp.say_tone(plan.VOICES[0])
        await call.rtp.hear(plan.VOICES[0], within=2)
        await call.hang_up()
        await incoming.ended()


async def test_a_number_that_is_denied_is_refused(alone: Alone) -> None:
    async with alone.phone("201") as anna:
        with pytest.raises(RefusedError) as refused:
            await anna.call("00123456789").answered()
        assert refused.value.status == 403


async def test_a_number_that_is_busy_is_told_so(alone: Alone, world: Carrier) -> None:
    async with world.person(behaviour=behaviours.reject(486)), alone.phone("201") as anna:
        with pytest.raises(RefusedError) as refused:
            await anna.call("03337654321").answered()
        assert refused.value.status == 486


async def test_a_member_outside_takes_the_call_with_the_key(alone: Alone, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer(0.1)) as person,
        alone.phone("201") as anna,
        alone.phone("202", behaviours.ring()) as bruno,
    ):
        call = anna.call("500")
        incoming = await person.incoming()
        await incoming.answered()
        await incoming.rtp.hear(OTHER_SOUND, within=3)
        assert not call.answered_ns
        await incoming.press("5")
        await incoming.press("1")
        await call.answered()
        incoming.rtp.say_tone(plan.VOICES[0])
        await call.rtp.hear(plan.VOICES[0], within=3)
        await call.hang_up()
        await incoming.ended()
        assert not bruno.received


async def test_a_mailbox_that_answers_swallows_nobody(alone: Alone, world: Carrier) -> None:
    async with (
        world.person(behaviour=behaviours.answer()) as mailbox,
        alone.phone("201") as anna,
        alone.phone("202", behaviours.answer()) as bruno,
    ):
        call = anna.call("500")
        await (await mailbox.incoming()).answered()
        await (await bruno.incoming(within=20)).answered()
        await call.answered()
        await call.hang_up()


async def test_the_last_resort_may_be_outside(alone: Alone, world: Carrier) -> None:
    await alone.kill("fallback")
    try:
        async with world.person(behaviour=behaviours.answer()) as person, alone.phone("201") as anna:
            call = anna.call("500")
            incoming = await person.incoming()
            assert incoming.invite.uri.startswith("sip:+393331112222@")
            await call.answered()
            await call.hang_up()
            await incoming.ended()
    finally:
        await alone.start_fallback()


async def test_a_phone_reaches_the_emergency_services_when_all_else_has_failed(
    alone: Alone, world: Carrier
) -> None:
    await alone.kill("fallback")
    try:
        async with world.person(behaviour=behaviours.answer()) as person, alone.phone("201") as anna:
            call = anna.call("112")
            incoming = await person.incoming()
            assert incoming.invite.uri.startswith("sip:112@")
            await call.answered()
            await call.hang_up()
            await incoming.ended()
    finally:
        await alone.start_fallback()
