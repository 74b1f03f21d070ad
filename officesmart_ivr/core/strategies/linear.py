"""Lineare: from the first member on."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave, after_called, one_by_one


class Linear:
    """Begins with the first member each time; after a member that was called, goes on to the last."""

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members in configured order."""
        return one_by_one(after_called(view))
