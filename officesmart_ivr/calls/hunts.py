"""All hunts: whose turn it is when a line comes free.

Calls are served in the order in which they began to hunt, whatever their groups, so that groups which share
lines cannot starve each other: whoever waits has had the first refusal of every free line. Who has just begun
is no exception, so that nobody overtakes a queue. One lock makes looking at the lines for all of them one
thing.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import insort
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from officesmart_ivr.clock import REAL, Due
from officesmart_ivr.core.effects import HuntEnd, Offer, Wait
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Chooser, Decision, Exit, Search, joining, next_offer
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.observe.group_figures import GroupFigures, MemberFigures
from officesmart_ivr.state.lines import LineBoard, View

_log = logging.getLogger(__name__)


@dataclass(order=True)
class _Hunt:
    """One call's hunt. ``number`` counts hunts as they began; ``place`` is 0 while the call does not wait.

    ``asks``: the call is to be told at once whom it is offered to, or that there is nobody; as soon as the
    call ``after``, in whose place it hunts, has no line any more. ``rung``: the group whose wave rings, as it
    was when that began: its legs are named by the places that members had then.
    """

    number: int
    call_id: str = field(compare=False)
    post: Callable[[Event], None] = field(compare=False)
    began: datetime = field(compare=False)
    search: Search = field(compare=False)
    offer: str = field(compare=False)
    asks: bool = field(default=False, compare=False)
    after: str = field(default="", compare=False)
    waits: bool = field(default=False, compare=False)
    has_waited: bool = field(default=False, compare=False)
    place: int = field(default=0, compare=False)
    rung: PreparedGroup | None = field(default=None, compare=False)

    @property
    def group(self) -> str:
        return self.search.group

    @property
    def entry(self) -> tuple[str, str]:
        """Which lines it looks at: those of its group, or of them those after a member that was called."""
        return self.search.group, self.search.called_member

    @property
    def may_grow(self) -> bool:
        """Say whether others of the wave that rings may join it."""
        rings = not (self.asks or self.waits)
        return rings and any(member not in self.search.tried for member in self.search.wave)


class Hunts:
    """The hunts of all calls. Run :meth:`run` beside the calls.

    ``plan`` gives the newest plan: a group that was changed is hunted as it is now.
    """

    def __init__(
        self,
        lines: LineBoard,
        plan: Callable[[], PreparedPlan],
        clock: Callable[[], datetime],
        later: Callable[[float, Callable[[], None]], Due] = REAL.later,
    ) -> None:
        self._lines = lines
        self._plan = plan
        self._clock = clock
        self._later = later
        self._begun = 0
        self._hunts: list[_Hunt] = []
        self._of_call: dict[str, _Hunt] = {}
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        self._talks: dict[str, tuple[MemberFigures, datetime]] = {}
        self._of_group: dict[str, GroupFigures] = {}
        lines.listen(self._changed.set)

    def __len__(self) -> int:
        return len(self._hunts)

    @property
    def rests(self) -> bool:
        """Say whether all that has changed about the lines has been looked at."""
        return not (self._changed.is_set() or self._lock.locked())

    def hunting(self, group: str) -> int:
        """Count the callers for whom a group looks for somebody, those in its queue included."""
        return sum(hunt.group == group for hunt in self._hunts)

    def waiting(self, group: str) -> int:
        """Count the callers in a group's queue."""
        return sum(hunt.waits and hunt.group == group for hunt in self._hunts)

    def figures(self, group: str) -> GroupFigures:
        """Return what became of the calls of a group."""
        return self._of_group.setdefault(group, GroupFigures())

    def offer(self, call_id: str, effect: Offer, post: Callable[[Event], None]) -> Coroutine[Any, Any, None]:
        """Let a call hunt from now on, until it leaves.

        The coroutine chooses members for it, reserves their lines, and posts what was decided.
        """
        return self._choose(self._enter(call_id, effect.search, effect.offer, post), effect)

    async def _choose(self, hunt: _Hunt, effect: Offer) -> None:
        async with self._lock:
            if self._of_call.get(hunt.call_id) is not hunt:
                # It has left meanwhile, and nobody would free what it was given.
                return
            hunt.search, hunt.offer = effect.search, effect.offer
            hunt.asks, hunt.after, hunt.waits = True, effect.after, False
            await self._serve()

    async def wait(self, call_id: str, effect: Wait) -> None:
        """Let a call wait for a line, in the place that it had if it has waited before; post the place."""
        async with self._lock:
            hunt = self._of_call.get(call_id)
            if hunt is None or (hunt.offer == effect.offer and not hunt.waits):
                # It has left, or was given a line as it was about to ask anew.
                return
            hunt.search, hunt.offer = effect.search, effect.offer
            if not hunt.waits:
                queue = effect.group.settings.queue
                is_full = queue is None or self.waiting(hunt.group) >= queue.places
                if is_full and not hunt.has_waited:
                    hunt.post(QueueFull(effect.offer))
                    return
                hunt.waits = hunt.has_waited = True
                self._tell_places(hunt.group)
            await self._serve()
        self._changed.set()

    def leave(self, call_id: str, how: HuntEnd, leg: str = "", line: str = "") -> None:
        """Forget a call's hunt; safe to repeat. ``leg`` and ``line`` are those of who has answered."""
        hunt = self._of_call.pop(call_id, None)
        if hunt is None:
            return
        self._hunts.remove(hunt)
        now, figures = self._clock(), self.figures(hunt.group)
        figures.ended(how, (now - hunt.began).total_seconds())
        group = self._group(hunt)
        if leg and group is not None and line in group.members:
            member = figures.member(line)
            member.answered += 1
            self._talks[leg] = member, now
        if hunt.waits:
            self._tell_places(hunt.group)

    def talk_over(self, leg: str) -> None:
        """Take note that a leg is no more; safe to repeat, and for any leg."""
        if talk := self._talks.pop(leg, None):
            member, began = talk
            member.talk_seconds += (self._clock() - began).total_seconds()

    def missed(self, call_id: str, line: str, limit: int) -> None:
        """Count an offer that a line has left unanswered; pause it at the limit, if that is not 0."""
        if hunt := self._of_call.get(call_id):
            self.figures(hunt.group).member(line).missed += 1
        if limit and self._lines.missed(line, limit, self._clock()):
            _log.warning("line %s was paused: %d calls in a row were not answered", line, limit)

    def plan_changed(self) -> None:
        """Look at the lines for all who wait: the newest plan may let somebody else take their calls."""
        self._changed.set()

    async def run(self) -> None:
        """Offer lines to those who wait for them as they come free, for ever."""
        next_look: Due | None = None
        # An earlier run may have ended by a fault in the middle of its look.
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            if next_look is not None:
                next_look.cancel()
            seconds = await self.serve()
            next_look = None if seconds is None else self._later(seconds, self._changed.set)

    async def serve(self) -> float | None:
        """Offer the lines that are free to those who look for them; :meth:`run` does so at each change.

        Returns in how many seconds a line comes back by itself, so that there is to be another look; None for
        never.
        """
        async with self._lock:
            looked = self._clock()
            await self._serve()
        return self._seconds_to_next_wrap_up(looked)

    def _enter(self, call_id: str, search: Search, offer: str, post: Callable[[Event], None]) -> _Hunt:
        """Return the hunt of a call; another group's is over."""
        hunt = self._of_call.get(call_id)
        if hunt is None or hunt.group != search.group:
            self.leave(call_id, HuntEnd.LEFT)
            self._begun += 1
            hunt = _Hunt(self._begun, call_id, post, self._clock(), search, offer)
            self._of_call[call_id] = hunt
            insort(self._hunts, hunt)
            self.figures(hunt.group).offered += 1
        return hunt

    async def _serve(self) -> None:
        """Give free lines to those who look for them, in their order.

        Where one who waits finds nobody, those after him who look at the same lines need not look.
        """
        in_vain: set[tuple[str, str]] = set()
        for hunt in list(self._hunts):
            rings = not (hunt.asks or hunt.waits)
            try:
                await self._serve_one(hunt, in_vain)
            except Exception:
                # The others look for somebody too. Who rings goes on ringing.
                _log.exception("call %s: a fault in its hunt in group %s", hunt.call_id, hunt.group)
                if not rings:
                    hunt.post(Offered(hunt.offer, None, None))

    async def _serve_one(self, hunt: _Hunt, in_vain: set[tuple[str, str]]) -> None:
        if hunt.asks and not self._has_lines(hunt.after):
            await self._offer(hunt, is_behind=hunt.entry in in_vain)
        elif hunt.waits and hunt.entry not in in_vain:
            if not await self._give_line(hunt):
                in_vain.add(hunt.entry)
        elif hunt.may_grow:
            await self._grow(hunt)

    def _has_lines(self, call_id: str) -> bool:
        lines = self._lines.view(self._clock()).lines if call_id else ()
        return any(leg.call_id == call_id for line in lines for leg in line.legs)

    async def _offer(self, hunt: _Hunt, *, is_behind: bool) -> None:
        """Tell a call whom it is offered to. ``is_behind``: others wait, whom it may not overtake."""
        hunt.asks = False
        group = self._group(hunt)
        if group is None:
            hunt.post(Offered(hunt.offer, None, None))
            return
        decide = _queue_up if is_behind and not hunt.search.tried else next_offer
        await self._decide(hunt, group, partial(decide, group, hunt.search))

    async def _give_line(self, hunt: _Hunt) -> bool:
        """Offer a line to a caller who waits; say whether there was one."""
        group = self._group(hunt)
        if group is None:
            hunt.waits = False
            hunt.post(Offered(hunt.offer, None, None))
            return True
        chooser = Chooser(partial(next_offer, group, hunt.search), hunt.offer)
        await self._lines.reserve(hunt.call_id, chooser, self._clock(), group=hunt.group)
        if not chooser.decision.members:
            return False
        hunt.waits, hunt.place = False, 0
        self._take(hunt, group, chooser.decision)
        self._tell_places(hunt.group)
        return True

    async def _grow(self, hunt: _Hunt) -> None:
        rung, newest = hunt.rung, self._group(hunt)
        if rung is not None and newest is not None:
            await self._decide(hunt, rung, partial(joining, rung, hunt.search, present=newest.members))

    async def _decide(self, hunt: _Hunt, group: PreparedGroup, decide: Callable[[View], Decision]) -> None:
        chooser = Chooser(decide, hunt.offer)
        await self._lines.reserve(hunt.call_id, chooser, self._clock(), group=hunt.group)
        if chooser.decision.members or chooser.decision.exit is not None:
            self._take(hunt, group, chooser.decision)

    def _take(self, hunt: _Hunt, group: PreparedGroup, decision: Decision) -> None:
        if decision.fault:
            _log.error("call %s: group %s: %s", hunt.call_id, group.id, decision.fault)
        hunt.search, hunt.rung = decision.search, group
        figures = self.figures(group.id)
        for member in decision.members:
            figures.member(member.id).offered += 1
        hunt.post(Offered(hunt.offer, group, decision))

    def _group(self, hunt: _Hunt) -> PreparedGroup | None:
        return self._plan().groups.get(hunt.group)

    def _tell_places(self, group: str) -> None:
        """Tell those who wait in a group's queue their places, where that is news."""
        for place, hunt in enumerate(self._waiting_in(group), 1):
            if hunt.place != place:
                hunt.place = place
                hunt.post(Placed(hunt.offer, place))

    def _waiting_in(self, group: str) -> Iterator[_Hunt]:
        return (hunt for hunt in self._hunts if hunt.waits and hunt.group == group)

    def _seconds_to_next_wrap_up(self, looked: datetime) -> float | None:
        """Say when the next line that somebody looks for comes back by itself; None for never.

        ``looked``: when the lines were looked at last. What has come back since must not be missed.
        """
        now = self._clock()
        view = self._lines.view(now)
        groups = {hunt.group for hunt in self._hunts if hunt.waits or hunt.may_grow}
        ends = [
            until
            for name in groups
            if (group := self._plan().groups.get(name))
            for member in group.order
            if (until := view.line(member).wrap_up_until) and until > looked
        ]
        return max(0.0, (min(ends) - now).total_seconds()) if ends else None


def _queue_up(group: PreparedGroup, search: Search, view: View) -> Decision:
    """Decide as :func:`next_offer`, but leave whoever could be rung to those who came before."""
    decision = next_offer(group, search, view)
    if not decision.members:
        return decision
    return Decision(search, skipped=decision.skipped, exit=Exit.BUSY)
