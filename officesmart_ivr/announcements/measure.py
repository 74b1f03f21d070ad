"""Finds out what a report tells of a sound. Needs NumPy; the report itself does not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from officesmart_ivr.announcements.formats import PCM
from officesmart_ivr.announcements.loudness import SILENCE, Samples, integrated_loudness, true_peak
from officesmart_ivr.announcements.report import Report

__all__ = ["FRAME", "describe", "sounding", "waveform"]

FRAME = PCM.rate // 100
"""Samples of the frames (10 ms) in which silence is looked for."""

_SILENCE_BELOW_LOUDEST_DB = -40.0
_SILENCE_DBFS = -60.0
_CLICK_SECONDS = 0.06
_CLICK_DISTANCE_SECONDS = 0.3

SPEECH_BAND = (300.0, 3400.0)
"""Hz; the band of the telephone network (ITU-T G.712)."""
_SPECTRUM = 4096


def describe(samples: Samples, clipped: int = 0) -> Report:
    """Examine mono samples at 16 kHz; ``clipped`` was counted where they come from."""
    seconds = len(samples) / PCM.rate
    loudness, highest = integrated_loudness(samples, PCM.rate), true_peak(samples)
    frames = sounding(samples)
    first, last = (int(frames[0]), int(frames[-1])) if len(frames) else (0, 0)
    pauses = np.diff(frames) - 1
    return Report(
        seconds=seconds,
        loudness=None if loudness == SILENCE else loudness,
        true_peak=None if highest == SILENCE else highest,
        clipped=clipped,
        leading=first * FRAME / PCM.rate if len(frames) else seconds,
        trailing=max(0.0, seconds - (last + 1) * FRAME / PCM.rate) if len(frames) else seconds,
        pause=int(pauses.max(initial=0)) * FRAME / PCM.rate,
        speech=_speech_share(samples),
    )


def sounding(samples: Samples) -> npt.NDArray[np.intp]:
    """Return the numbers of the frames in which there is something to hear.

    That is at most 40 dB below the loudest frame, and above -60 dBFS. A click that stands alone, as from a
    microphone's switch or at the end of a synthetic voice, is none.
    """
    padded = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    levels = np.sqrt(np.einsum("ij,ij->i", padded, padded) / FRAME)
    loudest = float(levels.max(initial=0.0))
    threshold = max(10 ** (_SILENCE_DBFS / 20), loudest * 10 ** (_SILENCE_BELOW_LOUDEST_DB / 20))
    frames = np.flatnonzero(levels > threshold)
    apart = _CLICK_DISTANCE_SECONDS * PCM.rate / FRAME
    groups = np.split(frames, np.flatnonzero(np.diff(frames) > apart) + 1)
    kept = [group for group in groups if len(group) * FRAME > _CLICK_SECONDS * PCM.rate]
    return np.concatenate(kept) if kept else frames


def waveform(samples: Samples, buckets: int) -> list[tuple[float, float]]:
    """Return the lowest and the highest sample of each of ``buckets`` equal parts, to draw the sound.

    There are fewer parts than asked for if there are fewer samples.
    """
    count = min(buckets, len(samples))
    if count == 0:
        return []
    starts = np.linspace(0, len(samples), count, endpoint=False).astype(np.intp)
    lows, highs = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return [(round(float(low), 4), round(float(high), 4)) for low, high in zip(lows, highs, strict=True)]


def _speech_share(samples: Samples) -> float:
    """Return the share of the energy that lies in the speech band, 0 for silence."""
    frequencies = np.fft.rfftfreq(_SPECTRUM, 1 / PCM.rate)
    inside = (frequencies >= SPEECH_BAND[0]) & (frequencies <= SPEECH_BAND[1])
    window = np.hanning(_SPECTRUM)
    total = speech = 0.0
    for start in range(0, len(samples), _SPECTRUM):
        piece = samples[start : start + _SPECTRUM]
        power = np.abs(np.fft.rfft(piece * window[: len(piece)], _SPECTRUM)) ** 2
        total += float(power.sum())
        speech += float(power[inside].sum())
    return speech / total if total > 0 else 0.0
