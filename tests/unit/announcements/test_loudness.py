"""Known values: those of ITU-R BS.1770-4, and EBU Tech 3341 with one channel instead of two."""

from __future__ import annotations

import numpy as np
import pytest

from officesmart_ivr.announcements.loudness import SILENCE, Samples, integrated_loudness, true_peak

RATES = (16000, 48000)
ONE_CHANNEL = -3.01
"""LU of one channel where the tests of the EBU have two."""


def sine(frequency: float, seconds: float, level: float, rate: int, phase: float = 0.0) -> Samples:
    """Return a tone; ``level`` is that of its peak, in dBFS."""
    turns = 2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate
    return (10 ** (level / 20) * np.sin(turns + phase)).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_scale_tone_has_the_loudness_that_the_recommendation_says(rate: int) -> None:
    assert integrated_loudness(sine(997, 10, 0, rate), rate) == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("parts", "loudness"),
    [
        ([(20, -23)], -23.0),
        ([(20, -33)], -33.0),
        ([(10, -36), (60, -23), (10, -36)], -23.0),
        ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23.0),
        ([(20, -26), (20.1, -20), (20, -26)], -23.0),
    ],
)
def test_the_ebus_tones(rate: int, parts: list[tuple[float, float]], loudness: float) -> None:
    samples = np.concatenate([sine(1000, seconds, level, rate) for seconds, level in parts])
    assert integrated_loudness(samples, rate) == pytest.approx(loudness + ONE_CHANNEL, abs=0.1)


@pytest.mark.parametrize(("frequency", "weight"), [(38, -6.0), (100, -1.1), (500, 0.0), (4000, 4.0)])
def test_frequencies_are_weighted(frequency: float, weight: float) -> None:
    loudness = integrated_loudness(sine(frequency, 5, -20, 16000), 16000)
    unweighted = -20 - 3.01 - 0.691
    assert loudness - unweighted == pytest.approx(weight, abs=0.8)


def test_silence_and_what_is_shorter_than_a_block() -> None:
    assert integrated_loudness(np.zeros(16000, np.float32), 16000) == SILENCE
    assert integrated_loudness(np.zeros(0, np.float32), 16000) == SILENCE
    assert true_peak(np.zeros(0, np.float32)) == SILENCE
    short = integrated_loudness(sine(997, 0.2, -20, 16000), 16000)
    assert short == pytest.approx(-23.0, abs=0.3)


@pytest.mark.parametrize(("phase", "level"), [(0, -6.0), (45, -6.0), (60, -6.0), (67.5, -6.0), (45, 3.0)])
def test_the_peak_between_the_samples(phase: float, level: float) -> None:
    """EBU Tech 3341, cases 15 to 19: a quarter of the rate; its peaks lie between the samples."""
    # Faded in: a tone that begins at once has higher peaks than itself.
    tone = sine(4000, 1, level, 16000, np.radians(phase))
    ramp = np.minimum(1, np.arange(len(tone)) / 4000).astype(np.float32)
    assert level - 0.4 <= true_peak(tone * ramp * ramp[::-1]) <= level + 0.2


def test_a_piece_at_a_time_is_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(7).normal(0, 0.1, 50_000).astype(np.float32)
    whole = integrated_loudness(samples, 16000), true_peak(samples)
    monkeypatch.setattr("officesmart_ivr.announcements.loudness._PIECE", 3200)
    assert (integrated_loudness(samples, 16000), true_peak(samples)) == pytest.approx(whole, abs=1e-3)
