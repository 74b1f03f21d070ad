"""Many calls a second, by SIPp: the highest rate (B8), keys under load (B4), processor time (B10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import plan
from bench.figures import Sample, System
from bench.processes import processor_ms
from bench.rounds import visit
from bench.stage import Stage
from officesmart_ivr.testcall.sipp import SippResult, run_sipp

VISIT = Path(__file__).with_name("visit.xml")
_VISIT_SECONDS = 2.6

SHARE = 0.999
"""Of the calls at a rate that counts as carried, so many go well and are answered within a second."""

ANSWER_MS = 1000.0
LOWEST_RATE = 30.0
_STEP = 1.15
_TRIES = 2
_LOADED_SHARE = 0.7
_COST_RATE = 20.0
_GRACE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things are tried.

    ``seconds``: each rate; ``most``: no rate is above; ``rest``: after a run, for what both systems clear up;
    ``long_rest``: after one that failed or was cut short, for its calls to end; ``rounds``: measured calls
    under load, and runs that are paid for.
    """

    seconds: float = 10.0
    most: float = 500.0
    rest: float = 2.0
    long_rest: float = 8.0
    rounds: int = 60


Progress = Callable[[str], None]


async def measure_load(stage: Stage, pace: Pace, progress: Progress) -> list[Sample]:
    """Find the highest rate of each system, then measure keys at 70 % of the project's.

    Raises PhoneError when the measured caller's call fails.
    """
    rates = {system: await _highest_rate(stage, system, pace, progress) for system in System}
    samples = [Sample("B8", system, 0, rate) for system, rate in rates.items()]
    rate = max(1.0, _LOADED_SHARE * rates[System.PROJECT])
    for system in System:
        progress(f"keys at {rate:.0f} calls/s, {system}")
        async with _loaded(stage, system, rate):
            for number in range(pace.rounds):
                values = await visit(stage, plan.NUMBERS[system])
                samples.append(Sample("B4", system, number, values["B3"]))
        await asyncio.sleep(pace.long_rest)
    return samples


async def measure_cost(stage: Stage, pace: Pace, progress: Progress) -> list[Sample]:
    """Return the processor time that a call takes, and the application's share, turn by turn."""
    samples = []
    for number in range(pace.rounds):
        for system in System if number % 2 == 0 else reversed(System):
            progress(f"processor time at {_COST_RATE:g} calls/s, {system}")
            before = processor_ms(stage.asterisk), processor_ms(stage.application)
            result = await _run(stage, system, _COST_RATE, pace.seconds)
            await asyncio.sleep(pace.rest)
            asterisk, application = (
                (processor_ms(pid) - was) / max(1, result.successful)
                for pid, was in zip((stage.asterisk, stage.application), before, strict=True)
            )
            if system is System.PROJECT:
                samples.append(Sample("B10", system, number, asterisk + application))
                samples.append(Sample("B10a", system, number, application / asterisk))
            else:
                samples.append(Sample("B10", system, number, asterisk))
    return samples


async def _highest_rate(stage: Stage, system: System, pace: Pace, progress: Progress) -> float:
    """Raise the rate step by step until it is not carried, twice; return the last that was, or 0."""
    carried, rate = 0.0, LOWEST_RATE
    while rate <= pace.most:
        for _ in range(_TRIES):
            progress(f"{rate:.0f} calls/s, {system}")
            if _is_carried(await _run(stage, system, rate, pace.seconds)):
                break
            await asyncio.sleep(pace.long_rest)
        else:
            return carried
        await asyncio.sleep(pace.rest)
        carried, rate = rate, rate * _STEP
    return carried


def _is_carried(result: SippResult) -> bool:
    calls = result.successful + result.failed + result.unfinished
    return result.successful >= SHARE * calls and result.percentile_ms(SHARE * 100) <= ANSWER_MS


async def _run(stage: Stage, system: System, rate: float, seconds: float) -> SippResult:
    return await run_sipp(
        stage.sipp,
        VISIT,
        stage.server,
        folder=stage.folder,
        number=plan.NUMBERS[system],
        calls=round(rate * seconds),
        rate=rate,
        within=seconds + _GRACE_SECONDS,
    )


@asynccontextmanager
async def _loaded(stage: Stage, system: System, rate: float) -> AsyncIterator[None]:
    """Load a system, from when as many calls are up as the rate brings, until it is over."""
    running = asyncio.create_task(_run(stage, system, rate, 600.0))
    try:
        await asyncio.sleep(_VISIT_SECONDS)
        yield
    finally:
        running.cancel()
        await asyncio.wait((running,))
