"""The override board: which manual overrides hold now.

Times are aware; ``now`` is passed in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.overrides import Override, Overrides

_log = logging.getLogger(__name__)

Journal = Callable[[str, Override | None], None]
"""Is told of each change, for keeping: the multiselection, and its override or None."""


class OverrideBoard(Protocol):
    """The overrides of all multiselections, by their ids. There is one at most for each."""

    def view(self, now: datetime) -> Overrides:
        """Show the overrides that hold; those that are over are forgotten. Each call asks at each step."""
        ...

    def put(self, multiselection: str, override: Override | None) -> None:
        """Let this override hold from now on, in place of any other; None clears it."""


class MemoryOverrideBoard:
    """An override board in memory. ``overrides`` are what an earlier process has left."""

    def __init__(self, overrides: Overrides | None = None, journal: Journal | None = None) -> None:
        self._journal = journal
        self._set(overrides or {})

    def view(self, now: datetime) -> Overrides:
        """Show the overrides that hold; see :class:`OverrideBoard`."""
        if self._first_end is not None and self._first_end <= now:
            for name in [name for name, override in self._overrides.items() if not override.holds(now)]:
                self.put(name, None)
        return self._overrides

    def put(self, multiselection: str, override: Override | None) -> None:
        """Let this override hold from now on; None clears it."""
        if self._overrides.get(multiselection) == override:
            return
        # Made anew, so that what was shown before does not change.
        others = {name: other for name, other in self._overrides.items() if name != multiselection}
        self._set(others if override is None else {**others, multiselection: override})
        if self._journal is not None:
            self._journal(multiselection, override)

    def _set(self, overrides: Mapping[str, Override]) -> None:
        self._overrides: Overrides = MappingProxyType(dict(overrides))
        ends = [override.until for override in overrides.values() if override.until is not None]
        self._first_end = min(ends, default=None)


class Dropped(NamedTuple):
    """An override that was dropped, and the multiselection that it was set at."""

    multiselection: str
    override: Override

    def __str__(self) -> str:
        """Tell an admin."""
        menu, by = self.override.menu, self.override.by or "somebody"
        return (
            f"the manual override of '{self.multiselection}', which {by} had set, was dropped: "
            f"the plan has no menu '{menu}' there any more"
        )


def change_override(board: OverrideBoard, multiselection: str, override: Override | None, by: str) -> None:
    """Set or clear an override because somebody wants it, and log who: an extension, a name, or nothing."""
    board.put(multiselection, override)
    by = by or "somebody"
    if override is None:
        _log.info("override of '%s' cleared by %s", multiselection, by)
    else:
        until = "it is cleared" if override.until is None else override.until.isoformat()
        _log.info("override of '%s': the menu '%s' until %s, by %s", multiselection, override.menu, until, by)


def drop_unknown(board: OverrideBoard, plan: CallPlan, now: datetime) -> list[Dropped]:
    """Drop the overrides whose multiselection or menu a plan does not have; log and return them."""
    dropped = []
    for name, override in board.view(now).items():
        multiselection = plan.multiselections.get(name)
        if multiselection is None or override.menu not in multiselection.menus:
            dropped.append(Dropped(name, override))
    for each in dropped:
        board.put(each.multiselection, None)
        _log.warning("%s", each)
    return dropped
