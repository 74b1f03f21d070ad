"""A clean announcement out of any sound: as loud as others, without clicks and silence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from officesmart_ivr.announcements.decode import decode
from officesmart_ivr.announcements.formats import PCM
from officesmart_ivr.announcements.loudness import (
    SILENCE,
    Samples,
    decibels,
    floating,
    gain,
    integrated_loudness,
    peaks,
    true_peak,
)
from officesmart_ivr.announcements.measure import FRAME, describe, sounding
from officesmart_ivr.announcements.report import Report, Treatment
from officesmart_ivr.errors import AnnouncementError

__all__ = ["Converted", "clean", "convert"]


MAX_GAIN_DB = 30.0
"""What is quieter than this would need is mostly noise."""
MAX_LIMITING_DB = 6.0
"""More than this taken off the peaks would be heard: the whole then stays quieter."""
FADE_SECONDS = 0.005
_LOOK_AHEAD = PCM.rate * 5 // 1000
_PIECE = 1 << 16


@dataclass(frozen=True)
class Converted:
    """Clean samples (16-bit, mono, 16 kHz), what came in and what came out."""

    samples: npt.NDArray[np.int16]
    before: Report
    after: Report
    coding: str
    channels: int
    rate: int


def convert(path: Path, treatment: Treatment | None = None) -> Converted:
    """Read a sound file and make a clean announcement of it.

    Raises AnnouncementError if it cannot be read, is longer than allowed, or holds only silence.
    """
    decoded = decode(path)
    before = describe(decoded.samples, decoded.clipped)
    if before.loudness is None:
        raise AnnouncementError(
            f"{path.name} holds only silence",
            remedy="Check the microphone and the level of the recording, and record it again.",
        )
    samples = clean(decoded.samples, treatment or Treatment())
    whole = np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16)
    after = describe(floating(whole))
    return Converted(whole, before, after, decoded.coding, decoded.channels, decoded.rate)


def clean(samples: Samples, treatment: Treatment) -> Samples:
    """Trim, level, limit and fade mono samples at 16 kHz that are more than silence."""
    centred = samples - np.float32(samples.mean(dtype=np.float64))
    trimmed = _trimmed(centred, treatment)
    return _faded(_levelled(trimmed, treatment))


def _trimmed(samples: Samples, treatment: Treatment) -> Samples:
    frames = sounding(samples)
    if not len(frames):
        return samples
    first = int(frames[0]) * FRAME - round(treatment.lead * PCM.rate)
    last = (int(frames[-1]) + 1) * FRAME + round(treatment.tail * PCM.rate)
    kept = samples[max(0, first) : last]
    # A sound that begins or ends at once still needs a moment: the first packets of a call may be lost.
    return np.pad(kept, (max(0, -first), max(0, last - len(samples))))


def _levelled(samples: Samples, treatment: Treatment) -> Samples:
    """Bring the loudness to the target, as far as the limits on gain and limiting allow."""
    loudness = integrated_loudness(samples, PCM.rate)
    if loudness == SILENCE:
        return samples
    highest = peaks(samples)
    headroom = treatment.true_peak + MAX_LIMITING_DB - decibels(float(highest.max()))
    change = np.float32(gain(min(treatment.loudness - loudness, MAX_GAIN_DB, headroom)))
    highest *= change
    limited = samples * change
    _limit(limited, highest, gain(treatment.true_peak))
    # The filters that look between the samples see a little more after the limiter than before it.
    over = true_peak(limited) - treatment.true_peak
    return limited * np.float32(gain(-over)) if over > 0 else limited


def _limit(samples: Samples, highest: Samples, limit: float) -> None:
    """Take off what goes beyond ``limit``, in place; ``highest`` says how high each sample's wave goes."""
    reach = 2 * _LOOK_AHEAD
    for start in range(0, len(samples), _PIECE):
        stop = min(start + _PIECE, len(samples))
        first = max(0, start - reach)
        near = highest[first : stop + reach]
        if near.max() > limit:
            samples[start:stop] *= _limiter(near, limit)[start - first : stop - first]


def _limiter(highest: Samples, limit: float) -> Samples:
    """Return the factor for each sample that keeps peaks below ``limit``: it moves slowly, and in time."""
    needed = np.minimum(np.float32(1.0), np.float32(limit) / np.maximum(highest, np.float32(1e-9)))
    # The least factor within the window, then its mean over the window: at each peak the mean is of factors
    # that all suffice for it.
    width = 2 * _LOOK_AHEAD + 1
    padded = np.pad(needed, _LOOK_AHEAD, constant_values=1.0)
    least = _least(padded, width)
    sums = np.cumsum(np.pad(least, (_LOOK_AHEAD + 1, _LOOK_AHEAD), mode="edge"), dtype=np.float64)
    return ((sums[width:] - sums[:-width]) / width).astype(np.float32)


def _least(values: Samples, width: int) -> Samples:
    """Return the least of each run of ``width`` values, by doubling the length that is looked at."""
    length = 1
    while length * 2 <= width:
        values = np.minimum(values[: len(values) - length], values[length:])
        length *= 2
    rest = width - length
    return np.minimum(values[: len(values) - rest], values[rest:]) if rest else values


def _faded(samples: Samples) -> Samples:
    """Let the sound come and go within a few milliseconds, so that a cut makes no click."""
    length = min(round(FADE_SECONDS * PCM.rate), len(samples) // 2)
    slope = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))).astype(np.float32)
    faded = samples.copy()
    faded[:length] *= slope
    faded[len(faded) - length :] *= slope[::-1]
    return faded
