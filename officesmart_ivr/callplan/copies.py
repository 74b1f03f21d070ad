"""A copy of a plan file that was left in the plan's folder: one finding instead of one for each entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import NamedTuple

from officesmart_ivr.callplan import nodes
from officesmart_ivr.callplan.findings import Code, Finding, Position
from officesmart_ivr.messages import quoted, say

_FEWEST_ENTRIES = 5
"""Fewer entries than these in common are mistakes of their own, each told at its place."""


class Twice(NamedTuple):
    """An entry that stands in the plan already: its name, its place, and that of the first."""

    name: str
    again: Position
    first: Position


def copies(roots: Iterable[nodes.Mapping], repeated: Iterable[Twice]) -> dict[str, Finding]:
    """Return the files that look like copies of another one, each with what is to be said of it.

    ``roots`` are the files as they were read. A copy is a file most of whose entries, counted in its
    sections, stand in one other file. Where that holds for both, the one with the shorter name is taken for
    the original (``callplan.yaml`` beside ``callplan-old.yaml``).
    """
    shared = Counter((twice.first.file, twice.again.file) for twice in repeated)
    sizes = {root.position.file: sum(1 for _ in _entries(root)) for root in roots}
    alike: dict[str, set[str]] = {}
    mostly_known: set[str] = set()
    for (first, again), count in shared.items():
        if count >= _FEWEST_ENTRIES and (
            known := {each for each in (first, again) if count * 2 > sizes[each]}
        ):
            alike.setdefault(first, {first}).add(again)
            mostly_known |= known
    found = {}
    for files in alike.values():
        original = min(files, key=lambda file: (file in mostly_known, len(file), file))
        found.update({file: _finding(file, original) for file in mostly_known & files - {original}})
    return found


def _finding(file: str, original: str) -> Finding:
    message = say(
        "this file looks like a copy of {original}: most of its entries stand there already. "
        "Move it out of the plan's folder, or give it a name that does not end in .yaml",
        original=quoted(PurePath(original).name),
    )
    return Finding(Position(file), Code.DUPLICATE_KEY, message)


def _entries(root: nodes.Mapping) -> Iterator[nodes.Entry]:
    """Give the entries of a file's sections; a section that is a single value is one itself."""
    for entry in root.entries.values():
        if isinstance(entry.value, nodes.Mapping):
            yield from entry.value.entries.values()
        else:
            yield entry
