"""How loud a sound is: integrated loudness and true peak, by ITU-R BS.1770-4.

Everything here works on mono samples between -1 and 1 (float32), a piece at a time, so that ten minutes cost
no more memory than a few seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soxr

__all__ = ["SILENCE", "Samples", "decibels", "floating", "gain", "integrated_loudness", "peaks", "true_peak"]

Samples = npt.NDArray[np.float32]

SILENCE = -math.inf
"""The level of nothing, in dB."""

_BLOCK_SECONDS = 0.4
_HOPS_PER_BLOCK = 4  # blocks overlap by 75 %
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LU = -0.691  # makes up for what the weighting adds at 1 kHz

_LOW_CUT_Q = 0.5003270373238773

_OVERSAMPLING = 4
_MARGIN = 256
"""Samples beside a piece that are raised with it: more than the filter's reach."""
_PIECE = 1 << 16


def decibels(level: float) -> float:
    """Return a level (1 is full scale) in dB; SILENCE for none."""
    return 20 * math.log10(level) if level > 0 else SILENCE


def floating(samples: npt.NDArray[np.int16]) -> Samples:
    """Return 16-bit samples as such between -1 and 1."""
    return np.divide(samples, 32768, dtype=np.float32)


def gain(change_db: float) -> float:
    """Return the factor of a change in dB."""
    return 10 ** (change_db / 20)


def integrated_loudness(samples: Samples, rate: int) -> float:
    """Return the loudness in LUFS, gated as the recommendation says; SILENCE if nothing passes the gates.

    A sound that is shorter than a block of 0.4 s counts as one block.
    """
    hop = round(rate * _BLOCK_SECONDS / _HOPS_PER_BLOCK)
    sums = np.concatenate([_squares(piece, hop) for piece in _weighted(samples, rate, hop)] or [np.zeros(0)])
    if len(samples) < hop * _HOPS_PER_BLOCK:
        blocks = np.array([sums.sum() / max(len(samples), 1)])
    else:
        whole = sums[: len(samples) // hop]
        blocks = np.convolve(whole, np.ones(_HOPS_PER_BLOCK), mode="valid") / (hop * _HOPS_PER_BLOCK)
    loud = blocks[blocks > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return SILENCE
    loud = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return _OFFSET_LU + 10 * math.log10(loud.mean())


def peaks(samples: Samples) -> Samples:
    """Return for each sample how high the wave goes from there to the next one, between the samples too."""
    highest = np.empty(len(samples), np.float32)
    for start in range(0, len(samples), _PIECE):
        stop = min(start + _PIECE, len(samples))
        first, last = max(0, start - _MARGIN), min(len(samples), stop + _MARGIN)
        raised = np.abs(soxr.resample(samples[first:last], 1, _OVERSAMPLING, quality="HQ"))
        whole = np.zeros((last - first) * _OVERSAMPLING, np.float32)
        whole[: len(raised)] = raised[: len(whole)]
        highest[start:stop] = whole.reshape(-1, _OVERSAMPLING).max(axis=1)[start - first : stop - first]
    return np.maximum(highest, np.abs(samples))


def true_peak(samples: Samples) -> float:
    """Return the highest point of the wave in dBTP, between the samples too."""
    return decibels(float(peaks(samples).max(initial=0.0)))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_LU) / 10))


def _squares(piece: npt.NDArray[np.float64], hop: int) -> npt.NDArray[np.float64]:
    """Return the sum of squares of each hop; the last one may be shorter."""
    padded = np.pad(piece, (0, -len(piece) % hop))
    squares: npt.NDArray[np.float64] = (padded.reshape(-1, hop) ** 2).sum(axis=1)
    return squares


def _weighted(samples: Samples, rate: int, hop: int) -> Iterator[npt.NDArray[np.float64]]:
    """Filter as the recommendation weights frequencies, in pieces of whole hops.

    The filter has feedback, which NumPy cannot run fast; but its answer to an impulse has died away after a
    tenth of a second, so it is convolved with that, by Fourier transforms.
    """
    impulse = _impulse_response(rate)
    length = hop * max(1, _PIECE // hop)
    reach = len(impulse) - 1
    size = 1 << (length + 2 * reach).bit_length()
    spectrum = np.fft.rfft(impulse, size)
    for start in range(0, len(samples), length):
        stop = min(start + length, len(samples))
        first = max(0, start - reach)
        filtered = np.fft.irfft(np.fft.rfft(samples[first:stop].astype(np.float64), size) * spectrum, size)
        yield filtered[start - first : stop - first]


def _impulse_response(rate: int) -> npt.NDArray[np.float64]:
    """Return what both stages of the weighting make of an impulse, for 0.15 s."""
    answer = [1.0] + [0.0] * (round(0.15 * rate) - 1)
    for b, a in (_head(rate), _low_cut(rate)):
        answer = _recursive(answer, b, a)
    return np.array(answer)


_Coefficients = tuple[float, float, float]


def _head(rate: int) -> tuple[_Coefficients, _Coefficients]:
    """Return the shelf that stands for the head: the recommendation's for 48 kHz, for any rate."""
    k, q = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    b = (
        (high + band * k / q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
    )
    return b, (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0)


def _low_cut(rate: int) -> tuple[_Coefficients, _Coefficients]:
    """Return the second stage in the same way, as strong at any rate as it is at 48 kHz."""
    k, a0 = _low_cut_scale(rate)
    strength = _low_cut_scale(48_000)[1] / a0
    b = (strength, -2 * strength, strength)
    return b, (1.0, 2 * (k * k - 1) / a0, (1 - k / _LOW_CUT_Q + k * k) / a0)


def _low_cut_scale(rate: int) -> tuple[float, float]:
    k = math.tan(math.pi * 38.13547087602444 / rate)
    return k, 1 + k / _LOW_CUT_Q + k * k


def _recursive(samples: list[float], b: _Coefficients, a: _Coefficients) -> list[float]:
    made: list[float] = []
    x1 = x2 = y1 = y2 = 0.0
    for x in samples:
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
        x1, x2, y1, y2 = x, x1, y, y1
        made.append(y)
    return made
