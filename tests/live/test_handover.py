"""Phones transfer, hold and pick up; the caller talks on, the log tells it, and no line stays busy."""

from __future__ import annotations

import asyncio
import time

import pytest

from officesmart_ivr.state.call_log import CallQuery, CallRecord
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import OTHER_SOUND
from tests.live import plan
from tests.live.station import Station, until

THROUGH_THE_MENU = ["arrived", "multiselection", "menu", "entry", "rings", "ringing", "answered"]


async def through_the_menu(
    station: Station, caller: Phone, phone: Phone
) -> tuple[OutgoingCall, IncomingCall]:
    """Somebody who came through the menu talks to a phone."""
    call = caller.call("100")
    await station.hears(call, "welcome")
    await call.press(phone.user)
    incoming = await phone.incoming()
    await incoming.answered()
    await hear_each_other(call, incoming)
    return call, incoming


async def hear_each_other(one: Call, other: Call) -> None:
    """Both speak from now on, and hear each other."""
    now = time.monotonic_ns()
    one.rtp.say_tone(2000)
    other.rtp.say_tone(2200)
    await asyncio.gather(
        one.rtp.hear(2200, within=3, after=now),
        other.rtp.hear(2000, within=3, after=now),
    )


async def goes_quiet(*calls: Call) -> None:
    """Let everybody be silent, so that what is heard later is new."""
    for call in calls:
        call.rtp.say_silence()
    for call in calls:
        await call.rtp.heard.hear_silence(within=3)


async def logged(station: Station, number: str) -> CallRecord:
    """The last call to a number, once it has ended."""
    async with asyncio.timeout(5):
        while not (found := (await station.app.log.find(CallQuery(number=number)))[0]).ended:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def way(call: CallRecord) -> list[str]:
    """What the log tells, but for the sounds and the keys between."""
    facts = [step.note.fact.value for step in call.steps]
    told = [fact for fact in facts if fact not in ("plays", "goes_to", "period")]
    assert told[-1] == "ended"
    return told[:-1]


async def until_free(station: Station, *extensions: str) -> None:
    await until(lambda: not any(station.legs(extension) for extension in extensions), within=3)


# --- blind


async def test_a_caller_from_the_menu_is_sent_on_and_talks(station: Station) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.answer(after=0.3)) as bruno,
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        assert await first.transfer("202", within=3) == 200
        await first.hang_up()
        second = await bruno.incoming()
        assert "3331234567" in second.caller.uri
        await call.rtp.hear(plan.RINGING_TONE, within=2)
        await second.answered()
        await hear_each_other(call, second)
        assert (station.legs("201"), station.legs("202")) == ([], ["talking"])
        bridges = await station.ari.bridges.list()
        assert [len(bridge.channels) for bridge in bridges] == [2]
        await call.hang_up()
        await second.ended(within=2)
    told = await logged(station, "100")
    assert way(told) == [*THROUGH_THE_MENU, "transfers", "rings", "ringing", "answered", "caller_left"]
    assert told.outcome == "connected"


async def test_who_called_sends_on_the_one_called(station: Station) -> None:
    async with (
        station.phone("201") as anna,
        station.phone("202", behaviours.answer()) as bruno,
        station.phone("203", behaviours.answer(after=0.2)) as carla,
    ):
        call = anna.call("202")
        first = await bruno.incoming()
        await call.answered()
        await hear_each_other(call, first)
        await goes_quiet(call, first)
        assert await call.transfer("203", within=3) == 200
        await call.hang_up()
        second = await carla.incoming()
        assert "202" in second.caller.uri
        await second.answered()
        await hear_each_other(first, second)
        assert [station.legs(line) for line in ("201", "202", "203")] == [[], ["talking"], ["talking"]]
        await second.hang_up()
        await first.ended(within=2)
    assert (await logged(station, "202")).outcome == "connected"


