"""The office of a simulation: what its calls share, as the exchange is what live calls share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.core.effects import Offer, Wait
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.overrides import Override, Overrides
from officesmart_ivr.core.prepared import PreparedPlan, Service, ServiceKind
from officesmart_ivr.observe.names import names_of
from officesmart_ivr.simulation.clock import Due, VirtualClock
from officesmart_ivr.state.memory import MemoryLineBoard, at_once
from officesmart_ivr.state.trunks import TrunkBoard

_OTHER_CALL = "other"
"""Begins the ids of the calls that lines are busy with."""


class Office:
    """Lines, hunts, trunks and the clock. All phones are there and all trunks up, if nobody says otherwise.

    ``seconds`` tells how long an announcement lasts, by its id.
    """

    def __init__(self, plan: PreparedPlan, seconds: Callable[[str], float], began: datetime) -> None:
        self.plan = plan
        self.seconds = seconds
        self.clock = VirtualClock(began)
        self.board = MemoryLineBoard()
        self.hunts = Hunts(self.board, lambda: plan, self.clock.now)
        trunks = TrunkBoard()
        trunks.follow(plan.plan.trunks, began)
        self.outside = OutsideLines(lambda: plan.plan, trunks)
        self.overrides: Overrides = {}
        self._requested: frozenset[str] = frozenset()
        self.names = names_of(plan.plan)
        self._answering: Mapping[str, Answering] = {}
        self._calls = 0
        self._must_serve = False
        self._next_look: Due | None = None
        for line in sorted(plan.lines()):
            self.board.update(line, began, registered=True)
        self.board.listen(self._lines_changed)

    def new_id(self) -> str:
        """Return the id of another call; equal simulations have equal ids, by which strategies may draw."""
        self._calls += 1
        return f"{self._calls:010x}"

    def answering(self, line: str) -> Answering:
        """Return what whoever is called at a line does."""
        return self._answering.get(line, Answering.FREE)

    def arrange(self, members: Mapping[str, Answering], overrides: Mapping[str, str]) -> None:
        """Let people do from now on what a call's request says, and have these overrides in force.

        Those of the request before are over; one that a phone has set stays until it is cleared.
        """
        now = self.clock.now()
        kept = {name: each for name, each in self.overrides.items() if name not in self._requested}
        self.overrides = {**kept, **{name: Override(menu, now) for name, menu in overrides.items()}}
        self._requested = frozenset(overrides)
        before, self._answering = self._answering, dict(members)
        extensions = self.plan.plan.extensions
        for line in sorted({*before, *members} & extensions.keys()):
            if before.get(line) is Answering.BUSY and self.answering(line) is not Answering.BUSY:
                for number in range(extensions[line].max_calls):
                    self.board.release(f"{_OTHER_CALL}-{line}-{number}", now)
            self.board.update(line, now, registered=self.answering(line) is not Answering.UNREACHABLE)
            if self.answering(line) is Answering.BUSY and before.get(line) is not Answering.BUSY:
                for number in range(extensions[line].max_calls):
                    call = f"{_OTHER_CALL}-{line}-{number}"
                    self.board.occupy(line, call, call, now)

    def set_override(self, multiselection: str, override: Override | None) -> None:
        """Set or clear a manual override, as a phone does."""
        self._requested -= {multiselection}
        others = {name: each for name, each in self.overrides.items() if name != multiselection}
        self.overrides = others if override is None else {**others, multiselection: override}

    def leftovers(self) -> dict[str, int]:
        """Count what calls hold; all are zero when none lasts."""
        legs = [leg for line in self.board.view(self.clock.now()).lines for leg in line.legs]
        return {
            "legs on lines": sum(not leg.id.startswith(_OTHER_CALL) for leg in legs),
            "hunts": len(self.hunts),
            "lines outside": len(self.outside),
        }

    def offer(self, call_id: str, effect: Offer, post: Callable[[Event], None]) -> None:
        """Choose members for a call that hunts."""
        at_once(self.hunts.offer(call_id, effect, post))
        self._lines_changed()

    def wait(self, call_id: str, effect: Wait) -> None:
        """Let a call wait for a line."""
        at_once(self.hunts.wait(call_id, effect))
        self._lines_changed()

    def _lines_changed(self) -> None:
        """Offer lines that have come free, in the same moment but after what happens now."""
        if not self._must_serve:
            self._must_serve = True
            self.clock.later(0, self._serve)

    def _serve(self) -> None:
        self._must_serve = False
        if not len(self.hunts):
            return
        wait = at_once(self.hunts.serve())
        if self._next_look is not None:
            self._next_look.cancel()
        self._next_look = None if wait is None else self.clock.later(wait, self._serve)


def service_zone(plan: PreparedPlan, number: str) -> ZoneInfo:
    """Return the time zone of the site of whatever has a number; the company's where there is no site."""
    found = plan.received(number)
    if not isinstance(found, Service):
        return plan.zone(None)
    match found.kind:
        case ServiceKind.MULTISELECTION:
            return plan.zone(plan.multiselection(found.id).site)
        case ServiceKind.HUNT_GROUP:
            return plan.zone(plan.plan.hunt_groups[found.id].site)
        case ServiceKind.EXTENSION:
            return plan.zone(plan.site_of(found.id))
