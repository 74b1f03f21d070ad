"""The lines that calls leave the office by: asked for before each, over all calls together."""

from __future__ import annotations

from collections.abc import Callable

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import LegEnded, LegOutcome
from officesmart_ivr.core.target import OutsideTarget, trunk_endpoint
from officesmart_ivr.state.trunks import TrunkBoard


class OutsideLines:
    """The legs that lead outside, the plan's limits on them, and the state of their trunks.

    ``plan`` gives the plan that holds now. A trunk's ``max_calls`` bounds its own legs, that of
    ``outside_calls`` all of them.
    """

    def __init__(self, plan: Callable[[], CallPlan], board: TrunkBoard) -> None:
        self._plan = plan
        self._board = board
        self._trunks: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._trunks)

    def take(self, leg: str, target: OutsideTarget) -> LegEnded | None:
        """Take a line for a leg; where there is none, return how the leg has ended by that.

        An emergency call is never refused here.
        """
        if not target.emergency:
            state = self._board.state(target.trunk)
            if state.is_down:
                return LegEnded(leg, LegOutcome.UNREACHABLE, Cause.NO_CIRCUIT, trunk_down=state.value)
            if not self._is_free(target.trunk):
                return LegEnded(leg, LegOutcome.BUSY, Cause.NO_CIRCUIT)
        self._trunks[leg] = target.trunk
        return None

    def adopt(self, leg: str, trunk: str) -> None:
        """Count a leg that an earlier process has begun, whatever the limits."""
        self._trunks[leg] = trunk

    def give_back(self, leg: str) -> None:
        """Free the line of a leg if it has one; safe to repeat."""
        self._trunks.pop(leg, None)

    def endpoint(self, target: OutsideTarget) -> str:
        """Return what Asterisk is asked to dial.

        For an emergency call it is the server's own address: the trunk's contact Asterisk would not try
        while it believes it to be away.
        """
        endpoint = f"PJSIP/{trunk_endpoint(target.trunk)}"
        trunk = self._plan().trunks.get(target.trunk)
        if target.emergency and trunk and trunk.server:
            return f"{endpoint}/sip:{target.number}@{trunk.server}"
        return target.endpoint

    def _is_free(self, name: str) -> bool:
        plan = self._plan()
        trunk, outside_calls = plan.trunks.get(name), plan.outside_calls
        of_trunk = list(self._trunks.values()).count(name)
        return _below(of_trunk, trunk.max_calls if trunk else None) and _below(
            len(self._trunks), outside_calls.max_calls if outside_calls else None
        )


def _below(count: int, limit: int | None) -> bool:
    return limit is None or count < limit
