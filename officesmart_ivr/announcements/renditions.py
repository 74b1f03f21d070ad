"""The files of one clip: the same sound once in each coding, under one name with several extensions.

Asterisk plays the one that is in the caller's coding; where none is, it recodes the best. Two files of one of
its formats under one name would confuse it, so each extension here stands for a format of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from officesmart_ivr.announcements.formats import A_LAW, MU_LAW, PCM, SoundFormat

__all__ = ["EXTENSIONS", "G722_EXTENSION", "lengths", "missing"]

G722_EXTENSION = "g722"
EXTENSIONS = (PCM.extension, A_LAW.extension, MU_LAW.extension, G722_EXTENSION)


def lengths(source: SoundFormat, length: int) -> Mapping[str, int]:
    """Return how many bytes each file has, by extension, for ``length`` bytes of sound in ``source``."""
    wide = length // 2 if source is PCM else length * 2  # samples at 16 kHz
    half = -(-wide // 2)
    return {
        PCM.extension: wide * 2,
        A_LAW.extension: half,
        MU_LAW.extension: half,
        G722_EXTENSION: half,
    }


def missing(stem: Path, wanted: Mapping[str, int]) -> Iterable[str]:
    """Return the extensions of the files that are not there in full length. ``stem`` has no extension."""
    for extension, length in wanted.items():
        try:
            is_whole = stem.with_suffix(f".{extension}").stat().st_size == length
        except OSError:
            is_whole = False
        if not is_whole:
            yield extension
