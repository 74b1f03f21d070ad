"""A plan's text as a tree that remembers where each key and value stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from officesmart_ivr.callplan.findings import Position

Path = tuple[str | int, ...]
"""A place in the plan by names, such as ``("multiselections", "main", "menus", "day", "keys", "1")``."""


@dataclass(slots=True)
class Scalar:
    """A text. ``refused`` when the reader has reported it already, so that nobody reports it twice."""

    position: Position
    text: str
    refused: bool = False


@dataclass(slots=True)
class Sequence:
    """A list."""

    position: Position
    items: list[Node] = field(default_factory=list)
    refused: bool = False


@dataclass(slots=True)
class Mapping:
    """Names and their values. ``refused`` when an entry was left out: what is missing may stand there."""

    position: Position
    entries: dict[str, Entry] = field(default_factory=dict)
    refused: bool = False


Node = Scalar | Sequence | Mapping


class Entry(NamedTuple):
    """One entry of a mapping."""

    key: Position
    value: Node


def child(node: Node, step: str | int) -> Node | None:
    """Return the value under a name or an index, or None."""
    if isinstance(node, Mapping):
        entry = node.entries.get(str(step))
        return entry.value if entry else None
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def plain(node: Node) -> Any:
    """Return the tree as dict, list and str. The reader has bounded its depth."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {name: plain(entry.value) for name, entry in node.entries.items()}


@dataclass(frozen=True, slots=True)
class Positions:
    """Looks up places of a plan. A place that is not written (a default) answers with what surrounds it."""

    root: Node

    def find(self, path: Path) -> Node | None:
        """Return the node at exactly this path, or None."""
        node: Node | None = self.root
        for step in path:
            node = child(node, step) if node else None
        return node

    def of_value(self, path: Path) -> Position:
        """Return where the value at this path begins."""
        node = self.find(path)
        return node.position if node else self.of_key(path)

    def of_key(self, path: Path) -> Position:
        """Return where the name that leads to this value stands; an item of a list has only its value."""
        node, position = self.root, self.root.position
        for step in path:
            found = child(node, step)
            if found is None:
                break
            position = node.entries[str(step)].key if isinstance(node, Mapping) else found.position
            node = found
        return position

    def names(self, path: Path) -> Iterable[str]:
        """Return the names written in the mapping at this path, none where there is no mapping."""
        node = self.find(path)
        return node.entries.keys() if isinstance(node, Mapping) else ()
