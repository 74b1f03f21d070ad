"""Figures for Prometheus. Their names are told in ``docs/how-to/hunt-groups.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isinf

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from officesmart_ivr.observe.call_figures import Reason
from officesmart_ivr.observe.durations import Durations
from officesmart_ivr.observe.group_figures import MemberFigures
from officesmart_ivr.observe.snapshot import GroupNow, PlanNow, ServiceNow, Snapshot
from officesmart_ivr.state.trunks import TrunkState


def exposition(now: Snapshot) -> str:
    """Return the figures, with those of the process, in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(
        _Collected(
            [
                *_of_calls(now),
                *_of_service(now.service),
                *_of_lines(now),
                *_of_groups(now.groups),
                *_of_plan(now.plan),
                _of_overrides(now.overridden),
            ]
        )
    )
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
    refused = CounterMetricFamily(
        "officesmart_calls_refused", "Calls that were not let in, by reason.", labels=["reason"]
    )
    for reason in Reason:
        refused.add_metric([reason.value], now.refused.get(reason, 0))
    yield refused
    ended = CounterMetricFamily("officesmart_calls_ended", "Calls ended, by outcome.", labels=["outcome"])
    for outcome, count in now.ended.items():
        ended.add_metric([outcome], count)
    yield ended


def _of_service(now: ServiceNow) -> Iterator[Metric]:
    for name, meaning, value in (
        ("overloaded", "1 while the machine is too busy to let calls in, else 0.", now.is_overloaded),
        ("draining", "1 while the application is about to stop, else 0.", now.is_draining),
        ("asterisk_responsive", "1 when Asterisk answered the last question, else 0.", now.is_answered),
    ):
        yield GaugeMetricFamily(f"officesmart_{name}", meaning, value)
    for name, meaning, count in (
        ("stream_connections", "How often the event stream was opened.", now.connections),
        ("stream_events", "Events of Asterisk.", now.events),
        ("calls_adopted", "Calls that talked on over a restart.", now.adopted),
        ("calls_taken_over", "Other calls that went on after a restart.", now.taken_over),
        ("calls_leaked", "Calls given up because their channels told no end.", now.figures.leaked),
        ("orphans_released", "Channels without a call that were released.", now.orphans),
        ("channels_vanished", "Channels that were gone after a connection.", now.vanished),
    ):
        yield CounterMetricFamily(f"officesmart_{name}", meaning, count)
    for name, meaning, durations in (
        ("ari_request_seconds", "How long Asterisk took for a request.", now.figures.requests),
        ("key_seconds", "From a key until Asterisk had taken the next prompt.", now.figures.keys),
        ("loop_lag_seconds", "How late the event loop was.", now.lags),
    ):
        family = HistogramMetricFamily(f"officesmart_{name}", meaning)
        family.add_metric([], *_histogram(durations))
        yield family


def _histogram(durations: Durations) -> tuple[list[tuple[str, float]], float]:
    return [(_bound(seconds), count) for seconds, count in durations.at_most()], durations.seconds


def _of_plan(now: PlanNow) -> Iterator[Metric]:
    for name, meaning, value in (
        ("revision", "The revision of the plan that calls are served with; 0 if it has none.", now.revision),
        ("last_reload_successful", "1 when the last candidate went live, else 0.", now.is_successful),
        ("last_reload_success_timestamp_seconds", "When a candidate went live last.", now.succeeded),
        ("last_reload_duration_seconds", "How long the last candidate took.", now.seconds),
    ):
        yield GaugeMetricFamily(f"officesmart_plan_{name}", meaning, value)


def _of_overrides(overridden: Mapping[str, bool]) -> Metric:
    active = GaugeMetricFamily(
        "officesmart_override_active",
        "1 while a manual override of a multiselection holds, else 0.",
        labels=["multiselection"],
    )
    for name, is_active in overridden.items():
        active.add_metric([name], is_active)
    return active


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
            waits.add_metric([name, how.value], *_histogram(waited))
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
