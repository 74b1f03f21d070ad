"""Fewest calls: whoever has had the least to do today."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave, ascending


class FewestCalls:
    """Begins with the member that has taken the fewest of the group's calls on this day (UTC).

    Of equals, with the first configured.
    """

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members by the number of calls they have taken."""
        return ascending(view, view.calls_today())
