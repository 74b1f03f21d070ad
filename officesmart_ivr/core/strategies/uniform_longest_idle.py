"""Uniforme per lunga attesa: whoever has waited longest."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave, ascending


class UniformLongestIdle:
    """Begins with the member that has been idle longest; of equals, with the first configured."""

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members by the time since when they have been idle."""
        return ascending(view, view.idle_since())
