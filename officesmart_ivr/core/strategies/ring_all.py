"""Fai squillare tutti: all at once."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave


class RingAll:
    """Rings everybody; who answers first has the call."""

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return one wave of all members."""
        return (tuple(view.members),)
