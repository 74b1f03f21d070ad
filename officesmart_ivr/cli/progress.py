"""Progress of a long step, drawn while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Reports = tuple[Callable[[str, int, int], None], Callable[[str], None]]


@contextmanager
def fetching(console: Console) -> Iterator[Reports]:
    """Draw a bar for each step that is reported; gives the functions for progress and for warnings."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total or None)
            bars.update(tasks[step], completed=done, total=total or None)

        def warn(text: str) -> None:
            bars.console.print("[yellow]note:[/]", escape(text))

        yield progress, warn
