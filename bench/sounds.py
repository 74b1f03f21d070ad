"""``python -m bench sounds``: how long work on sounds takes, and for how long that holds calls up.

An upload of ten minutes, in stereo, is examined and converted as the application has it done; and the
ready-made prompts are published for the first time. Meanwhile events of calls are handled.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.lags import calls_served
from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.jobs import Convert, Examine
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.settings import shipped

_console = Console(highlight=False)

MINUTES = 10
MOST_STALL_MS = 20.0

_PAUSE_SECONDS = 0.2
_UPLOADS = ("wav", "flac", "mp3", "ogg")


def sounds(
    rounds: Annotated[int, typer.Option(min=1, help="How many times each is done.")] = 3,
) -> None:
    """Measure how long a large upload takes, and for how long that holds calls up."""
    table = Table("", "seconds", "loop held up, worst", "target", "", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as folder:
        for what, values, stall in uvloop.run(_measure(rounds, Path(folder))):
            met = "[green]met[/]" if stall <= MOST_STALL_MS else "[red]not met[/]"
            table.add_row(
                what, f"{statistics.median(values):.2f}", f"{stall:.1f} ms", f"≤ {MOST_STALL_MS:g} ms", met
            )
    _console.print(table)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    _console.print(f"The process that works on sounds took at most {most} MiB.")


async def _measure(rounds: int, folder: Path) -> list[tuple[str, list[float], float]]:
    files = await asyncio.to_thread(_uploads, folder)
    works: dict[str, Callable[[], Awaitable[object]]] = {}
    for file in files:
        length = f"{MINUTES} minutes of {file.suffix[1:]}"
        works[f"examine {length}"] = _apart(Examine(str(file), buckets=1000))
        works[f"convert {length}"] = _apart(Convert(str(file), str(folder / "made.wav"), replace=True))
    works["publish the ready-made prompts for the first time"] = _publishing(folder)
    found = []
    async with calls_served() as lags:
        for what, work in works.items():
            await asyncio.sleep(_PAUSE_SECONDS)
            lags.worst()
            values = []
            for _ in range(rounds):
                began = time.perf_counter()
                await work()
                values.append(time.perf_counter() - began)
            found.append((what, values, lags.worst()))
    return found


def _apart(job: Examine | Convert) -> Callable[[], Awaitable[object]]:
    return lambda: asyncio.to_thread(apart.do_one, job)


def _publishing(folder: Path) -> Callable[[], Awaitable[object]]:
    plan = CallPlan.model_validate({"version": "1", "company": {"name": "Bench"}})

    def publish() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as published:
            Library(Path(published), shipped("sounds")).publish(plan, folder)

    return lambda: asyncio.to_thread(publish)


def _uploads(folder: Path) -> list[Path]:
    """Write what sounds a little like speech, in a process of its own: no library is loaded in this one."""
    if (child := os.fork()) == 0:
        try:
            _write_uploads(folder)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return [folder / f"upload.{suffix}" for suffix in _UPLOADS]


def _write_uploads(folder: Path) -> None:
    import numpy as np
    import soundfile

    rate = 44_100
    chance = np.random.default_rng(22)
    time_ = np.arange(rate) / rate
    for suffix in _UPLOADS:
        with soundfile.SoundFile(folder / f"upload.{suffix}", "w", rate, 2) as file:
            for second in range(MINUTES * 60):
                pitch = 120 + 40 * np.sin(second)
                voice = sum(
                    np.sin(2 * np.pi * pitch * harmonic * time_) / harmonic for harmonic in range(1, 12)
                )
                words = np.clip(np.sin(2 * np.pi * 2.5 * time_), 0, 1) * (second % 7 != 0)
                mono = 0.05 * voice * words + chance.normal(0, 1e-4, rate)
                file.write(np.stack([mono, 0.8 * mono], axis=1))
