"""How many calls leave the office at once: asked before each, over all calls together."""

from __future__ import annotations

from collections.abc import Callable

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.target import OutsideTarget


class OutsideLines:
    """The legs that lead outside, and the plan's limits on them.

    ``plan`` gives the plan that holds now. A trunk's ``max_calls`` bounds its own legs, that of
    ``outside_calls`` all of them.
    """

    def __init__(self, plan: Callable[[], CallPlan]) -> None:
        self._plan = plan
        self._trunks: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._trunks)

    def take(self, leg: str, target: OutsideTarget) -> bool:
        """Take a line for a leg; False when none is free. An emergency call is never refused here."""
        if not target.emergency and not self._is_free(target.trunk):
            return False
        self._trunks[leg] = target.trunk
        return True

    def adopt(self, leg: str, trunk: str) -> None:
        """Count a leg that an earlier process has begun, whatever the limits."""
        self._trunks[leg] = trunk

    def give_back(self, leg: str) -> None:
        """Free the line of a leg if it has one; safe to repeat."""
        self._trunks.pop(leg, None)

    def _is_free(self, name: str) -> bool:
        plan = self._plan()
        trunk, outside_calls = plan.trunks.get(name), plan.outside_calls
        of_trunk = list(self._trunks.values()).count(name)
        return _below(of_trunk, trunk.max_calls if trunk else None) and _below(
            len(self._trunks), outside_calls.max_calls if outside_calls else None
        )


def _below(count: int, limit: int | None) -> bool:
    return limit is None or count < limit
