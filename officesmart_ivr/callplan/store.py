"""The live plan."""

from __future__ import annotations

from pathlib import Path

from officesmart_ivr.callplan.checks import Sounds, load
from officesmart_ivr.callplan.model import CallPlan


class PlanStore:
    """Holds the plan that calls are made with; it changes as a whole or not at all."""

    def __init__(self, plan: CallPlan) -> None:
        self._current = plan

    @property
    def current(self) -> CallPlan:
        """Return the live plan; whoever needs one plan for long keeps this reference."""
        return self._current

    def apply(self, path: Path, sounds: Sounds) -> CallPlan:
        """Make the plan at ``path`` the live one and return it.

        Raises PlanError when it is refused; the live plan stays.
        """
        self._current = load(path, sounds)
        return self._current
