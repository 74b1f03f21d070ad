"""WAV files as we write them: the plainest that every program reads, and that we accept ourselves."""

from __future__ import annotations

import struct

from officesmart_ivr.announcements.formats import PCM, SoundFormat

__all__ = ["wave_file"]


def wave_file(sound_format: SoundFormat, content: bytes) -> bytes:
    """Return a WAV file with this bare mono sound in it."""
    frame = sound_format.bits // 8
    fmt = struct.pack(
        "<HHIIHH",
        *(sound_format.tag, 1, sound_format.rate, sound_format.rate * frame, frame, sound_format.bits),
    )
    # What is not PCM has the length of an extension, and the count of its samples (RFC 2361; Microsoft's
    # "New Multimedia Data Types and Data Techniques").
    more = b"" if sound_format is PCM else _chunk(b"fact", struct.pack("<I", len(content) // frame))
    chunks = _chunk(b"fmt ", fmt if sound_format is PCM else fmt + bytes(2)) + more + _chunk(b"data", content)
    return _chunk(b"RIFF", b"WAVE" + chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
