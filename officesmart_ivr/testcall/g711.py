"""G.711, the sound coding of telephones: 8000 samples a second, one byte each (ITU-T G.711).

Samples are 16-bit signed integers. The tables are computed from the segments that the recommendation
describes: 8 segments of 16 steps, each segment's steps twice as wide as those of the one before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from officesmart_ivr.testcall.errors import PhoneError

SAMPLE_RATE = 8000
LAWS = ("PCMA", "PCMU")

_BUCKETS_PER_SAMPLE = 4
"""The encoder looks a sample up by its upper 14 bits: every decision value is a multiple of four."""


def decode(law: str, payload: bytes) -> list[int]:
    """The samples of an RTP payload. ``law`` is ``PCMA`` (A-law) or ``PCMU`` (µ-law)."""
    return list(map(decoder(law).__getitem__, payload))


def encode(law: str, samples: Iterable[int]) -> bytes:
    """The RTP payload of 16-bit samples."""
    table = _encoder(law)
    return bytes(table[(sample + 32768) // _BUCKETS_PER_SAMPLE] for sample in samples)


@cache
def decoder(law: str) -> Sequence[int]:
    """256 samples: what each code byte sounds like. Raises PhoneError for another coding than G.711."""
    if law not in LAWS:
        raise PhoneError(f"{law} is not a G.711 coding", remedy=f"Use one of {', '.join(LAWS)}.")
    return [_decode_a_law(code) if law == "PCMA" else _decode_mu_law(code) for code in range(256)]


@cache
def _encoder(law: str) -> bytes:
    """The code byte for each of the 16384 values of a sample's upper 14 bits: the code nearest to it."""
    sounds = decoder(law)
    # Both laws are symmetric, so one half of the codes, sorted by loudness, serves both signs.
    positive = sorted((code for code in range(256) if code & 0x80), key=sounds.__getitem__)
    middles = [(sounds[low] + sounds[high]) / 2 for low, high in pairwise(positive)]
    table = bytearray()
    for bucket in range(65536 // _BUCKETS_PER_SAMPLE):
        sample = bucket * _BUCKETS_PER_SAMPLE - 32768 + _BUCKETS_PER_SAMPLE // 2
        code = positive[bisect_right(middles, abs(sample))]
        table.append(code if sample >= 0 else code & 0x7F)
    return bytes(table)


def _decode_a_law(code: int) -> int:
    """G.711 table 1: even bits inverted; the lowest two segments have the same step."""
    code ^= 0x55
    step, segment = code & 0x0F, (code >> 4) & 0x07
    size = (step << 4) + 8
    if segment:
        size = (size + 0x100) << (segment - 1)
    return size if code & 0x80 else -size


def _decode_mu_law(code: int) -> int:
    """G.711 table 2: all bits inverted; a bias of 33 steps makes every segment a power of two."""
    code ^= 0xFF
    step, segment = code & 0x0F, (code >> 4) & 0x07
    size = (((step << 3) + 0x84) << segment) - 0x84
    return -size if code & 0x80 else size
