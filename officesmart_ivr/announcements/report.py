"""What there is to say about a sound: how long, how loud, how clean, how quiet at its ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LOUDNESS_LUFS", "PEAK_DBTP", "Remark", "Report", "Treatment"]

LOUDNESS_LUFS = -20.0
PEAK_DBTP = -2.0
"""How loud announcements are, and how high their waves go at most: as the shipped prompts."""


@dataclass(frozen=True)
class Treatment:
    """How a converted sound is to come out.

    ``loudness`` in LUFS, ``true_peak`` (never exceeded) in dBTP; ``lead`` and ``tail`` are the seconds of
    silence that stay at the ends.
    """

    loudness: float = LOUDNESS_LUFS
    true_peak: float = PEAK_DBTP
    lead: float = 0.1
    tail: float = 0.2


class Remark(StrEnum):
    """What somebody should know before callers hear it."""

    SILENT = "silent"
    QUIET = "quiet"
    LOUD = "loud"
    CLIPPED = "clipped"
    STARTS_LATE = "starts-late"
    ENDS_LATE = "ends-late"
    LONG_PAUSE = "long-pause"
    NOT_SPEECH = "not-speech"


@dataclass(frozen=True)
class Report:
    """A sound as callers hear it: mono at 16 kHz.

    ``seconds`` is its length; ``loudness`` integrated, in LUFS, and ``true_peak`` in dBTP (ITU-R BS.1770-4),
    None for silence. ``clipped`` counts places where the wave of the file is cut off flat. ``leading``,
    ``trailing`` and ``pause`` are seconds of silence: before, after, and the longest between. ``speech`` is
    the share of the energy between 300 and 3400 Hz.
    """

    seconds: float
    loudness: float | None
    true_peak: float | None
    clipped: int
    leading: float
    trailing: float
    pause: float
    speech: float

    def remarks(self, target: float = LOUDNESS_LUFS) -> Iterator[Remark]:
        """Say what is amiss; ``target`` is the loudness that is wanted, in LUFS."""
        if self.loudness is None:
            yield Remark.SILENT
            return
        if self.loudness < target - 8:
            yield Remark.QUIET
        if self.loudness > target + 8:
            yield Remark.LOUD
        if self.clipped:
            yield Remark.CLIPPED
        if self.leading > 1.0:
            yield Remark.STARTS_LATE
        if self.trailing > 2.0:
            yield Remark.ENDS_LATE
        if self.pause > 3.0:
            yield Remark.LONG_PAUSE
        if self.speech < 0.2:
            yield Remark.NOT_SPEECH
