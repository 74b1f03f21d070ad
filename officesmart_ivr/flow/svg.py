"""A call flow as an SVG picture: boxes in columns, from the numbers on the left to the phones on the right.

Each way starts at its own row of a box, so that no label lies on a line or on another label. Lines are drawn
below the boxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from officesmart_ivr.callplan.findings import printable
from officesmart_ivr.flow.graph import Box, Flow, Kind

_LINE, _PAD, _GAP, _COLUMN_GAP, _MARGIN = 18, 8, 22, 110, 24
_LETTER = 7.6
"""Pixels of a letter in bold, of most of them less: the picture cannot ask the font."""

_LONGEST = 48
_SWEEPS = 4

_COLOURS = {
    Kind.NUMBERS: "#e8eaf6",
    Kind.MULTISELECTION: "#c5cae9",
    Kind.MENU: "#fff8e1",
    Kind.HUNT_GROUP: "#c8e6c9",
    Kind.EXTENSION: "#e1f5fe",
    Kind.OUTSIDE: "#ffe0b2",
}
_STYLE = (
    "text{font:12px sans-serif;fill:#212121}.t{font-weight:bold}.d{fill:#555}text.f{fill:#8a8a8a}"
    "path{fill:none;stroke:#455a64;stroke-width:1.3}path.f{stroke:#b0bec5;stroke-dasharray:4 3}"
    "rect{stroke:#607d8b}"
)
_ARROW = (
    '<marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" style="fill:#607d8b;stroke:none"/></marker>'
)


@dataclass(slots=True)
class _Placed:
    """A box with its place; ``x`` and ``y`` are its upper left corner, in pixels."""

    box: Box
    column: int
    width: float
    texts: Sequence[tuple[str, str]]
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> float:
        return _LINE * len(self.texts) + 2 * _PAD

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def entrance(self) -> float:
        """How high lines come in."""
        return self.y + _PAD + _LINE / 2


def svg(flow: Flow) -> str:
    """Return the picture, which needs no font, style or script from elsewhere."""
    placed = _place(flow)
    width = max((each.x + each.width for each in placed.values()), default=0) + _MARGIN + _COLUMN_GAP
    height = max((each.y + each.height for each in placed.values()), default=0) + _MARGIN
    lines = [path for each in placed.values() for path in _lines(each, placed)]
    boxes = [part for each in placed.values() for part in _drawn(each)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}">',
            f"<style>{_STYLE}</style><defs>{_ARROW}</defs>",
            f'<rect width="{width:.0f}" height="{height:.0f}" style="fill:#fff;stroke:none"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _place(flow: Flow) -> Mapping[str, _Placed]:
    """Put boxes into columns by how far they are from a number, and those of a column near their sources."""
    columns = _columns(flow)
    placed = {}
    for name, box in flow.boxes.items():
        texts = list(_texts(box, flow))
        placed[name] = _Placed(box, columns[name], _width(texts), texts)
    by_column: defaultdict[int, list[_Placed]] = defaultdict(list)
    for each in placed.values():
        by_column[each.column].append(each)
    leading: defaultdict[str, list[tuple[_Placed, int]]] = defaultdict(list)
    for each in placed.values():
        for number, row in enumerate(each.box.rows):
            if row.target:
                leading[row.target].append((each, number))
    x = float(_MARGIN)
    for column in sorted(by_column):
        for each in by_column[column]:
            each.x = x
        x += max(each.width for each in by_column[column]) + _COLUMN_GAP
        _stack(by_column[column])
    for _ in range(_SWEEPS):
        for column in sorted(by_column):
            by_column[column].sort(key=lambda each: _wished(each, leading[each.box.id]))
            _stack(by_column[column])
    for column in sorted(by_column):
        _lower(by_column[column], leading)
    return placed


def _columns(flow: Flow) -> Mapping[str, int]:
    """Return how far each box is from the numbers; what nothing leads to begins a way of its own."""
    found: dict[str, int] = {}
    numbers = [name for name, box in flow.boxes.items() if box.kind is Kind.NUMBERS]
    for roots in (numbers, *([name] for name in flow.boxes)):
        ahead = [name for name in roots if name not in found]
        found |= dict.fromkeys(ahead, 0 if roots is numbers else 1)
        while ahead:
            following: list[str] = []
            for name in ahead:
                for row in flow.boxes[name].rows:
                    if row.target and row.target not in found:
                        found[row.target] = found[name] + 1
                        following.append(row.target)
            ahead = following
    last = max(found.values(), default=0)
    ends = (Kind.EXTENSION, Kind.OUTSIDE)
    inner = max((column for name, column in found.items() if flow.boxes[name].kind not in ends), default=0)
    return {
        name: min(inner + 1, last + 1) if flow.boxes[name].kind in ends else column
        for name, column in found.items()
    }


def _wished(each: _Placed, leading: list[tuple[_Placed, int]]) -> float:
    """Return how high a box would like to be: at the mean of the rows that lead to it."""
    heights = [_row_height(source, number) for source, number in leading if source.column != each.column]
    return sum(heights) / len(heights) if heights else each.middle


def _stack(column: list[_Placed]) -> None:
    y = float(_MARGIN)
    for each in column:
        each.y = y
        y += each.height + _GAP


def _lower(column: list[_Placed], leading: Mapping[str, list[tuple[_Placed, int]]]) -> None:
    """Let boxes sink to the height of what leads to them from the left."""
    y = float(_MARGIN)
    for each in column:
        before = [(source, number) for source, number in leading[each.box.id] if source.column < each.column]
        wished = _wished(each, before) - _PAD - _LINE / 2 if before else y
        each.y = max(y, wished)
        y = each.y + each.height + _GAP


def _row_height(each: _Placed, number: int) -> float:
    if not each.box.rows[number].label:
        return each.entrance
    return each.entrance + _LINE * (1 + len(each.box.details) + number)


def _texts(box: Box, flow: Flow) -> Iterator[tuple[str, str]]:
    """Yield the lines of a box, each with its style; a way that has no label takes no line."""
    yield "t", box.title
    for detail in box.details:
        yield "d", detail
    for row in box.rows:
        if row.label:
            style = "f" if row.is_faint else "r"
            yield style, f"{row.label} → {flow.boxes[row.target].title if row.target else row.says}"


def _width(texts: Sequence[tuple[str, str]]) -> float:
    return max(len(_cut(text)) for _, text in texts) * _LETTER + 2 * _PAD


def _lines(each: _Placed, placed: Mapping[str, _Placed]) -> Iterator[str]:
    for number, row in enumerate(each.box.rows):
        if row.target:
            shape = ' class="f"' if row.is_faint else ""
            yield f'<path{shape} marker-end="url(#a)" d="{_curve(each, number, placed[row.target])}"/>'


def _curve(source: _Placed, number: int, target: _Placed) -> str:
    y, to = _row_height(source, number), target.entrance
    right = source.x + source.width
    if target.column > source.column:
        bend = _COLUMN_GAP * 0.6
        end = target.x
        return (
            f"M{right:.0f},{y:.0f} C{right + bend:.0f},{y:.0f} {end - bend:.0f},{to:.0f} {end:.0f},{to:.0f}"
        )
    # Back, or in the same column: round the right side of the target.
    end = target.x + target.width
    bulge = _COLUMN_GAP * 0.6
    start, first = (source.x, source.x - bulge) if target.column < source.column else (right, right + bulge)
    return f"M{start:.0f},{y:.0f} C{first:.0f},{y:.0f} {end + bulge:.0f},{to:.0f} {end:.0f},{to:.0f}"


def _drawn(each: _Placed) -> Iterator[str]:
    box = each.box
    yield (
        f'<rect x="{each.x:.0f}" y="{each.y:.0f}" width="{each.width:.0f}" height="{each.height:.0f}" '
        f'rx="5" style="fill:{_COLOURS[box.kind]}"/>'
    )
    for line, (style, text) in enumerate(each.texts):
        y = each.y + _PAD + _LINE * line + 13
        shown, cut = _cut(text), text if len(text) > _LONGEST else ""
        whole = f"<title>{_escaped(cut)}</title>" if cut else ""
        yield f'<text class="{style}" x="{each.x + _PAD:.0f}" y="{y:.0f}">{_escaped(shown)}{whole}</text>'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _escaped(text: str) -> str:
    return escape(printable(text), {'"': "&quot;"})
