"""Calls between phones, and what the lines do meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.behaviours import Behaviour
from tests.live.station import Station, until


async def test_a_phone_calls_another_and_both_hear(station: Station) -> None:
    async with station.phone("201") as anna, station.phone("202", behaviours.answer(after=0.2)) as bruno:
        call = anna.call("202")
        incoming = await bruno.incoming()
        assert "201" in incoming.caller.uri
        await call.answered()
        incoming.rtp.say_tone(2000)
        call.rtp.say_tone(2200)
        await call.rtp.hear(2000, within=2)
        await incoming.rtp.hear(2200, within=2)
        assert (station.legs("201"), station.legs("202")) == (["talking"], ["talking"])
        await call.hang_up()
        await incoming.ended(within=2)
    seen = await station.last_call()
    assert (seen.number, seen.caller, seen.outcome) == ("202", "201", "connected")


@pytest.mark.parametrize(
    ("behaviour", "status", "outcome"),
    [
        (behaviours.reject(486), 486, "busy"),
        (behaviours.reject(603), 403, "busy"),
        (behaviours.reject(480), 480, "unreachable"),
        (None, 480, "no_answer"),
    ],
)
async def test_who_calls_a_phone_learns_what_it_does(
    station: Station, behaviour: Behaviour | None, status: int, outcome: str
) -> None:
    async with station.phone("201") as anna, station.phone("202", behaviour):
        call = anna.call("202")
        assert (await call.ended(within=6)).status == status
    assert (await station.last_call()).outcome == outcome


async def test_a_phone_that_nobody_has_registered_cannot_be_reached(station: Station) -> None:
    async with station.phone("201") as anna:
        assert (await anna.call("203").ended(within=2)).status == 480
    assert (await station.last_call()).outcome == "unreachable"


async def test_a_line_that_talks_or_rings_is_busy_and_its_phone_hears_nothing_of_it(station: Station) -> None:
    async with (
        station.phone("201") as anna,
        station.phone("202") as bruno,
        station.caller() as customer,
    ):
        ringing = anna.call("202")
        await bruno.incoming()
        await until(lambda: station.legs("202") == ["ringing"])
        call = customer.call("100")
        await station.hears(call, "welcome")
        pressed = await call.press("3")
        await station.hears(call, "transfer-failed", after=pressed)
        pressed = await call.press("201")
        await station.hears(call, "transfer-failed", after=pressed)
        await call.hang_up()
        assert len(bruno.received) == 1
        assert not anna.received
        await ringing.hang_up()


async def test_a_line_takes_as_many_calls_as_the_plan_lets_it(station: Station) -> None:
    async with (
        station.phone("201") as anna,
        station.phone("202") as bruno,
        station.phone("203", behaviours.answer()) as carla,
        station.caller() as customer,
    ):
        first = anna.call("203")
        await first.answered()
        second = bruno.call("203")
        await second.answered()
        assert station.legs("203") == ["talking", "talking"]
        third = customer.call("100")
        await station.hears(third, "welcome")
        pressed = await third.press("203")
        await station.hears(third, "transfer-failed", after=pressed)
        assert len(carla.received) == 2
        for call in (first, second, third):
            await call.hang_up()


async def test_a_phone_is_seen_to_come_and_go(station: Station) -> None:
    assert "203" not in station.status.registered
    async with station.phone("203"):
        await until(lambda: "203" in station.status.registered)
        assert station.app.lines.view(datetime.now(UTC)).line("203").registered
    await until(lambda: "203" not in station.status.registered)
