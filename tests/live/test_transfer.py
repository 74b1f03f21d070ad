"""From a menu to a phone: heard both ways, and back to the menu when nobody can be reached."""

from __future__ import annotations

import pytest

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.station import Station


async def test_a_transfer_is_heard_both_ways(station: Station) -> None:
    async with station.phone("201", behaviours.answer(after=0.2)) as phone, station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        await call.press("201")
        incoming = await phone.incoming()
        await incoming.answered()
        incoming.rtp.say_tone(2000)
        call.rtp.say_tone(2200)
        await call.rtp.hear(2000, within=2)
        await incoming.rtp.hear(2200, within=2)
        await incoming.hang_up()
        assert (await call.ended(within=2)).cause == 16


async def test_the_phone_sees_who_calls(station: Station) -> None:
    async with station.phone("201") as phone, station.caller("3339876543") as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        await call.press("201")
        incoming = await phone.incoming()
        assert "3339876543" in incoming.caller.uri
        await call.hang_up()
        assert (await incoming.ended()).status == 487


async def test_the_caller_hears_it_ring(station: Station) -> None:
    async with station.phone("202"), station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("3")
        await call.rtp.hear(plan.RINGING_TONE, within=2, after=pressed)


@pytest.mark.parametrize(
    "behaviour",
    [
        behaviours.reject(486),
        behaviours.reject(603),
        behaviours.reject(480),
        behaviours.redirect("sip:x@127.0.0.1"),
    ],
    ids=["busy", "rejected", "unavailable", "redirected"],
)
async def test_a_phone_that_refuses_brings_the_caller_back(station: Station, behaviour: Behaviour) -> None:
    async with station.phone("202", behaviour) as phone, station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("3")
        failed = await station.hears(call, "transfer-failed", after=pressed)
        await station.hears(call, "welcome", after=failed)
        assert len(phone.received) == 1


async def test_an_unanswered_phone_is_cancelled_and_the_caller_comes_back(station: Station) -> None:
    async with station.phone("202", behaviours.ring()) as phone, station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("3")
        incoming = await phone.incoming()
        failed = await station.hears(call, "transfer-failed", after=pressed, within=4)
        assert 1.8e9 < failed - pressed < 2.6e9
        assert (await incoming.ended()).status == 487


async def test_an_unregistered_phone_brings_the_caller_back_at_once(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("5")
        waited = await station.hears(call, "wait", after=pressed)
        failed = await station.hears(call, "transfer-failed", after=waited)
        await station.hears(call, "welcome", after=failed)


async def test_a_failed_transfer_goes_where_the_menu_says(station: Station) -> None:
    async with station.phone("201", behaviours.reject(486)), station.caller() as caller:
        call = caller.call("100")
        await station.hears(call, "welcome")
        await call.press("1")
        await station.hears(call, "sales")
        pressed = await call.press("2")
        failed = await station.hears(call, "transfer-failed", after=pressed)
        await station.hears(call, "offers", after=failed)


async def test_a_switched_off_multiselection_forwards(station: Station) -> None:
    async with station.phone("201", behaviours.answer()) as phone, station.caller() as caller:
        call = caller.call("102")
        await station.hears(call, "closed")
        incoming = await phone.incoming()
        await incoming.answered()
        await incoming.hang_up()
        await call.ended(within=2)


async def test_phones_call_each_other_and_the_menu(station: Station) -> None:
    async with (
        station.phone("201", behaviours.answer(after=0.3)) as anna,
        station.phone("202") as bruno,
    ):
        call = bruno.call("201")
        await call.ringing()
        incoming = await anna.incoming()
        assert "202" in incoming.caller.uri
        await call.answered()
        call.rtp.say_tone(2000)
        await incoming.rtp.hear(2000, within=2)
        await call.hang_up()
        await incoming.ended()
        call = bruno.call("100")
        await station.hears(call, "welcome")
        await call.hang_up()


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [(behaviours.reject(486), 486), (behaviours.reject(603), 403), (behaviours.ring(), 480)],
    ids=["busy", "rejected", "no answer"],
)
async def test_a_direct_call_that_reaches_nobody_is_released_with_the_cause(
    station: Station, behaviour: Behaviour, status: int
) -> None:
    async with station.phone("202", behaviour), station.caller() as caller:
        call = caller.call("202")
        ending = await call.ended(within=5)
        assert (ending.status, call.answered_ns) == (status, 0)


async def test_a_phone_without_its_password_is_refused(station: Station) -> None:
    async with Phone("201", "wrong", server=station.server) as stranger:
        with pytest.raises(RefusedError):
            await stranger.register()
        assert (await stranger.call("100").ended(within=5)).status in (401, 403)


async def test_the_only_phone_of_a_line_may_register_anew_from_elsewhere(station: Station) -> None:
    async with station.phone("202", behaviours.ring()) as old, station.phone("202") as new:
        async with station.caller() as caller:
            call = caller.call("202")
            incoming = await new.incoming()
            await call.hang_up()
            await incoming.ended()
        assert not old.received


async def test_a_call_to_a_phone_that_is_away_is_released_unanswered(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("203")
        ending = await call.ended(within=3)
        assert (ending.status, call.answered_ns) == (480, 0)
