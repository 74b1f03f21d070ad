"""``python -m bench``: measure, show, keep the values; ``reload`` and ``sounds``: see these modules."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from bench import report, steps
from bench.crowd import measure_crowd
from bench.figures import Sample, results
from bench.load import Pace, measure_cost, measure_load
from bench.plot import plot
from bench.reload import measure_reload, reload
from bench.rounds import measure
from bench.sounds import sounds
from bench.stage import Stage, stage
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.cli.progress import fetching
from officesmart_ivr.errors import OfficeSmartError

_console = Console(highlight=False)

DEFAULT_CSV = Path("var/bench.csv")
DEFAULT_PLOT = Path("var/bench.svg")
_LOAD_CALLS = 500
_QUICK = Pace(seconds=1.0, most=30.0, rest=0.2, long_rest=0.5, rounds=1)


class Part(StrEnum):
    """What is measured together."""

    LATENCY = "latency"
    LOAD = "load"
    COST = "cost"
    CROWD = "crowd"
    RELOAD = "reload"
    STEPS = "steps"


app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command("reload")(reload)
app.command("sounds")(sounds)


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    part: Annotated[list[Part] | None, typer.Option(help="Measure this only; may be given again.")] = None,
    calls: Annotated[int, typer.Option(min=1, help="Measured calls to each of the two systems.")] = 60,
    csv: Annotated[Path, typer.Option(help="Where all values are written.")] = DEFAULT_CSV,
    picture: Annotated[Path, typer.Option(help="Where the picture is written.")] = DEFAULT_PLOT,
    quick: Annotated[bool, typer.Option("--quick", help="As short as can be: does the bench work?")] = False,
) -> None:
    """Measure what callers wait for and what it costs, against a native dialplan on the same Asterisk."""
    if context.invoked_subcommand is not None:
        return
    with fetching(_console) as (progress, warn):
        box = toolbox.obtain(toolbox.default_cache(), test_tools=True, progress=progress, warn=warn)
    measuring = _Measuring(box, 2 if quick else calls, quick)
    samples = [sample for each in part or Part for sample in uvloop.run(measuring.of(each))]
    found = results(samples)
    report.write_csv(csv, samples, report.machine(".".join(map(str, box.version))))
    report.write(picture, plot(found))
    _console.print(report.table(found))
    _console.print(f"All values: {csv}. A picture: {picture}.")


class _Measuring:
    """How long and how often each part is measured."""

    def __init__(self, box: toolbox.Toolbox, calls: int, quick: bool) -> None:
        self._box = box
        self._calls = calls
        self._quick = quick

    async def of(self, part: Part) -> list[Sample]:
        """Measure one part. Raises OfficeSmartError."""
        quick, calls = self._quick, self._calls
        with _console.status(part) as status:

            def progress(what: str) -> None:
                status.update(f"{part}: {what}")

            match part:
                case Part.LATENCY:
                    return await self._staged(lambda ready: measure(ready, calls, progress))
                case Part.LOAD:
                    pace = replace(_QUICK, rounds=calls) if quick else Pace(rounds=calls)
                    return await self._staged(lambda ready: measure_load(ready, pace, progress))
                case Part.COST:
                    pace = _QUICK if quick else Pace(seconds=15.0, rounds=3)
                    return await self._staged(lambda ready: measure_cost(ready, pace, progress))
                case Part.CROWD:
                    rounds, most = (1, 40) if quick else (2, 1800)
                    return await measure_crowd(self._box, rounds, most, progress)
                case Part.RELOAD:
                    return await measure_reload(1 if quick else 20)
                case Part.STEPS:
                    return steps.measure(1 if quick else 5)

    async def _staged(self, measure: Callable[[Stage], Awaitable[list[Sample]]]) -> list[Sample]:
        with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as folder:
            async with stage(Path(folder), self._box, calls=_LOAD_CALLS) as ready:
                return await measure(ready)


def main() -> None:
    try:
        app()
    except OfficeSmartError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
