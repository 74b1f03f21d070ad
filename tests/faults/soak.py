"""R6: thousands of random calls, with random hang-ups, under plans that change, leave nothing behind.

A crowd (``crowd.py``), a process of its own, calls and is called; this process is the application, so that
its memory is known to the object. What is held is compared at two moments of rest: after the first calls,
when all that is made once has been made, and at the end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import msgspec

from officesmart_ivr.publishing import quiet
from officesmart_ivr.publishing.outcome import Published, Refused
from officesmart_ivr.state.call_log import FAULT
from tests.faults import soak_plan
from tests.faults.crowd import Batch, Place
from tests.faults.trial import PERSON, Trial, office, person_port
from tests.live.station import Held, Station, until

ROOT = Path(__file__).parents[2]
RATE = 30.0
"""Calls a second, at most: fewer when the crowd's callers find no room."""

WARM_UP_CALLS = 2000
FEWEST_WARM_UP_CALLS = 500
"""After fewer, memory that is taken once for all is still being taken."""
SECONDS_A_CALL = 0.2
"""How long the soak may take for each call, with a minute for its beginning and end."""

RELOAD_SECONDS = 3.0
"""Between two edits of the plan; every other one is spoilt."""

MOST_MEMORY = 12 * 2**20
"""By how many bytes the application may have grown between the two moments of rest."""
MOST_OBJECTS = 0.02
"""By which share the number of its blocks of memory may have."""

CALLS_A_CRASH = 2000
"""Asterisk itself ends where a phone joins its two calls just as one of them is hung up (docs/quality.md).
More often than this among so many that do, and something else is the matter. Phones then never hear of the
end of their calls."""

MOST_TOLD = 5
"""Of what is wrong many times."""

MOST_THREADS = 10
"""By how many threads: the event loop's pool and the database's grow to their bounds as work happens to
coincide. A thread that stayed after each edit, or one call in a thousand, would be more."""

REST_SECONDS = 90.0
"""How long threads that Asterisk keeps in store after much work may stay."""


@dataclass(frozen=True)
class Rest:
    """What is held while nobody calls. Memory is in bytes; ``blocks`` are Python's blocks of memory."""

    memory: int
    blocks: int
    threads: int
    descriptors: int
    asterisk: Held
    asterisk_memory: int
    asterisk_threads: int


Calls = Callable[[int], Awaitable[Counter[str]]]
"""Lets the crowd make so many calls; returns what happened."""


