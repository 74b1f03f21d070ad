"""The application is killed in the middle of fifty calls, and another process goes on with them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from functools import partial
from pathlib import Path

from officesmart_ivr.agi.server import ask
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.sipp import run_sipp
from tests.live import plan
from tests.live.house import MEMBERS, TALKERS, house, in_menu, talks
from tests.live.station import until
from tests.live.test_up import ready_again

IN_MENUS, IN_GROUP = 30, 10
RESTART_SECONDS = 5.0
"""On a machine that does other things at the same time. By itself the application is back within 1.5 s."""
USABLE_SECONDS = 2.0
"""How long after the restart, which a busy machine may draw out, the menus may take keys at the latest."""
RATE, KILLING_SECONDS = 20, 20
HEARD_MS = 1000
"""Within which new calls are answered, whoever serves them.

One that the application had just been given waits for the next one.
"""

VISIT = Path(__file__).parents[2] / "bench" / "visit.xml"

LONGEST_PROMPT_SECONDS = 1.2
"""The menu's prompt lasts a second, and packets are under way."""


def hears_anew(call: Call, killed: int) -> bool:
    """Say whether the menu is heard at a time when what was playing at the crash must be over.

    What plays goes on without the application, and the new prompt may follow it so closely that both are one.
    """
    over = killed + int(LONGEST_PROMPT_SECONDS * 1e9)
    return any(each.sound == plan.TONES["sales"] and each.last_ns > over for each in call.rtp.heard.segments)


async def goes_on(call: Call, killed: int) -> int:
    """Hear the menu anew, and press a key; return when the next menu spoke."""
    await until(lambda: hears_anew(call, killed), within=10)
    await call.press("1")
    return await call.rtp.hear(plan.TONES["offers"], within=5, after=killed)


async def test_fifty_calls_outlive_the_application(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        waiting = []
        for _ in range(IN_GROUP):
            caller = here.outside.call("500")
            waiting.append(caller)
            await (caller.ringing() if len(waiting) <= len(MEMBERS) else caller.answered())
        rung = {member: await here.phones[member].incoming() for member in MEMBERS}
        talkers = [await talks(here, number) for number in TALKERS]
        menus = [await in_menu(here) for _ in range(IN_MENUS)]
        # What has happened in the last moment before the crash may be lost.
        everywhere = {"day/sales": IN_MENUS, "group": IN_GROUP, "over": len(TALKERS)}
        await until(lambda: here.places() == everywhere)

        before, killed = here.application, time.monotonic_ns()
        os.kill(before, signal.SIGKILL)
        for _, incoming in talkers:
            incoming.rtp.say_tone(plan.VOICES[1])
        for call, _ in talkers:
            await call.rtp.hear(plan.VOICES[1], within=2, after=killed)
        await until(lambda: ready_again(here.data, before))
        ready = time.monotonic_ns()
        restarted = (ready - killed) / 1e9

        # Each in a menu hears it again, and its key leads on; the way back is known too.
        heard = await asyncio.gather(*(goes_on(call, killed) for call in menus))
        usable = [(at - killed) / 1e9 for at in heard]
        print(f"ready after {restarted:.2f} s, menus usable after {min(usable):.2f} to {max(usable):.2f} s")
        assert restarted < RESTART_SECONDS
        assert max(usable) < restarted + USABLE_SECONDS
        await menus[0].press("*")
        await menus[0].rtp.hear(plan.TONES["sales"], within=5, after=heard[0])

        # Those who talk have noticed nothing.
        for call, incoming in talkers:
            incoming.rtp.say_tone(plan.VOICES[2])
            await call.rtp.hear(plan.VOICES[2], within=2, after=ready)

        # The members' phones were told to stop, and are rung anew, each once.
        for member, first in rung.items():
            await first.ended(within=2)
            again = await here.phones[member].incoming()
            assert len(here.phones[member].calls) == 1, "rung twice"
            again.answer()
            again.rtp.say_tone(plan.VOICES[0])
        for call in waiting[: len(MEMBERS)]:
            await call.rtp.hear(plan.VOICES[0], within=3, after=ready)

        for call in (*menus, *waiting, *(call for call, _ in talkers)):
            await call.hang_up()
        await here.settled()
        calls = await asyncio.to_thread(ApiClient(here.data).calls, {"limit": "100"})
        assert Counter(call.outcome for call in calls) == {
            "caller_left": IN_MENUS + IN_GROUP - len(MEMBERS),
            "connected": len(TALKERS) + len(MEMBERS),
        }


async def test_callers_are_served_while_what_serves_them_is_killed(tmp_path: Path, box: Toolbox) -> None:
    async with house(tmp_path) as here:
        assert box.sipp is not None
        told = here.data.read_state("up")
        assert told is not None
        port = told["agi_port"]
        await until(lambda: ask(port) == "1")
        load = asyncio.create_task(
            run_sipp(
                box.sipp.command(),
                VISIT,
                here.server,
                folder=tmp_path / "sipp",
                number="100",
                calls=RATE * KILLING_SECONDS,
                rate=RATE,
            )
        )
        api = ApiClient(here.data)
        for kills in (("application",), ("application", "fallback"), ("fallback", "application")):
            # So many are up at this rate once calls go to the application again.
            await until(lambda: api.status().calls > RATE, within=20)
            before = here.application
            for pid in [getattr(here, name) for name in kills]:
                assert pid
                os.kill(pid, signal.SIGKILL)
            await until(partial(ready_again, here.data, before))
            await until(lambda: ask(port) == "1")
        assert not load.done(), "the calls were over before the last kill"
        result = await load
        answers = sorted(result.response_ms)
        middle, most, worst = answers[len(answers) // 2], result.percentile_ms(99), answers[-1]
        served = f"{result.successful} of {RATE * KILLING_SECONDS} calls served"
        print(f"{served}, INVITE to 200: median {middle:.0f} ms, 99 % {most:.0f} ms, worst {worst:.0f} ms")
        assert result.successful == RATE * KILLING_SECONDS, result.errors
        assert result.percentile_ms(95) < HEARD_MS
        assert worst < RESTART_SECONDS * 1000
        await here.settled()
