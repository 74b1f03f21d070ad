"""Tones: making them, and telling which one a 20 ms frame of telephone sound holds.

Tests give every announcement a tone of its own, so that what a caller hears says which one plays.
A frame of 20 ms separates tones that lie 50 Hz apart; keep those of a test at least 100 Hz apart.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from operator import mul
from pathlib import Path
from typing import NamedTuple

from officesmart_ivr.testcall import g711

FRAME_SECONDS = 0.02
FRAME_SAMPLES = 160

SILENCE = 0
"""The sound of a frame without sound."""
OTHER_SOUND = -1
"""The sound of a frame of speech, noise, music or a tone that the detector does not know."""

TONES = tuple(range(400, 3400, 100))
"""The tones (Hz) that a test may use without thinking: in the telephone band, above the pitch of voices."""

_REMEMBERED_FRAMES = 8192
_CERTAIN_PURITY = 0.95
"""Telephone tones reach 0.99 and more; vowels of real speech hardly ever 0.95 for two frames in a row."""


class Frame(NamedTuple):
    """What a frame holds. ``certain`` tells that it is a tone from end to end, or no tone at all."""

    sound: int
    certain: bool


class Detector:
    """Tells which known tone a frame holds. Share one between all calls: it remembers frames it has seen.

    A tone whose frequency is a multiple of 50 Hz repeats itself exactly from frame to frame, so nearly
    all frames of test announcements are recognised by a look in a dictionary.

    ``frequencies`` are in Hz. ``quietest`` is the level, in dB below a full-scale sine, under which a
    frame is silence. ``purity`` is the share of a frame's energy that has to be in the tone: it is also
    the share of the frame that the tone has to fill where it starts or ends inside it. (A prompt that
    Asterisk brings down from 16 kHz fills three quarters of its first frame.)
    """

    def __init__(
        self, frequencies: Iterable[int] = TONES, *, quietest: float = -45.0, purity: float = 0.6
    ) -> None:
        self.frequencies = tuple(frequencies)
        self._quietest_energy = 0.5 * (32768 * 10 ** (quietest / 20)) ** 2
        self._purity = purity
        self._waves = {frequency: _waves(frequency, FRAME_SAMPLES) for frequency in self.frequencies}
        self._remembered: dict[tuple[str, bytes], Frame] = {}

    def frame_of(self, law: str, payload: bytes) -> Frame:
        """What a G.711 payload holds."""
        key = (law, payload)
        frame = self._remembered.get(key)
        if frame is None:
            if len(self._remembered) >= _REMEMBERED_FRAMES:
                self._remembered.clear()
            frame = self._remembered[key] = self.frame(g711.decode(law, payload))
        return frame

    def frame(self, samples: Sequence[int]) -> Frame:
        """What some milliseconds of 16-bit samples at 8 kHz hold."""
        count = len(samples)
        energy = sum(map(mul, samples, samples))
        if count == 0 or energy < self._quietest_energy * count:
            return Frame(SILENCE, certain=True)
        for frequency, (cosine, sine) in self._waves.items():
            if count != FRAME_SAMPLES:
                cosine, sine = _waves(frequency, count)
            in_phase, across = sum(map(mul, samples, cosine)), sum(map(mul, samples, sine))
            # Divided by what a pure sine of the whole frame gives.
            purity = (in_phase * in_phase + across * across) / (energy * count / 2)
            if purity >= self._purity:
                return Frame(frequency, certain=purity >= _CERTAIN_PURITY)
        return Frame(OTHER_SOUND, certain=True)


def tone(
    frequency: float, seconds: float, *, rate: int = g711.SAMPLE_RATE, level: float = -12.0
) -> array[int]:
    """A sine as 16-bit samples; ``level`` in dB below the loudest sine that fits."""
    peak = 32767 * 10 ** (level / 20)
    turn = 2 * math.pi * frequency / rate
    return array("h", (round(peak * math.sin(turn * index)) for index in range(round(seconds * rate))))


def write_wave(path: Path, samples: array[int], *, rate: int = 16000) -> None:
    """Write mono 16-bit PCM as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def _waves(frequency: float, count: int) -> tuple[list[float], list[float]]:
    """One cosine and one sine of ``count`` samples at 8 kHz: Goertzel's filter written as two products."""
    turn = 2 * math.pi * frequency / g711.SAMPLE_RATE
    return [math.cos(turn * n) for n in range(count)], [math.sin(turn * n) for n in range(count)]