@pytest.mark.parametrize("number", ["202", "999"], ids=["nobody answers", "nobody has the number"])
async def test_a_transfer_that_reaches_nobody_comes_back(station: Station, number: str) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.ring()),
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        await first.transfer(number, within=3)
        await first.hang_up()
        again = await anna.incoming()
        await again.answered()
        await hear_each_other(call, again)
        await again.hang_up()
        await call.ended(within=2)
    assert "recalls" in way(await logged(station, "100"))


async def test_a_transfer_to_ones_own_number_rings_there_again(station: Station) -> None:
    async with station.phone("201", behaviours.answer()) as anna, station.caller() as customer:
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        await first.transfer("201", within=3)
        again = await anna.incoming()
        await again.answered()
        await hear_each_other(call, again)
        await first.hang_up()
        await call.hang_up()


async def test_the_caller_may_leave_and_the_phone_may_hang_up_at_once(station: Station) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.ring()) as bruno,
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        sending = asyncio.create_task(first.transfer("202", within=3))
        await asyncio.sleep(0)
        await first.hang_up()
        await sending
        second = await bruno.incoming()
        await call.hang_up()
        assert (await second.ended(within=2)).status == 487
        await until_free(station, "201", "202")


async def test_somebody_outside_may_not_transfer(station: Station) -> None:
    async with station.phone("201", behaviours.answer()) as anna, station.caller() as customer:
        call, _ = await through_the_menu(station, customer, anna)
        with pytest.raises(RefusedError) as refused:
            await call.transfer("202")
        assert refused.value.status == 603
        await call.hang_up()


# --- attended


async def test_two_who_talked_to_the_same_phone_are_joined(station: Station) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.answer()) as bruno,
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        await first.hold()
        asked = anna.call("202")
        second = await bruno.incoming()
        await asked.answered()
        await until(lambda: station.legs("201") == ["talking", "talking"])
        assert await first.transfer_to(asked, within=5) == 200
        await first.hang_up()
        await hear_each_other(call, second)
        await until(lambda: (station.legs("201"), station.legs("202")) == ([], ["talking"]))
        channels = [channel.name.rpartition("-")[0] for channel in await station.ari.channels.list()]
        assert sorted(channels) == ["PJSIP/202", "PJSIP/trunk-tester"]
        await second.hang_up()
        await call.ended(within=2)
    told, consultation = await logged(station, "100"), await logged(station, "202")
    assert way(told) == [*THROUGH_THE_MENU, "held", "resumed", "joins", "other_left"]
    assert (told.outcome, consultation.outcome) == ("connected", "transferred")
    assert consultation.steps[-2].note.about["call"] == told.caller.call_id


async def test_who_called_two_joins_them(station: Station) -> None:
    async with (
        station.phone("201") as anna,
        station.phone("202", behaviours.answer()) as bruno,
        station.phone("203", behaviours.answer()) as carla,
    ):
        one = anna.call("202")
        first = await bruno.incoming()
        await one.answered()
        await one.hold()
        other = anna.call("203")
        second = await carla.incoming()
        await other.answered()
        assert await other.transfer_to(one, within=5) == 200
        await other.hang_up()
        await hear_each_other(first, second)
        await until(
            lambda: [station.legs(line) for line in ("201", "202", "203")] == [[], ["talking"], ["talking"]]
        )
        await first.hang_up()
        await second.ended(within=2)
    assert (await logged(station, "203")).outcome == "transferred"


@pytest.mark.parametrize("answers", [True, False])
async def test_one_who_is_still_being_called_is_waited_for(station: Station, answers: bool) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.ring()) as bruno,
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        await first.hold()
        asked = anna.call("202")
        second = await bruno.incoming()
        await asked.ringing()
        assert await first.transfer_to(asked, within=5) == 200
        await first.hang_up()
        if answers:
            await call.rtp.hear(plan.RINGING_TONE, within=2)
            second.answer()
            await second.answered()
        else:
            second = await anna.incoming()
            await second.answered()
        await hear_each_other(call, second)
        await call.hang_up()
        await second.ended(within=2)
    told = way(await logged(station, "100"))
    assert "joins_ringing" in told
    assert ("recalls" in told) is not answers
    assert (await logged(station, "202")).outcome == "transferred"


