"""What a run shows: a table for people, and every value with the machine it was measured on."""

from __future__ import annotations

import csv
import io
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from rich.table import Table

from bench.figures import Against, Result, Sample, Statistic
from officesmart_ivr import __version__
from officesmart_ivr.errors import SettingsError

COLUMNS = ("figure", "system", "round", "value")
"""The columns of the CSV; the unit of a value is its figure's."""

_COLUMNS_SHOWN: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("figure", "left"),
    ("", "left"),
    ("", "left"),
    ("native", "right"),
    ("project", "right"),
    ("compared", "right"),
    ("target", "right"),
    ("", "left"),
)


def table(results: Sequence[Result]) -> Table:
    """Return the statistics of each figure that have a limit, or its median where none has."""
    shown = Table(box=None, pad_edge=False)
    for column, side in _COLUMNS_SHOWN:
        shown.add_column(column, justify=side)
    for result in results:
        name = f"{result.figure.id} {result.figure.what}"
        for statistic in result.figure.limits or (Statistic.MEDIAN,):
            shown.add_row(name, result.figure.unit, statistic.value, *_measured(result, statistic))
            name = ""
    return shown


def _measured(result: Result, statistic: Statistic) -> tuple[str, ...]:
    native = statistic.of(result.native) if result.native else None
    project = statistic.of(result.project)
    limit = result.figure.limits.get(statistic)
    values = "" if native is None else number(native), number(project)
    if limit is None:
        return (*values, "", "", "")
    found = limit.against.of(native, project)
    compared = {Against.NOTHING: "", Against.DIFFERENCE: f"{found:+.1f}", Against.RATIO: f"× {found:.2f}"}
    met = "[green]met[/]" if limit.met(native, project) else "[red]not met[/]"
    return (*values, compared[limit.against], str(limit), met)


def number(value: float) -> str:
    """Write a value with as many digits as say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


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
    text = io.StringIO(newline="")
    text.writelines(f"# {name}: {value}\n" for name, value in notes.items())
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((s.figure, s.system.value, s.round, f"{s.value:.4f}") for s in samples)
    write(path, text.getvalue())


def write(path: Path, text: str) -> None:
    """Write a file of the run. Raises SettingsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}", remedy="Name another file for it."
        ) from None


def _processor() -> str:
    """Return the processor's name: Linux's own, since Python knows only its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
