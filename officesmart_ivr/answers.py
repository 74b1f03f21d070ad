"""What the local API is told by the running application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from zoneinfo import ZoneInfo

from officesmart_ivr import __version__
from officesmart_ivr.api.overrides import OverrideDesk
from officesmart_ivr.api.recordings import RecordingDesk
from officesmart_ivr.api.route import Facade
from officesmart_ivr.api.schema import Groups, LineView, Status
from officesmart_ivr.api.views import group_view, line_views, trunk_view
from officesmart_ivr.calls.dispatcher import ADOPTED, BEGUN, ORPHANS, TAKEN_UP, VANISHED, Dispatcher
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.health import Asterisk, Doctor
from officesmart_ivr.messages import Language
from officesmart_ivr.observe.group_figures import MemberFigures
from officesmart_ivr.observe.names import Names, names_of
from officesmart_ivr.observe.snapshot import GroupNow, ServiceNow, Snapshot
from officesmart_ivr.publishing.answers import PlanAnswers
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.lines import LineChange, View, change_line
from officesmart_ivr.state.trunks import TrunkBoard


class Stream(Protocol):
    """What the event stream has seen: how often it was opened, and events."""

    connections: int
    events: int


class Answers:
    """Answers from what the calls share, by the plan of the moment; ``ready`` tells if calls are served.

    ``doctor`` asks how Asterisk does, ``stream`` counts its events.
    """

    def __init__(
        self,
        exchange: Exchange,
        dispatcher: Dispatcher,
        trunks: TrunkBoard,
        log: FollowedCallLog,
        plans: PlanAnswers,
        ready: Callable[[], bool],
        doctor: Doctor,
        stream: Stream,
    ) -> None:
        self._exchange = exchange
        self._dispatcher = dispatcher
        self._trunks = trunks
        self._log = log
        self._plans = plans
        self._ready = ready
        self._doctor = doctor
        self._stream = stream
        self._overrides = OverrideDesk(exchange.overrides, lambda: self._prepared, exchange.clock)
        self._recordings = RecordingDesk(
            lambda: self._prepared,
            exchange.studio.drafts,
            exchange.studio.save,
            dispatcher.call_to_record,
        )
        self._since = exchange.clock()

    def facade(self) -> Facade:
        """Return what the local API may ask."""
        return Facade(
            self.status,
            self._doctor.health,
            self.lines,
            self.change,
            self.groups,
            self.metrics,
            self.names,
            self._log,
            self._plans,
            self._overrides,
            self._recordings,
        )

    def names(self) -> Names:
        """Return the names of the plan."""
        return names_of(self._prepared.plan)

    def status(self, language: Language = Language.ENGLISH) -> Status:
        """Return how the application does."""
        plan, view = self._prepared.plan, self._view()
        zone = ZoneInfo(self.names().timezone)
        return Status(
            ready=self._ready(),
            version=__version__,
            plan=str(self._plans.path),
            company=plan.company.name,
            calls=len(self._dispatcher.sessions),
            numbers={
                number: multiselection.name
                for multiselection in plan.multiselections.values()
                for number in multiselection.numbers
            },
            extensions={number: extension.name for number, extension in plan.extensions.items()},
            registered=[number for number in plan.extensions if view.line(number).registered],
            trunks={name: trunk_view(status, zone) for name, status in self._trunks.view().items()},
            counts=dict(self._dispatcher.counts),
            live=self._plans.view(language),
            overrides=self._overrides.overrides(),
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
        # Only who is asked for them loads its library: callers wait for the start.
        from officesmart_ivr.observe import metrics

        plan, view = self._prepared.plan, self._view()
        counts, held = self._dispatcher.counts, self._overrides.overrides()
        return metrics.exposition(
            Snapshot(
                version=__version__,
                ready=self._ready(),
                calls=len(self._dispatcher.sessions),
                begun=counts[BEGUN],
                refused=dict(self._exchange.admission.refused),
                ended=self._dispatcher.outcomes(),
                lines=len(plan.extensions),
                lines_registered=sum(view.line(number).registered for number in plan.extensions),
                trunks={name: status.state for name, status in self._trunks.view().items()},
                groups=self._groups_now(),
                plan=self._plans.now(),
                service=self._service_now(),
                overridden={name: name in held for name in plan.multiselections},
            )
        )

    def _service_now(self) -> ServiceNow:
        counts, admission = self._dispatcher.counts, self._exchange.admission
        return ServiceNow(
            figures=self._exchange.figures,
            lags=admission.lags,
            is_overloaded=admission.is_overloaded,
            is_draining=admission.is_draining,
            is_answered=self._doctor.last is Asterisk.ANSWERS,
            connections=self._stream.connections,
            events=self._stream.events,
            adopted=counts[ADOPTED],
            taken_over=counts[TAKEN_UP],
            orphans=counts[ORPHANS],
            vanished=counts[VANISHED],
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
