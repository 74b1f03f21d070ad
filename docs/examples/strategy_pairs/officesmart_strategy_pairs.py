"""A strategy that rings two members at a time, to learn from."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.core.strategies import GroupView, Wave


class Pairs:
    """Rings the first two members, then the next two, and so on to the end."""

    def order(self, view: GroupView) -> Iterator[Wave]:
        """Yield the members in configured order, in waves of two."""
        for place in range(0, len(view.members), 2):
            yield tuple(view.members[place : place + 2])
