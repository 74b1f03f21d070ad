"""The application is away: the fallback serves calls by the same rules. It is away too: somebody is rung."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.asterisk.dialplan import CALL_SECONDS
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.errors import RefusedError
from tests.live import plan
from tests.live.alone import Alone, asterisk_alone

PLAN = (
    plan.PLAN.replace(
        "company: {name: Prova, language: it}",
        'company: {name: Prova, language: it, emergency_destination: "204"}',
    )
    + """\
hunt_groups:
  sales:
    name: Vendite
    numbers: ["500"]
    members: ["203", "201", "202"]
    ring_seconds: 2
    caller_name_prefix: "Vendite: "
    when_no_answer: {multiselection: other}
    when_unreachable: {multiselection: main}
  all: {name: Tutti, numbers: ["501"], strategy: ring_all, members: ["201", "202", "203"], ring_seconds: 2}
  turns: {name: A turno, numbers: ["502"], strategy: uniform_sequential, members: ["201", "202", "203"]}
"""
)


@pytest.fixture(scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Alone]:
    """An office whose application has been killed."""
    folder = tmp_path_factory.mktemp("alone")
    async with asterisk_alone(plan.write(folder / "plan", PLAN), box) as alone:
        await alone.start_application()
        await alone.start_fallback()
        await alone.kill("application")
        yield alone


@pytest.fixture
async def alone(left: Alone) -> AsyncIterator[Alone]:
    """The same; after each test nothing may be left in Asterisk."""
    yield left
    await left.settle()


async def test_a_new_call_hears_the_menu_within_a_second_and_goes_where_keys_lead(alone: Alone) -> None:
    async with alone.caller() as caller:
        call = caller.call("100")
        heard = await alone.hears(call, "welcome")
        assert heard - call.invited_ns < 1_000_000_000
        pressed = await call.press("1")
        await alone.hears(call, "sales", after=pressed)
        pressed = await call.press("*")
        await alone.hears(call, "welcome", after=pressed)
        pressed = await call.press("4")
        played = await alone.hears(call, "directions", after=pressed)
        await alone.hears(call, "welcome", after=played)
        await call.press("#")
        await call.ended(within=3)


async def test_a_phone_is_reached_and_both_hear_each_other(alone: Alone) -> None:
    async with alone.phone("202", behaviours.answer(0.3)) as bruno, alone.caller() as caller:
        call = caller.call("100")
        await alone.hears(call, "welcome")
        await call.press("3")
        incoming = await bruno.incoming()
        await incoming.answered()
        incoming.rtp.say_tone(plan.VOICES[0])
        await call.rtp.hear(plan.VOICES[0], within=2)
        call.rtp.say_tone(plan.VOICES[1])
        await incoming.rtp.hear(plan.VOICES[1], within=2)
        await incoming.hang_up()
        await call.ended(within=3)


async def test_a_number_that_is_switched_off_plays_its_announcement_and_forwards(alone: Alone) -> None:
    async with alone.phone("201", behaviours.ring()) as anna, alone.caller() as caller:
        call = caller.call("102")
        await alone.hears(call, "closed")
        await anna.incoming()
        await call.hang_up()


async def test_silence_ends_as_the_plan_says(alone: Alone) -> None:
    async with alone.caller() as caller:
        call = caller.call("100")
        welcome = await alone.hears(call, "welcome")
        no_input = await alone.hears(call, "own-no-input", within=6)
        assert 3.8e9 < no_input - welcome < 4.6e9
        again = await alone.hears(call, "welcome", after=no_input)
        await alone.hears(call, "offers", after=again, within=6)
        await call.ended(within=6)


async def test_an_extension_is_typed_and_a_busy_phone_leads_back_to_the_menu(alone: Alone) -> None:
    async with alone.phone("203", behaviours.reject(486)) as carla, alone.caller() as caller:
        call = caller.call("100")
        await alone.hears(call, "welcome")
        pressed = await call.press("203")
        await carla.incoming()
        failed = await alone.hears(call, "transfer-failed", after=pressed)
        await alone.hears(call, "welcome", after=failed)
        await call.hang_up()


async def test_a_phone_calls_a_phone_and_a_number_that_is_nobodys_is_refused(alone: Alone) -> None:
    async with alone.phone("201") as anna, alone.phone("202", behaviours.answer()) as bruno:
        call = anna.call("202")
        await call.answered()
        assert (await bruno.incoming()).caller.uri.startswith("sip:201@")
        await call.hang_up()
        with pytest.raises(RefusedError) as refused:
            await anna.call("299").answered()
        assert refused.value.status == 404
        with pytest.raises(RefusedError) as refused:
            await anna.call("203").answered()
        assert refused.value.status == 480


async def test_a_group_is_rung_in_its_order_and_left_by_its_exit(alone: Alone) -> None:
    async with (
        alone.phone("201", behaviours.ring()) as anna,
        alone.phone("202", behaviours.reject(603)) as bruno,
        alone.phone("203", behaviours.ring()) as carla,
        alone.caller() as caller,
    ):
        call = caller.call("500")
        first = await carla.incoming()
        assert first.caller.name.startswith("Vendite:")
        assert not anna.received
        second = await anna.incoming()
        assert (await first.ended()).status == 487
        assert 1.5e9 < second.invited_ns - first.invited_ns < 4e9
        await bruno.incoming()
        await alone.hears(call, "second", within=5)
        await call.hang_up()


async def test_ring_all_rings_all_and_the_first_who_answers_has_the_call(alone: Alone) -> None:
    async with (
        alone.phone("201", behaviours.ring()) as anna,
        alone.phone("202", behaviours.answer(0.5)) as bruno,
        alone.phone("203", behaviours.reject(486)) as carla,
        alone.caller() as caller,
    ):
        call = caller.call("501")
        loser = await anna.incoming()
        winner = await bruno.incoming()
        await carla.incoming()
        await winner.answered()
        await call.answered()
        assert (await loser.ended()).answered_elsewhere
        winner.rtp.say_tone(plan.VOICES[0])
        await call.rtp.hear(plan.VOICES[0], within=2)
        await call.hang_up()
        await winner.ended()


async def test_a_group_goes_on_after_whom_it_has_offered_a_call_last(alone: Alone) -> None:
    async with (
        alone.phone("201", behaviours.answer()) as anna,
        alone.phone("202", behaviours.answer()) as bruno,
        alone.caller() as caller,
    ):
        for phone in (anna, bruno, anna):  # nobody is registered for 203
            call = caller.call("502")
            await call.answered()
            await phone.incoming()
            await call.hang_up()
            await alone.settle()


async def test_a_group_of_which_nobody_is_there_is_left_at_once(alone: Alone) -> None:
    async with alone.caller() as caller:
        call = caller.call("500")
        await alone.hears(call, "welcome", within=2)
        await call.hang_up()


async def test_a_line_that_talks_is_busy(alone: Alone) -> None:
    async with (
        alone.phone("201") as anna,
        alone.phone("202", behaviours.answer()) as bruno,
        alone.caller() as caller,
    ):
        talk = anna.call("202")
        await talk.answered()
        await bruno.incoming()
        with pytest.raises(RefusedError) as refused:
            await caller.call("202").answered()
        assert refused.value.status in (404, 486)
        await talk.hang_up()


async def test_a_caller_who_leaves_stops_what_rings(alone: Alone) -> None:
    async with alone.phone("202", behaviours.ring()) as bruno, alone.caller() as caller:
        call = caller.call("100")
        await alone.hears(call, "welcome")
        await call.press("3")
        incoming = await bruno.incoming()
        await call.hang_up()
        await incoming.ended(within=1)


async def test_a_phone_transfers_a_caller(alone: Alone) -> None:
    async with (
        alone.phone("202", behaviours.answer()) as bruno,
        alone.phone("201", behaviours.answer()) as anna,
        alone.caller() as caller,
    ):
        call = caller.call("100")
        await alone.hears(call, "welcome")
        await call.press("3")
        incoming = await bruno.incoming()
        await incoming.answered()
        # Before they are joined there is nothing to transfer.
        incoming.rtp.say_tone(plan.VOICES[0])
        await call.rtp.hear(plan.VOICES[0], within=3)
        assert await incoming.transfer("201") == 200
        taken = await anna.incoming()
        await taken.answered()
        taken.rtp.say_tone(plan.VOICES[2])
        await call.rtp.hear(plan.VOICES[2], within=3)
        await call.hang_up()
        await taken.ended()


async def test_the_limit_of_a_call_goes_on_to_hold(alone: Alone) -> None:
    variables = alone.rig.ari.asterisk
    await variables.set_variable(CALL_SECONDS, "3")
    try:
        async with alone.phone("202", behaviours.answer()) as bruno, alone.caller() as caller:
            call = caller.call("100")
            await alone.hears(call, "welcome")
            await call.press("3")
            talk = await bruno.incoming()
            await talk.answered()
            await call.ended(within=5)
            await talk.ended(within=1)
    finally:
        await variables.set_variable(CALL_SECONDS, "14400")


async def test_the_fallback_is_killed_too_and_the_emergency_phone_rings_then_the_apology_is_heard(
    alone: Alone,
) -> None:
    await alone.kill("fallback")
    try:
        async with alone.phone("204", behaviours.answer(0.2)) as dario, alone.caller() as caller:
            call = caller.call("100")
            incoming = await dario.incoming()
            await call.answered()
            incoming.rtp.say_tone(plan.VOICES[0])
            await call.rtp.hear(plan.VOICES[0], within=2)
            await incoming.hang_up()
            await call.ended(within=3)
        await alone.settle()
        async with alone.caller() as caller:
            call = caller.call("100")
            await alone.hears(call, "too-many-steps")
            assert (await call.ended(within=5)).cause == 34
    finally:
        await alone.start_fallback()


async def test_the_fallback_dies_under_a_call_and_the_emergency_phone_rings(alone: Alone) -> None:
    async with alone.phone("204", behaviours.ring()) as dario, alone.caller() as caller:
        call = caller.call("100")
        await alone.hears(call, "welcome")
        await alone.kill("fallback")
        try:
            await dario.incoming()
            await call.hang_up()
        finally:
            await alone.start_fallback()


async def test_asterisk_starts_anew_and_finds_phones_and_the_emergency_destination_by_itself(
    alone: Alone,
) -> None:
    await alone.kill("fallback")
    try:
        await alone.rig.child.stop()
        await alone.rig.child.start()
        async with alone.phone("204", behaviours.ring()) as dario, alone.caller() as caller:
            call = caller.call("100")
            assert (await dario.incoming()).caller.uri.startswith("sip:3331234567@")
            await call.hang_up()
    finally:
        await alone.start_fallback()


async def test_the_application_comes_back_and_serves_the_next_call(alone: Alone) -> None:
    await alone.start_application()
    try:
        async with alone.caller() as caller:
            call = caller.call("100")
            await alone.hears(call, "welcome")
            names = [channel.dialplan.app_name for channel in await alone.rig.ari.channels.list()]
            assert names == ["Stasis"]
            await call.hang_up()
        await alone.settle()
    finally:
        await alone.kill("application")
