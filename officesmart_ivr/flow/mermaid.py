"""A call flow as Mermaid text, which many wikis and editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.findings import printable
from officesmart_ivr.flow.graph import Box, Flow, Kind

_SHAPES = {
    Kind.NUMBERS: ("([", "])"),
    Kind.MULTISELECTION: ("[[", "]]"),
    Kind.MENU: ("[", "]"),
    Kind.HUNT_GROUP: ("{{", "}}"),
    Kind.EXTENSION: ("(", ")"),
    Kind.OUTSIDE: (">", "]"),
}
_ESCAPED = str.maketrans({sign: f"#{ord(sign)};" for sign in '"#&<>`\\'})
"""What could end a label, or be taken for markup."""


def mermaid(flow: Flow) -> str:
    """Return the text of a flowchart; ways that are taken when things go wrong are dotted."""
    ids = {name: f"n{number}" for number, name in enumerate(flow.boxes)}
    lines = ["flowchart LR"]
    for name, box in flow.boxes.items():
        before, after = _SHAPES[box.kind]
        label = "<br/>".join(map(_escaped, _texts(box)))
        lines.append(f'    {ids[name]}{before}"{label}"{after}')
    for name, box in flow.boxes.items():
        for target, label, is_faint in _ways(box):
            arrow = "-.->" if is_faint else "-->"
            said = f'|"{_escaped(label)}"|' if label else ""
            lines.append(f"    {ids[name]} {arrow}{said} {ids[target]}")
    return "\n".join(lines) + "\n"


def _texts(box: Box) -> Iterator[str]:
    yield box.title or " "
    yield from box.details
    for row in box.rows:
        if not row.target:
            yield f"{row.label}: {row.says}"


def _ways(box: Box) -> Iterator[tuple[str, str, bool]]:
    """Yield where a box leads: one arrow for all ways there of one style, and when they are taken."""
    labels: dict[tuple[str, bool], list[str]] = {}
    for row in box.rows:
        if row.target:
            labels.setdefault((row.target, row.is_faint), []).append(row.label)
    for (target, is_faint), ways in labels.items():
        yield target, ", ".join(filter(None, ways)), is_faint


def _escaped(text: str) -> str:
    return printable(text).translate(_ESCAPED)
