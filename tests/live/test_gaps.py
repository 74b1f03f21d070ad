"""The application cannot listen for a while, or Asterisk is started anew."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.errors import AriError
from officesmart_ivr.testcall.call import Call
from tests.live import plan
from tests.live.house import MEMBERS, House, house, in_menu, talks

FROZEN_SECONDS = 10.0
SEEN_SECONDS = 10.0
RECONNECT_SECONDS = 5.0


async def usable(call: Call, since: int) -> float:
    """Press a key in the second menu; return how many seconds after ``since`` the third spoke."""
    await call.press("1")
    heard = await call.rtp.hear(plan.TONES["offers"], within=SEEN_SECONDS, after=since)
    return (heard - since) / 1e9


async def test_what_happens_while_the_application_is_frozen_is_made_good(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        hunting, rung = [], []
        for member in MEMBERS:
            hunting.append(here.outside.call("500"))
            rung.append(await here.phones[member].incoming())
        talking, incoming = await talks(here, "301")
        menus, leaving = [await in_menu(here) for _ in range(5)], await in_menu(here)
        os.kill(here.application, signal.SIGSTOP)
        rung[0].answer()
        rung[0].rtp.say_tone(plan.VOICES[1])
        await leaving.hang_up()
        # The time itself is the fault that is tried.
        await asyncio.sleep(FROZEN_SECONDS)
        incoming.rtp.say_tone(plan.VOICES[2])
        await talking.rtp.hear(plan.VOICES[2], within=2)
        os.kill(here.application, signal.SIGCONT)
        goes_on = time.monotonic_ns()
        found = await asyncio.gather(*(usable(call, goes_on) for call in menus))
        joined = await hunting[0].rtp.hear(plan.VOICES[1], within=SEEN_SECONDS)
        seen = (joined - goes_on) / 1e9
        print(f"menus usable after {min(found):.2f} to {max(found):.2f} s, an answer seen after {seen:.2f} s")
        assert [here.phones[member].calls for member in MEMBERS] == [[rung[0]], [rung[1]]], "rung twice"
        for call in (*hunting, talking, *menus):
            await call.hang_up()
        await here.settled()


async def test_calls_are_served_again_soon_after_asterisk_is(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await in_menu(here)
        await talks(here, "301")
        before, killed = await started(here), time.monotonic()
        os.kill(asterisk_of(here), signal.SIGKILL)
        await true(lambda: not_ready(here))
        await true(lambda: is_new(here, before))
        booted = time.monotonic()
        await true(lambda: is_ready(here))
        ready = time.monotonic()
        print(f"Asterisk answered after {booted - killed:.2f} s, calls served {ready - booted:.2f} s later")
        assert ready - booted < RECONNECT_SECONDS
        await here.settled()
        for call in here.outside.calls:
            await call.hang_up()
        await in_menu(here)
        await here.outside.calls[-1].hang_up()
        await here.settled()


async def true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def started(house: House) -> str:
    """When Asterisk was started; empty while it does not answer."""
    try:
        info = await house.ari.asterisk.info(["status"])
    except AriError:
        return ""
    return info.status.startup_time if info.status else ""


async def is_new(house: House, before: str) -> bool:
    return await started(house) not in ("", before)


async def is_ready(house: House) -> bool:
    return (await asyncio.to_thread(ApiClient(house.data).status)).ready


async def not_ready(house: House) -> bool:
    return not await is_ready(house)


def asterisk_of(house: House) -> int:
    """The id of Asterisk's process."""
    return int(next((house.data.asterisk).rglob("asterisk.pid")).read_text())
