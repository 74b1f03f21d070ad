"""The benchmark works: a run as short as can be gives every figure. Its timings are judged by nobody here."""

from __future__ import annotations

import csv
import sys
from asyncio.subprocess import create_subprocess_exec
from itertools import product
from pathlib import Path

from bench.figures import LATENCY, STEPS, System
from bench.report import COLUMNS

ROOT = Path(__file__).parents[2]
PARTS = ("latency", "steps")
"""The others take longer, and are made of the same."""


async def test_a_quick_run_measures_every_figure_of_both_systems(tmp_path: Path) -> None:
    path, picture = tmp_path / "bench.csv", tmp_path / "bench.svg"
    parts = [word for part in PARTS for word in ("--part", part)]
    process = await create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--quick", *parts, "--csv", str(path), "--picture", str(picture)),
        cwd=ROOT,
    )
    assert await process.wait() == 0
    lines = path.read_text("utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert tuple(rows[0]) == COLUMNS
    found = {(row["figure"], row["system"]) for row in rows}
    figures = (*LATENCY, *STEPS)
    assert found == {
        (each.id, system)
        for each, system in product(figures, System)
        if each.native or system is System.PROJECT
    }
    latencies = [float(row["value"]) for row in rows if row["figure"] in {each.id for each in LATENCY}]
    # A key may find the old prompt between two packets, the last of which then came before it.
    assert all(-25 < value < 1000 for value in latencies)
    assert picture.read_text("utf-8").count("<rect") == 2 * sum(each.native for each in figures)