async def test_a_caller_is_joined_with_a_menu_and_walks_it(station: Station) -> None:
    async with station.phone("201", behaviours.answer()) as anna, station.caller() as customer:
        call, first = await through_the_menu(station, customer, anna)
        await goes_quiet(call, first)
        await first.hold()
        asked = anna.call("101")
        await station.hears(asked, "second")
        assert await first.transfer_to(asked, within=5) == 200
        await first.hang_up()
        heard = await station.hears(call, "second")
        await call.press("0")
        await station.hears(call, "welcome", after=heard)
        await until_free(station, "201")
        await call.hang_up()
    assert (await logged(station, "101")).outcome == "transferred"


# --- hold


async def test_who_is_held_hears_music_until_the_call_is_resumed(station: Station) -> None:
    async with station.phone("201", behaviours.answer()) as anna, station.caller() as customer:
        call, incoming = await through_the_menu(station, customer, anna)
        await goes_quiet(call, incoming)
        await incoming.hold()
        await call.rtp.hear(OTHER_SOUND, within=2)
        assert station.legs("201") == ["talking"]
        await incoming.resume()
        await goes_quiet(call)
        await hear_each_other(call, incoming)
        await incoming.hold()
        await call.hang_up()
        await incoming.ended(within=2)
    assert way(await logged(station, "100"))[-4:] == ["held", "resumed", "held", "caller_left"]


async def test_a_call_on_hold_can_be_transferred(station: Station) -> None:
    async with (
        station.phone("201", behaviours.answer()) as anna,
        station.phone("202", behaviours.answer()) as bruno,
        station.caller() as customer,
    ):
        call, first = await through_the_menu(station, customer, anna)
        await first.hold()
        assert await first.transfer("202", within=3) == 200
        await first.hang_up()
        second = await bruno.incoming()
        await second.answered()
        await goes_quiet(call)
        await hear_each_other(call, second)
        await call.hang_up()


# --- picking up


@pytest.mark.parametrize("dialled", ["*8202", "*8"])
async def test_a_call_that_rings_elsewhere_is_picked_up(station: Station, dialled: str) -> None:
    async with (
        station.phone("202", behaviours.ring()) as bruno,
        station.phone("203") as carla,
        station.caller() as customer,
    ):
        call = customer.call("100")
        await station.hears(call, "welcome")
        await call.press("202")
        ringing = await bruno.incoming()
        await until(lambda: station.legs("202") == ["ringing"])
        picked = carla.call(dialled)
        await picked.answered()
        assert (await ringing.ended(within=2)).answered_elsewhere
        await goes_quiet(call, picked)
        await hear_each_other(call, picked)
        assert (station.legs("202"), station.legs("203")) == ([], ["talking"])
        await picked.hang_up()
        await call.ended(within=2)
    told = await logged(station, "100")
    assert way(told) == [*THROUGH_THE_MENU[:-1], "picked_up", "other_left"]
    assert (await logged(station, dialled)).outcome == "connected"


async def test_of_two_who_pick_up_one_hears_that_there_is_nothing(station: Station) -> None:
    async with (
        station.phone("201") as anna,
        station.phone("202", behaviours.ring()) as bruno,
        station.phone("203") as carla,
        station.caller() as customer,
    ):
        call = customer.call("100")
        await station.hears(call, "welcome")
        await call.press("202")
        await bruno.incoming()
        await until(lambda: station.legs("202") == ["ringing"])
        tries = [anna.call("*8202"), carla.call("*8202")]
        await until(lambda: sum(bool(each.answered_ns) for each in tries) == 1)
        (winner,) = (each for each in tries if each.answered_ns)
        (loser,) = (each for each in tries if each is not winner)
        await station.hears(loser, "not-allowed")
        assert (await loser.ended(within=3)).status == 403
        await goes_quiet(call)
        await hear_each_other(call, winner)
        await call.hang_up()