class Complaints(logging.Handler):
    """Keeps what is logged as an error, as a fault that has ended a call, or the end of Asterisk.

    But for refused plans, of which the soak makes many itself. ``crashes``: how often Asterisk ended.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []
        self.crashes = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "officesmart_ivr.publishing.door":
            return
        if record.name == "officesmart_ivr.asterisk.child":
            self.crashes += 1
            return
        error = record.exc_info[1] if record.exc_info else None
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        told = "".join(traceback.format_exception(error, limit=-3)) if error else ""
        self.said.append(f"{record.getMessage()} {told}")


async def run(trial: Trial) -> str:
    """Make so many calls. Returns the figures; raises AssertionError, with what has stayed."""
    complaints, port = Complaints(), person_port()
    log = logging.getLogger("officesmart_ivr")
    log.addHandler(complaints)
    warm_up = min(WARM_UP_CALLS, trial.count // 4)
    try:
        async with (
            office(
                trial,
                soak_plan.plan(port, 0),
                known_secrets=f'service-pin: "{soak_plan.PIN}"\n',
                calls=200,
            ) as (station, before),
            asyncio.timeout(60 + REST_SECONDS + SECONDS_A_CALL * trial.count),
        ):
            async with _crowd(station, port, trial.seed) as crowd, _edits(station, port, trial.seed) as edits:
                seen = await crowd(warm_up)
                first = await _at_rest(station)
                began = time.monotonic()
                seen += await crowd(trial.count - warm_up)
                rate = (trial.count - warm_up) / (time.monotonic() - began)
                last = await _at_rest(station, first)
            await station.settle(before, but_for_events=True)
            await _still_serves(station)
            outcomes = station.app._dispatcher.outcomes()
    except AssertionError as error:
        raise AssertionError(f"{error}; errors before: {complaints.said[:MOST_TOLD]}") from error
    finally:
        log.removeHandler(complaints)
    told = f"{_told(seen, outcomes, edits, rate, before, first, last)}, {complaints.crashes} ends of Asterisk"
    said = complaints.said
    assert not said, f"{len(said)} errors: {said[:MOST_TOLD]}; {told}"
    assert not outcomes.get(FAULT), told
    assert complaints.crashes <= trial.count / CALLS_A_CRASH, told
    stuck = [what for what in seen if what.startswith("stuck: ")][:MOST_TOLD]
    assert complaints.crashes or not seen["stuck"], (
        f"{seen['stuck']} calls never ended at a phone: {stuck}; {told}"
    )
    grown = _grown(first, last, memory_too=warm_up >= FEWEST_WARM_UP_CALLS)
    assert not grown, f"more is held than after the first {warm_up} calls: {', '.join(grown)}; {told}"
    return told


@asynccontextmanager
async def _crowd(station: Station, port: int, seed: int) -> AsyncIterator[Calls]:
    """The crowd; yields what lets it make so many calls and tells what happened."""
    place = Place(
        server=station.server,
        passwords={line: station.password(line) for line in soak_plan.LINES},
        person_host=PERSON,
        person_port=port,
        numbers=soak_plan.NUMBERS,
        outside=soak_plan.OUTSIDE,
        codes=soak_plan.CODES,
        switchers=soak_plan.SWITCHERS,
        pin=soak_plan.PIN,
        seed=seed,
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.crowd"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin
    assert process.stdout
    orders, told = process.stdin, process.stdout

    def order(what: msgspec.Struct) -> None:
        orders.write(msgspec.json.encode(what) + b"\n")

    async def calls(number: int) -> Counter[str]:
        order(Batch(number, RATE))
        return Counter(msgspec.json.decode(await told.readline(), type=dict[str, int]))

    order(place)
    try:
        yield calls
    finally:
        orders.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def _edits(station: Station, port: int, seed: int) -> AsyncIterator[Counter[str]]:
    """Edit the plan again and again; yields how often it went live, and how often it was refused."""
    counts: Counter[str] = Counter()
    names = station.run.plan.read_text().partition("announcements:\n")[2].partition("multiselections:")[0]
    chance = Random(seed)

    async def edit() -> None:
        for version in count(1):
            await asyncio.sleep(RELOAD_SECONDS)
            text = soak_plan.plan(port, version).replace("ANNOUNCEMENTS\n", names)
            wanted: type[Published | Refused] = Published
            if version % 2:
                text, wanted = soak_plan.spoilt(text, chance), Refused
            station.run.plan.write_text(text)
            outcome = await station.app.reload()
            assert isinstance(outcome, wanted), f"version {version}: {outcome}"
            counts[wanted.__name__] += 1

    editing = asyncio.create_task(edit())
    try:
        yield counts
    finally:
        editing.cancel()
        await asyncio.wait([editing])
        if not editing.cancelled():
            editing.result()


async def _at_rest(station: Station, first: Rest | None = None) -> Rest:
    """Wait until nothing is left of any call, and return what is held.

    With ``first``, what Asterisk keeps in store for a while has the time to go: threads, and transactions
    with phones that have never answered.
    """
    before, pid = first.asterisk if first else None, station.asterisk_pid
    asterisk = await station.settle(before, but_for_events=True, within=REST_SECONDS)
    if first:
        with suppress(TimeoutError):
            await until(lambda: _threads(pid) <= first.asterisk_threads, within=REST_SECONDS)
    quiet.tidy()  # as the application itself does now and then, while nobody calls
    return Rest(
        memory=_memory("self"),
        blocks=sys.getallocatedblocks(),
        threads=threading.active_count(),
        descriptors=len(os.listdir("/proc/self/fd")),
        asterisk=asterisk,
        asterisk_memory=_memory(pid),
        asterisk_threads=_threads(pid),
    )


def _memory(process: int | str) -> int:
    return int(_status(process, "VmRSS").split()[0]) * 1024


def _threads(process: int | str) -> int:
    return int(_status(process, "Threads"))


def _status(process: int | str, field: str) -> str:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(value for name, _, value in (line.partition(":") for line in lines) if name == field)


async def _still_serves(station: Station) -> None:
    async with station.caller() as caller:
        call = caller.call("101")  # an override may hold at the other one
        await station.hears(call, "second")
        await call.hang_up()
    await station.settle()


def _grown(first: Rest, last: Rest, *, memory_too: bool) -> list[str]:
    """Say what has grown by more than it may."""
    than = {
        "memory": memory_too and last.memory - first.memory > MOST_MEMORY,
        "blocks": memory_too and last.blocks > first.blocks * (1 + MOST_OBJECTS),
        "threads": last.threads > first.threads + MOST_THREADS,
        "descriptors": last.descriptors > first.descriptors,
        "Asterisk's threads": last.asterisk_threads > first.asterisk_threads,
    }
    return [what for what, has_grown in than.items() if has_grown]


def _told(
    seen: Counter[str],
    outcomes: dict[str, int],
    edits: Counter[str],
    rate: float,
    before: Held,
    first: Rest,
    last: Rest,
) -> str:
    per_ending = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    return (
        f"{seen['calls']} calls made ({rate:.0f}/s), {seen['rung']} phones rung, {seen['talks']} talks, "
        f"{seen['blind transfers']} blind and {seen['attended transfers']} attended transfers, "
        f"{edits['Published']} plans gone live and {edits['Refused']} refused meanwhile; ends: {per_ending}; "
        f"left: nothing; application {_mib(first.memory)} -> {_mib(last.memory)} MiB, "
        f"{first.blocks} -> {last.blocks} blocks, {last.threads} threads; "
        f"Asterisk {_mib(first.asterisk_memory)} -> {_mib(last.asterisk_memory)} MiB, "
        f"{first.asterisk_threads} -> {last.asterisk_threads} threads, "
        f"{last.asterisk.events - before.events} eventfds lost by it"
    )


def _mib(memory: int) -> str:
    return f"{memory / 2**20:.1f}"
