"""Many calls at once that hear a prompt: how many before the sound stutters (B9), and their memory (B11)."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from bench import plan
from bench.figures import Sample, System
from bench.load import Progress
from bench.processes import memory_kib
from bench.stage import Stage, stage
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.sipp import run_sipp

LISTEN = Path(__file__).with_name("listen.xml")

MOST_GAP_MS = 40.0
"""99 of 100 packets of sound come within this time of the one before."""

_RATE = 20.0
"""New calls a second: few enough to be no load by themselves."""

_MOST = 1800
_LISTENERS = 4
_WINDOW_SECONDS = 2.0
_BAD_WINDOWS = 2
_SETTLE_SECONDS = 3.0
_WARM_UP_CALLS = 100
"""The memory of the first calls is that of what is loaded and opened then, and stays."""


async def measure_crowd(box: Toolbox, rounds: int, most: int, progress: Progress) -> list[Sample]:
    """Return how many calls at once each system carries, ``most`` at the most, and the memory of one."""
    samples = []
    for number in range(rounds):
        for system in System if number % 2 == 0 else reversed(System):
            with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as folder:
                async with stage(Path(folder), box, calls=most + _LISTENERS) as ready:
                    calls, kib = await _grow(ready, system, most, progress)
            samples.append(Sample("B9", system, number, calls))
            if system is System.PROJECT:
                samples.append(Sample("B11", system, number, kib))
    return samples


async def _grow(stage: Stage, system: System, most: int, progress: Progress) -> tuple[float, float]:
    """Add calls until the sound of the listeners stutters; return how many there were, and the KiB of one."""
    async with AsyncExitStack() as stack:
        calls = [await _listener(stage, system, stack) for _ in range(_LISTENERS)]
        await asyncio.sleep(_SETTLE_SECONDS)
        loop = asyncio.get_running_loop()
        began = loop.time()
        adding = asyncio.create_task(_add(stage, system, most))
        try:
            good, bad, memory = 0.0, 0, {0.0: memory_kib(stage.application)}
            while bad < _BAD_WINDOWS and good < most and not adding.done():
                seen = [len(call.rtp.received.gaps_ms) for call in calls]
                await asyncio.sleep(_WINDOW_SECONDS)
                there = min(float(most), (loop.time() - began) * _RATE)
                memory[there] = memory_kib(stage.application)
                if _gap_ms(calls, seen) > MOST_GAP_MS:
                    bad += 1
                else:
                    good, bad = there, 0
                progress(f"{there:.0f} calls at once, {system}")
            return good, _kib_of_a_call({n: kib for n, kib in memory.items() if n <= good})
        finally:
            adding.cancel()
            await asyncio.wait((adding,))


async def _listener(stage: Stage, system: System, stack: AsyncExitStack) -> OutgoingCall:
    phone = Phone("3339999999", server=stage.server, detector=stage.detector)
    await stack.enter_async_context(phone)
    call = phone.call(plan.CROWD_NUMBERS[system])
    await call.rtp.hear(plan.TONES["long"], within=5)
    return call


async def _add(stage: Stage, system: System, most: int) -> None:
    await run_sipp(
        stage.sipp,
        LISTEN,
        stage.server,
        folder=stage.folder,
        number=plan.CROWD_NUMBERS[system],
        calls=most,
        rate=_RATE,
        within=most / _RATE + 120,
    )


def _gap_ms(calls: list[OutgoingCall], seen: list[int]) -> float:
    """Return the 99th percentile of the gaps that came since then; one that has not ended is one, too."""
    gaps = sorted(
        gap for call, count in zip(calls, seen, strict=True) for gap in call.rtp.received.gaps_ms[count:]
    )
    return gaps[min(len(gaps) - 1, int(len(gaps) * 0.99))] if gaps else float("inf")


def _kib_of_a_call(memory: dict[float, int]) -> float:
    warm = min((calls for calls in memory if calls >= _WARM_UP_CALLS), default=0.0)
    last = max(memory)
    return (memory[last] - memory[warm]) / (last - warm) if last > warm else 0.0
