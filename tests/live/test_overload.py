"""More calls than are let in, and calls while the application is about to stop."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.observe.call_figures import Reason
from officesmart_ivr.testcall.sipp import run_sipp
from tests.live import plan
from tests.live.house import house, in_menu, talks
from tests.live.station import station_with, until
from tests.live.test_load import SCENARIOS
from tests.live.test_up import ready_again

SECONDS = int(os.environ.get("OFFICESMART_OVERLOAD", "8"))
"""How long: a few seconds in the suite; minutes on demand (with --timeout), at the usual limit of a plan."""
RATE = 5 if SECONDS < 60 else 20
OFFERED = 3 * RATE
RECOVERED_SECONDS = 10.0
SERVICE_UNAVAILABLE = 503


async def test_three_times_too_many_calls_are_cut_to_what_is_let_in(tmp_path: Path, box: Toolbox) -> None:
    text = plan.PLAN.replace("calls_per_second: 1000", f"calls_per_second: {RATE}")
    async with station_with(plan.write(tmp_path / "plan", text), box, calls=200) as station:
        assert box.sipp is not None
        result = await run_sipp(
            box.sipp.command(),
            SCENARIOS / "three_keys.xml",
            station.server,
            folder=tmp_path / "sipp",
            number="100",
            calls=OFFERED * SECONDS,
            rate=OFFERED,
            values={"key1": "1", "key2": "*", "key3": "4"},
            within=SECONDS + 30,
        )
        refused = station.app._exchange.admission.refused[Reason.RATE]
        answers = result.response_ms
        late = answers[-len(answers) // 20]
        print(f"served {result.successful}, refused {refused}, INVITE to 200: 95th percentile {late} ms")
        assert result.successful + refused == OFFERED * SECONDS
        assert RATE * SECONDS <= result.successful <= RATE * (SECONDS + 4)
        assert any(str(SERVICE_UNAVAILABLE) in error for error in result.errors), result.errors
        await until(lambda: not station.app.sessions, within=RECOVERED_SECONDS)
        async with station.caller() as caller:
            call = caller.call("100")
            await station.hears(call, "welcome")
            await call.hang_up()
        await station.settle()


async def test_before_the_end_new_calls_go_elsewhere_and_others_come_to_their_end(tmp_path: Path) -> None:
    async with house(tmp_path, "--drain", "2") as here:
        talking, incoming = await talks(here, "301")
        waiting, quick = await in_menu(here), await in_menu(here)
        before = here.application
        os.kill(before, signal.SIGTERM)
        await until(lambda: here.draining)
        # The dialplan goes on as if there were no application: the fallback serves by the same rules.
        late = here.outside.call("100")
        await late.rtp.hear(plan.TONES["welcome"], within=5)
        await late.hang_up()
        await quick.press("1")
        await quick.rtp.hear(plan.TONES["offers"], within=2)
        await quick.hang_up()
        await waiting.rtp.hear(plan.TONES["too-many-steps"], within=5)
        assert (await waiting.ended(within=5)).cause == 16
        # The supervisor starts it again, and it goes on with those who talk.
        await until(lambda: ready_again(here.data, before), within=30)
        incoming.rtp.say_tone(plan.VOICES[1])
        await talking.rtp.hear(plan.VOICES[1], within=2)
        await talking.hang_up()
        await here.settled()
