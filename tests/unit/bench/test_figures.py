from __future__ import annotations

import pytest

from bench.figures import FIGURES, Limit, Sample, Statistic, System, results


@pytest.mark.parametrize(
    ("statistic", "count", "expected"),
    [
        (Statistic.MEDIAN, 4, 2.5),
        (Statistic.P95, 1, 1),
        (Statistic.P95, 20, 19),
        (Statistic.P95, 21, 20),
        (Statistic.P95, 100, 95),
    ],
)
def test_statistics_of_the_values_from_one_up(statistic: Statistic, count: int, expected: float) -> None:
    assert statistic.of(range(count, 0, -1)) == expected


@pytest.mark.parametrize(
    ("limit", "project", "met"),
    [
        (Limit(4), 14.0, True),
        (Limit(4), 14.1, False),
        (Limit(20, above_native=False), 20.0, True),
        (Limit(20, above_native=False), 20.1, False),
    ],
)
def test_a_limit_is_above_the_native_dialplan_or_by_itself(limit: Limit, project: float, met: bool) -> None:
    assert limit.met(10.0, project) is met


def test_samples_are_sorted_by_figure_and_system() -> None:
    samples = [
        Sample(figure.id, system, number, number + (10 if system is System.PROJECT else 0))
        for number in range(2)
        for figure in FIGURES
        for system in System
    ]
    for result, figure in zip(results(samples), FIGURES, strict=True):
        assert (result.figure, result.native, result.project) == (figure, [0, 1], [10, 11])
