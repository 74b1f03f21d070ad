"""The network between the application and Asterisk is cut or falls silent, and calls go on."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import ARI_USER
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.calls.exchange import AS_IT_IS
from officesmart_ivr.livetest.rig import LOOPBACK, asterisk_on_loopback
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from tests.live import house, plan
from tests.live.proxy import Proxy
from tests.live.station import Station, until

HEARTBEAT_SECONDS = 2.0
"""A third of the application's own, so that the test is short."""
SEEN_SECONDS = HEARTBEAT_SECONDS * 1.5 + 1.0
"""A silent stream is given up after one and a half heartbeats; a busy machine may be a second late."""
READY_SECONDS = 5.0


@asynccontextmanager
async def station_behind_proxy(folder: Path, box: Toolbox) -> AsyncIterator[tuple[Station, Proxy]]:
    plan_path = plan.write(folder / "plan", house.PLAN)
    async with (
        asterisk_on_loopback(folder / "data", box) as rig,
        Proxy(rig.settings.ari_port) as proxy,
        AriClient(
            f"http://{LOOPBACK}:{proxy.port}", username=ARI_USER, password=rig.settings.ari_password
        ) as ari,
    ):
        run = dataclasses.replace(
            rig.run_settings(plan_path, watch=False), heartbeat_seconds=HEARTBEAT_SECONDS
        )
        station = Station(dataclasses.replace(rig, ari=ari), run, AS_IT_IS)
        await station.start()
        try:
            yield station, proxy
        finally:
            proxy.heal()
            await station.stop()


async def in_menu(station: Station, caller: Phone) -> Call:
    call = caller.call("100")
    await station.hears(call, "welcome")
    await call.press("1")
    await station.hears(call, "sales")
    return call


@dataclass(frozen=True)
class Fault:
    """What happens to the network.

    ``lasting``: it ends only once it is seen. ``missed``: a phone answers, and a caller leaves, meanwhile.
    """

    name: str
    bring_about: Callable[[Proxy], None]
    lasting: bool = False
    missed: bool = False


FAULTS = (
    Fault("the stream cut", lambda proxy: proxy.cut()),
    Fault("everything cut", lambda proxy: proxy.cut(everything=True), lasting=True),
    Fault("the stream silent", lambda proxy: proxy.silence(), missed=True),
    Fault("everything silent", lambda proxy: proxy.silence(everything=True), lasting=True, missed=True),
)


async def survives(
    fault: Fault, station: Station, proxy: Proxy, caller: Phone, member: Phone, inside: Phone
) -> str:
    """Bring a fault about under four calls; return the figures."""
    stays, leaves = await in_menu(station, caller), await in_menu(station, caller)
    hunts, rung = caller.call("500"), await member.incoming()
    talks, incoming = caller.call(house.TALKERS[0]), await inside.incoming()
    await incoming.answered()
    incoming.rtp.say_tone(plan.VOICES[0])
    await talks.rtp.hear(plan.VOICES[0], within=3)
    fault.bring_about(proxy)
    began = time.monotonic()
    if fault.missed:
        rung.answer()
        await leaves.hang_up()
    incoming.rtp.say_tone(plan.VOICES[2])
    await talks.rtp.hear(plan.VOICES[2], within=2)
    await until(lambda: not station.app.ready.is_set(), within=SEEN_SECONDS)
    seen = time.monotonic()
    if fault.lasting:
        proxy.heal()
    await asyncio.wait_for(station.app.ready.wait(), READY_SECONDS)
    ready = time.monotonic_ns()
    await stays.press("1")
    usable = await station.hears(stays, "offers", after=ready)
    if not fault.missed:
        rung.answer()
    await rung.answered()
    rung.rtp.say_tone(plan.VOICES[1])
    await hunts.rtp.hear(plan.VOICES[1], within=3)
    assert member.calls == [rung], "rung twice"
    for call in (stays, leaves, hunts, talks):
        await call.hang_up()
    proxy.heal()
    await station.settle()
    return (
        f"{fault.name}: seen after {seen - began:.2f} s, reconciled {ready / 1e9 - seen:.2f} s later, "
        f"a key led on {(usable - ready) / 1e9:.2f} s after that"
    )


async def test_an_event_stream_that_is_cut_or_silent_costs_no_call(tmp_path: Path, box: Toolbox) -> None:
    async with (
        station_behind_proxy(tmp_path, box) as (station, proxy),
        station.phone(house.MEMBERS[0], behaviours.ring()) as member,
        station.phone(house.TALKERS[0], behaviours.answer()) as inside,
        station.caller() as caller,
    ):
        for fault in FAULTS:
            print(await survives(fault, station, proxy, caller, member, inside))
