from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from bench import report
from bench.figures import FIGURES, Against, Limit, Sample, Statistic, System, results
from bench.plot import plot


@pytest.mark.parametrize(
    ("statistic", "count", "expected"),
    [
        (Statistic.MEDIAN, 4, 2.5),
        (Statistic.P95, 1, 1),
        (Statistic.P95, 20, 19),
        (Statistic.P95, 21, 20),
        (Statistic.P95, 100, 95),
        (Statistic.WORST, 4, 4),
    ],
)
def test_statistics_of_the_values_from_one_up(statistic: Statistic, count: int, expected: float) -> None:
    assert statistic.of(range(count, 0, -1)) == expected


@pytest.mark.parametrize(
    ("limit", "project", "met"),
    [
        (Limit(4), 14.0, True),
        (Limit(4), 14.1, False),
        (Limit(20, Against.NOTHING), 20.0, True),
        (Limit(20, Against.NOTHING), 20.1, False),
        (Limit(1.5, Against.RATIO), 15.0, True),
        (Limit(1.5, Against.RATIO), 15.1, False),
        (Limit(0.9, Against.RATIO, at_least=True), 9.0, True),
        (Limit(0.9, Against.RATIO, at_least=True), 8.9, False),
    ],
)
def test_a_limit_is_held_against_the_native_dialplan_or_stands_by_itself(
    limit: Limit, project: float, met: bool
) -> None:
    assert limit.met(10.0, project) is met


def samples() -> list[Sample]:
    return [
        Sample(figure.id, system, number, number + (10 if system is System.PROJECT else 0))
        for number in range(2)
        for figure in FIGURES
        for system in System
        if figure.native or system is System.PROJECT
    ]


def test_samples_are_sorted_by_figure_and_system() -> None:
    for result, figure in zip(results(samples()), FIGURES, strict=True):
        assert result.figure == figure
        assert (result.native, result.project) == ([0, 1] if figure.native else [], [10, 11])


def test_a_figure_that_was_not_measured_is_left_out() -> None:
    assert [result.figure.id for result in results([Sample("B13", System.PROJECT, 0, 1.0)])] == ["B13"]


def test_a_run_can_be_shown_in_a_table_and_a_picture() -> None:
    found = results(samples())
    assert report.table(found).row_count >= len(FIGURES)
    assert len(ET.fromstring(plot(found)).findall("{*}rect")) == 2 * sum(each.native for each in FIGURES)
