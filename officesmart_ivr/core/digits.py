"""What a run of keys means at a menu: a key, an extension, nothing, or not yet clear."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from officesmart_ivr.callplan.destination import Destination, To

BETWEEN_DIGITS_SECONDS = 2.0
"""How long a key that may begin a longer entry waits for the next one (docs/adr/0008)."""

END_OF_ENTRY = "#"


class Chosen(msgspec.Struct, frozen=True):
    """``entry`` leads to ``destination``; ``rest`` are keys that belong to what comes next."""

    entry: str
    destination: Destination
    rest: str = ""


class Wrong(msgspec.Struct, frozen=True):
    """``entry`` means nothing here; ``rest`` are the keys after it."""

    entry: str
    rest: str = ""


class Incomplete(msgspec.Struct, frozen=True):
    """``entry`` may still become something else."""

    entry: str


Reading = Chosen | Wrong | Incomplete


class Extensions:
    """The extension numbers that can be typed, prepared once for a plan."""

    def __init__(self, numbers: Collection[str]) -> None:
        self.numbers = {number: Destination(kind=To.EXTENSION, target=number) for number in numbers}
        self.beginnings = frozenset(number[:end] for number in numbers for end in range(1, len(number)))


@dataclass(frozen=True, slots=True)
class Entries:
    """What can be typed at one menu: its keys, and the extensions where they may be dialled."""

    keys: Mapping[str, Destination]
    extensions: Extensions | None = None

    def find(self, entry: str) -> Destination | None:
        """Return what exactly this entry means. A key of the menu wins over an extension."""
        found = self.keys.get(entry)
        if found is None and self.extensions is not None:
            found = self.extensions.numbers.get(entry)
        return found

    def may_grow(self, entry: str) -> bool:
        """Say whether a longer entry begins with this one."""
        return self.extensions is not None and entry in self.extensions.beginnings

    def read(self, typed: str, *, over: bool = False) -> Reading:
        """Read the keys typed so far; ``over`` when the between-digits time has run out.

        A key that cannot continue the entry ends it: a complete entry is taken and the key belongs to what
        comes next (``21`` where only ``2`` and ``201`` mean something is ``2``, then ``1``); an incomplete
        one is wrong as a whole (``209``). ``#`` ends an entry and is not part of it.
        """
        for end in range(1, len(typed) + 1):
            entry, before = typed[:end], typed[: end - 1]
            if before and typed[end - 1] == END_OF_ENTRY:
                return self._taken(before, typed[end:])
            if self.may_grow(entry):
                continue
            if self.find(entry) is not None:
                return self._taken(entry, typed[end:])
            if before and self.find(before) is not None:
                return self._taken(before, typed[end - 1 :])
            return Wrong(entry, typed[end:])
        return self._taken(typed, "") if over else Incomplete(typed)

    def _taken(self, entry: str, rest: str) -> Chosen | Wrong:
        destination = self.find(entry)
        return Wrong(entry, rest) if destination is None else Chosen(entry, destination, rest)
