"""``python -m bench reload``: how long a large plan takes to go live, and how long calls are held up by that.

The plan goes through the door as in the application, with its sounds, its revision in SQLite and the objects
for Asterisk; only Asterisk itself is not there. Meanwhile events of calls are decoded and handed out, and a
probe on the same loop tells how late it wakes up.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.figures import Sample, System
from bench.lags import calls_served
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Published
from officesmart_ivr.publishing.workshop import Ready, Workshop
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.revisions import Origin, Source
from officesmart_ivr.state.sql.database import in_file, opened
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.testcall.tones import tone, write_wave

_console = Console(highlight=False)

MENUS = 1000
SOUNDS = 100
EXTENSIONS = 200
MOST_SECONDS = 0.5
MOST_STALL_MS = 20.0
"""What is to be kept within (B12)."""

_PAUSE_SECONDS = 0.2


class _Nobody:
    """A house without calls."""

    def take(self, ready: Ready) -> Sequence[str]:
        return ()

    async def teach(self) -> Sequence[str]:
        return ()


def plan(version: int, multiselections: int) -> str:
    """Return a plan of 1,000 menus in so many multiselections; ``version`` makes it another one."""
    lines = ["version: 1", "company: {name: Bench, language: it}", "extensions:"]
    lines += [f'  "{2000 + number}": {{name: Linea {number}}}' for number in range(EXTENSIONS)]
    lines += ["announcements:", *(f"  a{number}: {{file: a{number}.wav}}" for number in range(SOUNDS))]
    lines.append("multiselections:")
    each = MENUS // multiselections
    for place in range(multiselections):
        lines += [
            f"  m{place}:",
            f"    name: Centralino {place}, {version}",
            f'    numbers: ["{5000 + place}"]',
            "    week: {otherwise: {menu: n0}}",
            '    default_keys: {"*": previous_menu}',
            "    menus:",
        ]
        for menu in range(each):
            lines += [
                f"      n{menu}:",
                f"        name: Menu {menu}",
                f"        announcement: a{menu % SOUNDS}",
                "        keys:",
                f'          "1": {{extension: "{2000 + menu % EXTENSIONS}", label: Reparto}}',
                f'          "2": {{menu: n{(menu + 1) % each}}}',
                f'          "3": {{play: a{(menu + 50) % SOUNDS}}}',
                '          "9": replay',
                '          "#": hang_up',
                "        no_input: {seconds: 5, attempts: 2, then: hang_up}",
                "        invalid: {attempts: 3, then: hang_up}",
            ]
    return "\n".join(lines) + "\n"


def reload(
    rounds: Annotated[int, typer.Option(min=1, help="How many times the plan goes live.")] = 20,
) -> None:
    """Measure how long 1,000 menus take to go live, and for how long that holds calls up."""
    logging.getLogger("officesmart_ivr").setLevel(logging.ERROR)
    table = Table("1,000 menus in", "", "median", "worst", "target", "", box=None, pad_edge=False)
    for multiselections in (20, 1):
        seconds, stalls = uvloop.run(_measure(rounds, multiselections))
        name = f"{multiselections} multiselections" if multiselections > 1 else "1 multiselection"
        for what, values, limit, unit in (
            ("goes live after", seconds, MOST_SECONDS, "s"),
            ("holds the loop up for", stalls, MOST_STALL_MS, "ms"),
        ):
            worst = max(values)
            met = "[green]met[/]" if worst <= limit else "[red]not met[/]"
            middle = statistics.median(values)
            table.add_row(
                name, what, f"{middle:.2f} {unit}", f"{worst:.2f} {unit}", f"≤ {limit:g} {unit}", met
            )
            name = ""
    _console.print(table)


async def measure_reload(rounds: int) -> list[Sample]:
    """Return the seconds of each round and the stall in it, in both shapes of the plan."""
    logging.getLogger("officesmart_ivr").setLevel(logging.ERROR)
    samples = []
    for multiselections in (20, 1):
        for figure, values in zip(("B12", "B12a"), await _measure(rounds, multiselections), strict=True):
            samples += [Sample(figure, System.PROJECT, number, value) for number, value in enumerate(values)]
    return samples


async def _measure(rounds: int, multiselections: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each round, and the longest stall in it in ms."""
    seconds: list[float] = []
    stalls: list[float] = []
    with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as name:
        folder = Path(name)
        path = folder / "plan.yaml"
        await asyncio.to_thread(_prepare, folder, path, multiselections)
        data = DataFolder(folder / "data")
        data.make()
        async with opened(in_file(data.database)) as database, calls_served() as lags:
            door = Door(Workshop(path, None, data, "127.0.0.1"), SqlRevisions(database), _now)
            await door.open()
            door.serve(_Nobody())
            await asyncio.sleep(_PAUSE_SECONDS)
            for version in range(1, rounds + 1):
                await asyncio.to_thread(path.write_text, plan(version, multiselections), "utf-8")
                lags.worst()
                began = time.perf_counter()
                outcome = await door.reload(Origin(Source.RELOAD, "bench"))
                seconds.append(time.perf_counter() - began)
                # What the plan before has left is cleared away meanwhile.
                await asyncio.sleep(_PAUSE_SECONDS)
                stalls.append(lags.worst())
                if not (isinstance(outcome, Published) and outcome.is_new):
                    raise SettingsError(f"the plan of the bench did not go live: {outcome}")
    return seconds, stalls


def _prepare(folder: Path, path: Path, multiselections: int) -> None:
    (folder / "sounds").mkdir()
    for number in range(SOUNDS):
        write_wave(folder / "sounds" / f"a{number}.wav", tone(400 + 10 * number, 2.0, rate=16000))
    path.write_text(plan(0, multiselections), "utf-8")


def _now() -> datetime:
    return datetime.now(UTC)
