"""Several phones of one line on a real Asterisk: all ring, one talks, the dead ones hinder nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from tests.live.station import Station, until


@asynccontextmanager
async def desk_and_home(
    station: Station, desk: Behaviour | None = None, home: Behaviour | None = None, *, line: str = "201"
) -> AsyncIterator[tuple[Phone, Phone]]:
    """Two phones of one line; only ringing if nothing else is said."""
    async with station.phone(line, desk) as first, station.phone(line, home) as second:
        await until(lambda: line in station.status.registered)
        yield first, second


async def both(first: Phone, second: Phone) -> tuple[IncomingCall, IncomingCall]:
    return await asyncio.gather(first.incoming(within=1), second.incoming(within=1))


async def hear_each_other(caller: OutgoingCall, called: IncomingCall) -> None:
    await caller.answered()
    await called.answered()
    called.rtp.say_tone(2000)
    caller.rtp.say_tone(2200)
    await caller.rtp.hear(2000, within=2)
    await called.rtp.hear(2200, within=2)


async def test_two_phones_ring_together_and_the_one_that_does_not_answer_shows_no_missed_call(
    station: Station,
) -> None:
    async with desk_and_home(station) as (desk, home), station.phone("202") as bruno:
        for answers in (desk, home):
            call = bruno.call("201")
            rings = await both(desk, home)
            await until(lambda: station.legs("201") == ["ringing"])
            taken, other = rings if answers is desk else rings[::-1]
            taken.answer()
            await hear_each_other(call, taken)
            ending = await other.ended(within=1)
            assert ending.status == 487
            assert ending.answered_elsewhere
            assert station.legs("201") == ["talking"]
            await call.hang_up()
            await taken.ended(within=2)
            await station.settle()


async def test_a_phone_that_refuses_leaves_the_call_to_the_other(station: Station) -> None:
    answering = behaviours.answer(after=0.5)
    async with (
        desk_and_home(station, behaviours.reject(603), answering) as (desk, home),
        station.phone("202") as bruno,
    ):
        call = bruno.call("201")
        refused, taken = await both(desk, home)
        await refused.ended(within=1)
        await call.answered(within=2)
        await hear_each_other(call, taken)
        await call.hang_up()
        await taken.ended(within=2)
    assert (await station.last_call()).outcome == "connected"


async def test_who_calls_learns_what_a_person_did_and_not_what_nobody_did(station: Station) -> None:
    refusing = behaviours.reject(486, after=0.2), behaviours.reject(480)
    async with desk_and_home(station, *refusing), station.phone("202") as bruno:
        assert (await bruno.call("201").ended(within=3)).status == 486
    assert (await station.last_call()).outcome == "busy"


async def test_a_dead_phone_neither_delays_nor_hides_the_living_one(station: Station) -> None:
    async with (
        desk_and_home(station, None, behaviours.answer()) as (dead, home),
        station.phone("202") as bruno,
    ):
        dead.unplug()
        call = bruno.call("201")
        taken = await home.incoming(within=1)
        await call.answered(within=1)
        await hear_each_other(call, taken)
        assert not dead.received
        # Until it answers anything the call to it can only be sent again; then it is cancelled.
        dead.plug_in()
        late = await dead.incoming(within=10)
        assert (await late.ended(within=1)).status == 487
        await call.hang_up()
        await taken.ended(within=2)


async def test_a_line_that_nobody_answers_ends_for_all_phones_when_the_caller_leaves(
    station: Station,
) -> None:
    async with desk_and_home(station) as (desk, home), station.phone("202") as bruno:
        call = bruno.call("201")
        rings = await both(desk, home)
        await call.ringing()
        await call.hang_up()
        for each in rings:
            ending = await each.ended(within=0.5)
            assert not ending.answered_elsewhere


async def test_a_second_call_rings_all_phones_again(station: Station) -> None:
    async with (
        desk_and_home(station, line="203") as (desk, home),
        station.phone("201") as anna,
        station.phone("202") as bruno,
    ):
        first = anna.call("203")
        talking, _ = await both(desk, home)
        talking.answer()
        await first.answered()
        second = bruno.call("203")
        _, taken = await both(desk, home)
        taken.answer()
        await second.answered()
        assert station.legs("203") == ["talking", "talking"]
        await hear_each_other(second, taken)
        for call in (first, second):
            await call.hang_up()


async def test_the_second_phone_of_a_line_transfers(station: Station) -> None:
    async with (
        desk_and_home(station, None, behaviours.answer()) as (_, home),
        station.phone("202", behaviours.answer()) as bruno,
        station.phone("203") as carla,
    ):
        call = carla.call("201")
        asked = await home.incoming()
        await hear_each_other(call, asked)
        assert await asked.transfer("202") == 200
        await asked.hang_up()
        reached = await bruno.incoming()
        await reached.answered()
        await hear_each_other(call, reached)
        await call.hang_up()
        await reached.ended(within=2)


async def test_one_phone_too_many_takes_the_place_of_the_one_whose_registration_ends_first(
    station: Station,
) -> None:
    async with (
        station.phone("204") as first,
        station.phone("204") as second,
        station.phone("201") as anna,
    ):
        await second.register(expires=1800)
        async with station.phone("204") as third:
            call = anna.call("204")
            await both(first, third)
            await call.hang_up()
            assert not second.received
