"""What a run shows: a table for people, and every value with the machine it was measured on."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from rich.table import Table

from bench.figures import Result, Sample, Statistic
from officesmart_ivr import __version__
from officesmart_ivr.errors import SettingsError

COLUMNS = ("figure", "system", "round", "value_ms")
"""The columns of the CSV."""

_COLUMNS_SHOWN: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("milliseconds", "left"),
    ("", "left"),
    ("native", "right"),
    ("project", "right"),
    ("difference", "right"),
    ("target", "right"),
    ("", "left"),
)


def table(results: Sequence[Result]) -> Table:
    """Return the median and the 95th percentile of each figure, in ms, with their limits."""
    shown = Table(box=None, pad_edge=False)
    for column, side in _COLUMNS_SHOWN:
        shown.add_column(column, justify=side)
    for result in results:
        name = f"{result.figure.id} {result.figure.what}"
        for statistic in Statistic:
            shown.add_row(name, statistic.value, *_measured(result, statistic))
            name = ""
    return shown


def _measured(result: Result, statistic: Statistic) -> tuple[str, ...]:
    native, project = statistic.of(result.native), statistic.of(result.project)
    values = f"{native:.1f}", f"{project:.1f}", f"{project - native:+.1f}"
    limit = result.figure.limits.get(statistic)
    if limit is None:
        return (*values, "", "")
    return (*values, str(limit), "[green]met[/]" if limit.met(native, project) else "[red]not met[/]")


def machine(asterisk: str) -> dict[str, str]:
    """Return what the values depend on; ``asterisk`` is Asterisk's version. Names no host and no path."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "kernel": f"{platform.system()} {platform.release()}",
        "asterisk": asterisk,
        "officesmart_ivr": __version__,
        "python": platform.python_version(),
        "aiohttp": version("aiohttp"),
        "uvloop": version("uvloop"),
    }


def write_csv(path: Path, samples: Sequence[Sample], notes: Mapping[str, str]) -> None:
    """Write every value, after comment lines with ``notes``. Raises SettingsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"# {name}: {value}\n" for name, value in notes.items())
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(COLUMNS)
            rows.writerows((s.figure, s.system.value, s.round, f"{s.value_ms:.3f}") for s in samples)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}", remedy="Name another file with --csv."
        ) from None


def _processor() -> str:
    """Return the processor's name: Linux's own, since Python knows only its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
