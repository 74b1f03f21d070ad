"""Circolare: from the line that was called on."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave, around_called, one_by_one


class Circular:
    """As linear, but after a member that was called goes on past the last to those before it.

    Other systems call *uniform sequential* circular (Cisco, BroadWorks).
    """

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members in configured order, from the one after that which was called."""
        return one_by_one(around_called(view))
