"""A word of tones for each announcement and each voice, so that what a caller hears says which one it is.

A word is a tone of the first set, then one of the second, and so on: the sets have no tone in common, so a
word begins where a tone of the first set is heard, whatever was heard before, even when one announcement
follows itself. Words are as short as their number allows; 27 tones are 169 words of two, 729 of three.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import product

from officesmart_ivr.testcall.heard import Segment
from officesmart_ivr.testcall.tones import SILENCE, TONES, Detector, tone

BUSY_TONE = 425
"""Hz, the Italian one, which is also the ringing tone; the cadence tells them apart."""

TONE_SECONDS = 0.08
"""Four frames. The one in which a tone gives way to the next may be lost to the detector."""

LAST_SECONDS = 0.24
"""How long the last tone of an announcement lasts: a key that is pressed after the word comes into it."""

_LETTERS = tuple(frequency for frequency in TONES if frequency >= 700)
"""Far from the tones of the country and their overtones."""


class Codewords:
    """The words of so many names. Share ``detector`` between all phones that are to understand them."""

    def __init__(self, names: Iterable[str]) -> None:
        known = tuple(dict.fromkeys(names))
        letters = 2
        while (len(_LETTERS) // letters) ** letters < len(known):
            letters += 1
        size = len(_LETTERS) // letters
        self._sets = [_LETTERS[at * size : (at + 1) * size] for at in range(letters)]
        self._words = dict(zip(known, product(*self._sets), strict=False))
        self._names = {word: name for name, word in self._words.items()}
        self.detector = Detector((*_LETTERS, BUSY_TONE))

    def sound(self, name: str, *, rate: int, last_seconds: float = LAST_SECONDS) -> array[int]:
        """Return the word of a name as 16-bit samples."""
        *first, last = self._words[name]
        samples: array[int] = array("h")
        for frequency in first:
            samples += tone(frequency, TONE_SECONDS, rate=rate)
        return samples + tone(last, last_seconds, rate=rate)

    def heard(self, segments: Sequence[Segment]) -> list[tuple[str, int]]:
        """Return which names were heard, and when each began (monotonic, ns); half a word is none."""
        found: list[tuple[str, int]] = []
        word: list[int] = []
        began = 0
        for segment in segments:
            if segment.sound == SILENCE:
                continue
            if segment.sound in self._sets[0]:
                word, began = [segment.sound], segment.first_ns
            elif word and segment.sound in self._sets[len(word)]:
                word.append(segment.sound)
            else:
                word = []
            if len(word) == len(self._sets):
                if name := self._names.get(tuple(word)):
                    found.append((name, began))
                word = []
        return found
