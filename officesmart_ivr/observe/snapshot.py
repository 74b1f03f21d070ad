"""The figures of one moment, from which metrics are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from officesmart_ivr.observe.call_figures import CallFigures, Reason
from officesmart_ivr.observe.durations import Durations
from officesmart_ivr.observe.group_figures import GroupFigures, MemberFigures
from officesmart_ivr.state.trunks import TrunkState


@dataclass(frozen=True, slots=True)
class GroupNow:
    """A group's figures, and those of its ``members`` by their lines, whether they were offered calls or not.

    ``hunting`` and ``waiting``: calls it has now, and those of them in its queue.
    """

    figures: GroupFigures
    members: Mapping[str, MemberFigures]
    hunting: int
    waiting: int


@dataclass(frozen=True, slots=True)
class PlanNow:
    """The live plan's revision, 0 where it has none, and the last attempts to let one go live.

    ``succeeded``: when the last good one was, in seconds since 1970; ``seconds``: how long the last one took.
    """

    revision: int
    is_successful: bool
    succeeded: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """How well calls are served. Counts are since the process began.

    ``lags``: how late the event loop was. ``is_answered``: Asterisk has answered the last question.
    ``connections`` and ``events`` are those of the event stream. After connections: calls ``adopted`` that
    talked on, callers ``taken_over``, ``orphans`` that were released, channels that had ``vanished``.
    """

    figures: CallFigures
    lags: Durations
    is_overloaded: bool
    is_draining: bool
    is_answered: bool
    connections: int
    events: int
    adopted: int
    taken_over: int
    orphans: int
    vanished: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The application at one moment. Calls are counted since it was started, ``ended`` by outcome.

    ``refused``: those that were not let in, by reason.

    ``overridden``: whether a manual override holds, by multiselection.
    """

    version: str
    ready: bool
    calls: int
    begun: int
    refused: Mapping[Reason, int]
    ended: Mapping[str, int]
    lines: int
    lines_registered: int
    trunks: Mapping[str, TrunkState]
    groups: Mapping[str, GroupNow]
    plan: PlanNow
    service: ServiceNow
    overridden: Mapping[str, bool]
