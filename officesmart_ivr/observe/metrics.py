"""Figures for Prometheus. Their names are told in ``docs/how-to/hunt-groups.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isinf

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

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
class Snapshot:
    """The application at one moment. Calls are counted since it was started, ``ended`` by outcome."""

    version: str
    ready: bool
    calls: int
    begun: int
    refused: int
    ended: Mapping[str, int]
    lines: int
    lines_registered: int
    trunks: Mapping[str, TrunkState]
    groups: Mapping[str, GroupNow]


def exposition(now: Snapshot) -> str:
    """Return the figures, with those of the process, in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Collected([*_of_calls(now), *_of_lines(now), *_of_groups(now.groups)]))
    return generate_latest(registry).decode()


class _Collected(Collector):
    """Hands on what was collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _of_calls(now: Snapshot) -> Iterator[Metric]:
    info = GaugeMetricFamily("officesmart_info", "The version that runs; always 1.", labels=["version"])
    info.add_metric([now.version], 1)
    yield info
    yield GaugeMetricFamily("officesmart_ready", "1 when calls are served, else 0.", now.ready)
    yield GaugeMetricFamily("officesmart_calls", "Calls in progress.", now.calls)
    yield CounterMetricFamily("officesmart_calls_begun", "Calls begun.", now.begun)
    yield CounterMetricFamily("officesmart_calls_refused", "Calls over the plan's limit.", now.refused)
    ended = CounterMetricFamily("officesmart_calls_ended", "Calls ended, by outcome.", labels=["outcome"])
    for outcome, count in now.ended.items():
        ended.add_metric([outcome], count)
    yield ended


def _of_lines(now: Snapshot) -> Iterator[Metric]:
    yield GaugeMetricFamily("officesmart_lines", "Extensions of the plan.", now.lines)
    registered = "Extensions whose phone can be reached."
    yield GaugeMetricFamily("officesmart_lines_registered", registered, now.lines_registered)
    trunks = GaugeMetricFamily(
        "officesmart_trunk_state", "1 for the state that a trunk is in, else 0.", labels=["trunk", "state"]
    )
    for trunk, its_state in now.trunks.items():
        for state in TrunkState:
            trunks.add_metric([trunk, state.value], state is its_state)
    yield trunks


def _of_groups(groups: Mapping[str, GroupNow]) -> Iterator[Metric]:
    label = ["group"]
    offered = CounterMetricFamily("officesmart_group_offered", "Calls to a group.", labels=label)
    hunting = GaugeMetricFamily("officesmart_group_hunting", "Calls that look for a member.", labels=label)
    waiting = GaugeMetricFamily("officesmart_group_waiting", "Calls in the queue, of those.", labels=label)
    longest = GaugeMetricFamily(
        "officesmart_group_longest_wait_seconds", "The longest time to leave the group.", labels=label
    )
    waits = HistogramMetricFamily(
        "officesmart_group_wait_seconds",
        "How long calls took to leave the group, by how they did.",
        labels=["group", "end"],
    )
    for name, now in groups.items():
        offered.add_metric([name], now.figures.offered)
        hunting.add_metric([name], now.hunting)
        waiting.add_metric([name], now.waiting)
        longest.add_metric([name], now.figures.longest_wait)
        for how, waited in now.figures.waits.items():
            buckets = [(_bound(seconds), count) for seconds, count in waited.at_most()]
            waits.add_metric([name, how.value], buckets, waited.seconds)
    yield from (offered, hunting, waiting, longest, waits)
    yield from _of_members(
        (name, line, figures) for name, now in groups.items() for line, figures in now.members.items()
    )


def _bound(seconds: float) -> str:
    return "+Inf" if isinf(seconds) else str(seconds)


def _of_members(members: Iterable[tuple[str, str, MemberFigures]]) -> Iterator[Metric]:
    labels = ["group", "line"]
    offered = CounterMetricFamily("officesmart_member_offered", "Calls offered to a member.", labels=labels)
    answered = CounterMetricFamily("officesmart_member_answered", "Calls it answered.", labels=labels)
    missed = CounterMetricFamily("officesmart_member_missed", "Calls it let ring in vain.", labels=labels)
    talked = CounterMetricFamily("officesmart_member_talk_seconds", "How long it talked.", labels=labels)
    for group, line, figures in members:
        offered.add_metric([group, line], figures.offered)
        answered.add_metric([group, line], figures.answered)
        missed.add_metric([group, line], figures.missed)
        talked.add_metric([group, line], figures.talk_seconds)
    yield from (offered, answered, missed, talked)
