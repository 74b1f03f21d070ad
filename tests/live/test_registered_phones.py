"""Phones that are registered while the application starts anew, or while a reload changes their line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.station import Station, station_with, until


@pytest.fixture
async def station(box: Toolbox, tmp_path: Path) -> AsyncIterator[Station]:
    async with station_with(plan.write(tmp_path), box) as station:
        yield station


async def reaches(phone: Phone, extension: str) -> None:
    call = phone.call(extension)
    await call.answered()
    await call.hang_up()


async def test_who_leaves_after_a_restart_of_the_application_is_rung_no_more(station: Station) -> None:
    async with station.phone("201") as anna:
        async with station.phone("202", behaviours.answer()):
            await until(lambda: "202" in station.status.registered)
            await station.stop()
            await station.start()
            await until(lambda: "202" in station.status.registered)
            await reaches(anna, "202")
        await until(lambda: "202" not in station.status.registered)
        assert (await anna.call("202").ended(within=2)).status == 480
    await station.settle()


async def test_a_line_may_have_more_phones_while_one_is_registered(station: Station) -> None:
    async with station.phone("201") as anna, station.phone("202", behaviours.ring()) as desk:
        await until(lambda: "202" in station.status.registered)
        text = station.run.plan.read_text()
        station.run.plan.write_text(text.replace("max_phones: 1", "max_phones: 3"))
        await station.app.reload()
        async with station.phone("202", behaviours.ring()) as home:
            call = anna.call("202")
            both = await desk.incoming(), await home.incoming()
            both[0].answer()
            await call.answered()
            await call.hang_up()
    await station.settle()
