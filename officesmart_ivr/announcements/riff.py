"""The chunks of a RIFF file, read without trusting any length in it.

Only chunk headers are read, each length is held against the bytes that are really there, and the number of
chunks is bounded. The layout is that of Microsoft's "Multimedia Programming Interface and Data
Specifications 1.0".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

__all__ = ["MAX_CHUNKS", "MP4", "Chunk", "printable", "wave_chunks"]

MAX_CHUNKS = 256
"""More chunks than any editor writes; a file made of thousands would only cost time."""

_RIFF_HEADER = struct.Struct("<4sI4s")
_CHUNK_HEADER = struct.Struct("<4sI")
_NEVER_FILLED_IN = (0, 0xFFFFFFFF)

MP3 = "it is an MP3 file, not a WAV file"
MP4 = "it is an MP4 file (M4A), not a WAV file"

_OTHER_FILES: Mapping[bytes, str] = MappingProxyType(
    {
        b"RIFX": "it is a big-endian RIFX file",
        b"RF64": "it is a 64-bit RF64 file",
        b"BW64": "it is a 64-bit BW64 file",
        b"FORM": "it is an AIFF file, not a WAV file",
        b"OggS": "it is an Ogg file, not a WAV file",
        b"fLaC": "it is a FLAC file, not a WAV file",
        b"caff": "it is a CAF file, not a WAV file",
        b".snd": "it is an AU file, not a WAV file",
        b"riff": "it is a Wave64 file",
        **{b"ID3" + bytes([version]): MP3 for version in (2, 3, 4)},
    }
)


class Chunk(NamedTuple):
    """A chunk; ``offset`` and ``length`` are those of the part of its content that is inside the file."""

    name: bytes
    offset: int
    length: int


def wave_chunks(stream: BinaryIO, faults: list[str]) -> list[Chunk]:
    """List the chunks of the WAV file open as ``stream`` (seekable).

    Whatever is wrong is added to ``faults`` in words; after a fault that hides the rest the list ends early.
    Raises struct.error if the file becomes shorter meanwhile.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(_RIFF_HEADER.size)
    other = _what_else(head, size)
    if other:
        faults.append(other)
        return []
    return _walk(stream, _end_of_riff(head, size, faults), faults)


def printable(name: bytes) -> str:
    """Return a chunk's name as it may stand in a message."""
    return repr(name.decode("latin-1"))


def _what_else(head: bytes, size: int) -> str:
    """Say what the file is if it is no WAV file, else nothing."""
    if size == 0:
        return "the file is empty"
    if head[:4] in _OTHER_FILES:
        return _OTHER_FILES[head[:4]]
    if head[4:8] == b"ftyp":
        return MP4
    if _begins_mpeg_frame(head):
        return MP3
    if head[:4] != b"RIFF":
        return "it is not a WAV file (it does not begin with RIFF)"
    if len(head) < _RIFF_HEADER.size:
        return f"it is cut off after {size} bytes"
    if head[8:] != b"WAVE":
        return f"it is a RIFF file of type {printable(head[8:])}, not a WAV file"
    return ""


def _begins_mpeg_frame(head: bytes) -> bool:
    """Say whether an MPEG audio frame of layer III begins here, as in an MP3 file without tags."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _end_of_riff(head: bytes, size: int, faults: list[str]) -> int:
    """Return the offset at which the chunks end; a length in the header that lies is a fault."""
    announced: int = _RIFF_HEADER.unpack(head)[1]
    end = announced + _CHUNK_HEADER.size
    if announced in _NEVER_FILLED_IN:
        faults.append("its length was never filled in (a recording cut off, or written to a pipe)")
        return size
    # Writers disagree whether the pad byte after an odd last chunk counts, and some leave it out.
    if end > size + 1:
        faults.append(f"it is cut off: its header announces {end} bytes, here are {size}")
    elif end < size - 1:
        faults.append(f"{size - end} bytes follow after the end that its header announces")
        # The header's length is as likely wrong as the rest: look on for what else is amiss.
        return size
    return min(end, size)


def _walk(stream: BinaryIO, end: int, faults: list[str]) -> list[Chunk]:
    """List the chunks up to ``end``. One that does not fit is a fault and the last one looked at."""
    chunks: list[Chunk] = []
    position = _RIFF_HEADER.size
    while position < end:
        if len(chunks) == MAX_CHUNKS:
            faults.append(f"it has more than {MAX_CHUNKS} chunks")
            break
        if end - position < _CHUNK_HEADER.size:
            faults.append(f"the chunk at byte {position} is cut off")
            break
        stream.seek(position)
        name, length = _CHUNK_HEADER.unpack(stream.read(_CHUNK_HEADER.size))
        if not all(0x20 <= byte < 0x7F for byte in name):
            faults.append(f"at byte {position} a chunk should begin, but none does")
            break
        position += _CHUNK_HEADER.size
        if length > end - position:
            faults.append(f"chunk {printable(name)} announces {length} bytes, but {end - position} follow")
        chunks.append(Chunk(name, position, min(length, end - position)))
        position += length + length % 2
    return chunks
