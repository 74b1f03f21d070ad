"""All hunts: whose turn it is when a line comes free.

Calls are served in the order in which they began to hunt, whatever their groups, so that groups which share
lines cannot starve each other: whoever waits has had the first refusal of every free line. One lock makes
serving them and looking at the lines for a new call one thing.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from officesmart_ivr.core.effects import HuntEnd, Offer, Wait
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Chooser, Decision, Search, joining, next_offer
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.observe.group_figures import GroupFigures, MemberFigures
from officesmart_ivr.state.lines import LineBoard, View

_log = logging.getLogger(__name__)


@dataclass(order=True)
class _Hunt:
    """One call's hunt. ``number`` counts hunts as they began; ``place`` is 0 while the call does not wait."""

    number: int
    call_id: str = field(compare=False)
    post: Callable[[Event], None] = field(compare=False)
    began: datetime = field(compare=False)
    search: Search = field(compare=False)
    offer: str = field(compare=False)
    waits: bool = field(default=False, compare=False)
    has_waited: bool = field(default=False, compare=False)
    place: int = field(default=0, compare=False)

    @property
    def group(self) -> str:
        return self.search.group

    @property
    def may_grow(self) -> bool:
        """Say whether others of the wave that rings may join it."""
        return not self.waits and any(member not in self.search.tried for member in self.search.wave)


class Hunts:
    """The hunts of all calls. Run :meth:`run` beside the calls.

    ``plan`` gives the newest plan: a group that was changed is hunted as it is now.
    """

    def __init__(
        self, lines: LineBoard, plan: Callable[[], PreparedPlan], clock: Callable[[], datetime]
    ) -> None:
        self._lines = lines
        self._plan = plan
        self._clock = clock
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

    def hunting(self, group: str) -> int:
        """Count the callers for whom a group looks for somebody, those in its queue included."""
        return sum(hunt.group == group for hunt in self._hunts)

    def waiting(self, group: str) -> int:
        """Count the callers in a group's queue."""
        return sum(hunt.waits and hunt.group == group for hunt in self._hunts)

    def figures(self, group: str) -> GroupFigures:
        """Return what became of the calls of a group."""
        return self._of_group.setdefault(group, GroupFigures())

    async def offer(self, call_id: str, effect: Offer, post: Callable[[Event], None]) -> None:
        """Choose members for a call and reserve their lines; post what was decided."""
        async with self._lock:
            hunt = self._hunt(call_id, effect, post)
            await self._serve()
            await self._offer(hunt)

    async def wait(self, call_id: str, effect: Wait) -> None:
        """Let a call wait for a line, in the place that it had if it has waited before; post the place."""
        async with self._lock:
            hunt = self._of_call.get(call_id)
            if hunt is None:
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

    async def run(self) -> None:
        """Offer lines to those who wait for them as they come free, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next_wrap_up()):
                    await self._changed.wait()
            self._changed.clear()
            async with self._lock:
                await self._serve()

    def _hunt(self, call_id: str, effect: Offer, post: Callable[[Event], None]) -> _Hunt:
        """Return the hunt of a call, as it stands with this offer."""
        hunt = self._of_call.get(call_id)
        if hunt is None or hunt.group != effect.search.group:
            self.leave(call_id, HuntEnd.LEFT)
            self._begun += 1
            hunt = _Hunt(self._begun, call_id, post, self._clock(), effect.search, effect.offer)
            self._of_call[call_id] = hunt
            insort(self._hunts, hunt)
            self.figures(hunt.group).offered += 1
        hunt.search, hunt.offer, hunt.waits = effect.search, effect.offer, False
        return hunt

    async def _serve(self) -> None:
        """Give free lines to those who wait for them, in their order.

        Where one of a group's callers finds nobody, those after him need not look.
        """
        in_vain: set[str] = set()
        for hunt in [hunt for hunt in self._hunts if hunt.waits or hunt.may_grow]:
            if hunt.waits and hunt.group not in in_vain:
                if not await self._give_line(hunt):
                    in_vain.add(hunt.group)
            elif hunt.may_grow:
                await self._grow(hunt)

    async def _offer(self, hunt: _Hunt) -> None:
        group = self._group(hunt)
        if group is None:
            hunt.post(Offered(hunt.offer, None, None))
            return
        await self._decide(hunt, group, partial(next_offer, group, hunt.search))

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
        group = self._group(hunt)
        if group is not None:
            await self._decide(hunt, group, partial(joining, group, hunt.search))

    async def _decide(self, hunt: _Hunt, group: PreparedGroup, decide: Callable[[View], Decision]) -> None:
        chooser = Chooser(decide, hunt.offer)
        await self._lines.reserve(hunt.call_id, chooser, self._clock(), group=hunt.group)
        if chooser.decision.members or chooser.decision.exit is not None:
            self._take(hunt, group, chooser.decision)

    def _take(self, hunt: _Hunt, group: PreparedGroup, decision: Decision) -> None:
        if decision.fault:
            _log.error("call %s: group %s: %s", hunt.call_id, group.id, decision.fault)
        hunt.search = decision.search
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

    def _seconds_to_next_wrap_up(self) -> float | None:
        """Say when the next line of a group for which somebody waits comes back by itself; None for never."""
        now = self._clock()
        view = self._lines.view(now)
        groups = {hunt.group for hunt in self._hunts if hunt.waits}
        ends = [
            until
            for name in groups
            if (group := self._plan().groups.get(name))
            for member in group.order
            if (until := view.line(member).wrap_up_until) and until > now
        ]
        return (min(ends) - now).total_seconds() if ends else None
