"""What the local API is told by the running application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from officesmart_ivr import __version__
from officesmart_ivr.api.route import Facade
from officesmart_ivr.api.schema import Groups, LineView, Status
from officesmart_ivr.api.views import group_view, line_views, trunk_view
from officesmart_ivr.calls.dispatcher import BEGUN, REFUSED, Dispatcher
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.observe import metrics
from officesmart_ivr.observe.group_figures import MemberFigures
from officesmart_ivr.observe.metrics import GroupNow, Snapshot
from officesmart_ivr.observe.names import Names, names_of
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.lines import LineChange, View, change_line
from officesmart_ivr.state.trunks import TrunkBoard


class Answers:
    """Answers from what the calls share, by the plan of the moment; ``ready`` tells if calls are served."""

    def __init__(
        self,
        exchange: Exchange,
        dispatcher: Dispatcher,
        trunks: TrunkBoard,
        log: FollowedCallLog,
        plan_path: Path,
        ready: Callable[[], bool],
    ) -> None:
        self._exchange = exchange
        self._dispatcher = dispatcher
        self._trunks = trunks
        self._log = log
        self._plan_path = plan_path
        self._ready = ready
        self._since = exchange.clock()

    def facade(self) -> Facade:
        """Return what the local API may ask."""
        return Facade(self.status, self.lines, self.change, self.groups, self.metrics, self.names, self._log)

    def names(self) -> Names:
        """Return the names of the plan."""
        return names_of(self._prepared.plan)

    def status(self) -> Status:
        """Return how the application does."""
        plan, view = self._prepared.plan, self._view()
        return Status(
            ready=self._ready(),
            version=__version__,
            plan=str(self._plan_path),
            company=plan.company.name,
            calls=len(self._dispatcher.sessions),
            numbers={
                number: multiselection.name
                for multiselection in plan.multiselections.values()
                for number in multiselection.numbers
            },
            extensions={number: extension.name for number, extension in plan.extensions.items()},
            registered=[number for number in plan.extensions if view.line(number).registered],
            trunks={name: trunk_view(status) for name, status in self._trunks.view().items()},
            counts=dict(self._dispatcher.counts),
        )

    def lines(self) -> list[LineView]:
        """Return what each line is doing."""
        return line_views(self._view(), self.names(), self._prepared.memberships())

    def change(self, written: str, change: LineChange) -> LineView | None:
        """Do something to a line that is named as people write it; None when there is none."""
        line = self._prepared.line_named(written)
        if line is None:
            return None
        change_line(self._exchange.lines, line, change, self._exchange.clock())
        return next(view for view in self.lines() if view.extension == line)

    def groups(self) -> Groups:
        """Return what the hunt groups do, and what became of their calls."""
        lines = {line.extension: line for line in self.lines()}
        groups = [
            group_view(self._prepared.groups[name], now, lines) for name, now in self._groups_now().items()
        ]
        return Groups(self._since.astimezone(ZoneInfo(self.names().timezone)), groups)

    def metrics(self) -> str:
        """Return the figures for Prometheus."""
        plan, view = self._prepared.plan, self._view()
        counts = self._dispatcher.counts
        return metrics.exposition(
            Snapshot(
                version=__version__,
                ready=self._ready(),
                calls=len(self._dispatcher.sessions),
                begun=counts[BEGUN],
                refused=counts[REFUSED],
                ended=self._dispatcher.outcomes(),
                lines=len(plan.extensions),
                lines_registered=sum(view.line(number).registered for number in plan.extensions),
                trunks={name: status.state for name, status in self._trunks.view().items()},
                groups=self._groups_now(),
            )
        )

    @property
    def _prepared(self) -> PreparedPlan:
        return self._exchange.service().plan

    def _view(self) -> View:
        return self._exchange.lines.view(self._exchange.clock())

    def _groups_now(self) -> dict[str, GroupNow]:
        found, hunts = {}, self._exchange.hunts
        for name, group in self._prepared.groups.items():
            figures = hunts.figures(name)
            members = {line: figures.members.get(line, MemberFigures()) for line in group.lines}
            found[name] = GroupNow(figures, members, hunts.hunting(name), hunts.waiting(name))
        return found
