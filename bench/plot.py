"""A picture of a run: the native dialplan and the project side by side, figure by figure, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from bench.figures import Result, Statistic
from bench.report import number

_ROW, _BAR, _LEFT, _WIDTH, _RIGHT, _MARGIN = 46, 13, 300, 420, 110, 16
_STYLE = (
    "text{font:13px sans-serif;fill:#212121}.s{fill:#555;font-size:11px}"
    ".native{fill:#90a4ae}.project{fill:#3f51b5}"
)


def plot(results: Sequence[Result]) -> str:
    """Return the picture: a row for each figure that both have, its bars as long as their values.

    Rows are not to one scale: the longer bar of each is as wide as the picture.
    """
    both = [result for result in results if result.native]
    height = _ROW * len(both) + 2 * _MARGIN
    width = _LEFT + _WIDTH + _RIGHT
    rows = "".join(part for place, result in enumerate(both) for part in _row(place, result))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><style>{_STYLE}</style>{rows}</svg>\n'
    )


def _row(place: int, result: Result) -> Iterator[str]:
    statistic = next(iter(result.figure.limits), Statistic.MEDIAN)
    values = {"native": statistic.of(result.native), "project": statistic.of(result.project)}
    longest = max(map(abs, values.values())) or 1.0
    top = _MARGIN + place * _ROW
    what = f"{statistic.value}, {result.figure.unit}"
    yield f'<text x="{_MARGIN}" y="{top + 13}">{escape(f"{result.figure.id} {result.figure.what}")}</text>'
    yield f'<text class="s" x="{_MARGIN}" y="{top + 28}">{escape(what)}</text>'
    for line, (system, value) in enumerate(values.items()):
        y, length = top + line * (_BAR + 3), max(1.0, _WIDTH * max(0.0, value) / longest)
        yield f'<rect class="{system}" x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR}"/>'
        yield f'<text class="s" x="{_LEFT + length + 6:.1f}" y="{y + 11}">{system} {number(value)}</text>'
