"""``python -m bench``: measure, show, keep the values."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import Progress

from bench import report
from bench.figures import Sample, results
from bench.rounds import WARM_UP_ROUNDS, measure
from bench.stage import stage
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.cli.progress import fetching
from officesmart_ivr.errors import OfficeSmartError

_console = Console(highlight=False)

DEFAULT_CSV = Path("var/bench.csv")
QUICK_CALLS = 2


def bench(
    calls: Annotated[int, typer.Option(min=1, help="Calls to each of the two systems.")] = 60,
    csv: Annotated[Path, typer.Option(help="Where all values are written.")] = DEFAULT_CSV,
    quick: Annotated[bool, typer.Option("--quick", help="Two calls: does the bench itself work?")] = False,
) -> None:
    """Measure what callers wait for, against a native dialplan on the same Asterisk."""
    with fetching(_console) as (progress, warn):
        box = toolbox.obtain(toolbox.default_cache(), test_tools=True, progress=progress, warn=warn)
    samples = uvloop.run(_run(QUICK_CALLS if quick else calls, box))
    report.write_csv(csv, samples, report.machine(".".join(map(str, box.version))))
    _console.print(report.table(results(samples)))
    _console.print(f"All values: {csv}")


async def _run(rounds: int, box: toolbox.Toolbox) -> list[Sample]:
    with tempfile.TemporaryDirectory(prefix="officesmart-bench-") as folder:
        async with stage(Path(folder), box) as ready:
            with Progress(console=_console) as bar:
                task = bar.add_task("calls", total=rounds + WARM_UP_ROUNDS)
                return await measure(ready, rounds, lambda: bar.advance(task))


def main() -> None:
    try:
        typer.run(bench)
    except OfficeSmartError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
