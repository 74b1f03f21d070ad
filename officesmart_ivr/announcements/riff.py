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

from officesmart_ivr.messages import Message, say

__all__ = ["MAX_CHUNKS", "MP4", "Chunk", "printable", "wave_chunks"]

MAX_CHUNKS = 256
"""More chunks than any editor writes; a file made of thousands would only cost time."""

_RIFF_HEADER = struct.Struct("<4sI4s")
_CHUNK_HEADER = struct.Struct("<4sI")
_NEVER_FILLED_IN = (0, 0xFFFFFFFF)

MP3 = say("it is an MP3 file, not a WAV file")
MP4 = say("it is an MP4 file (M4A), not a WAV file")

_OTHER_FILES: Mapping[bytes, Message] = MappingProxyType(
    {
        b"RIFX": say("it is a big-endian RIFX file"),
        b"RF64": say("it is a 64-bit RF64 file"),
        b"BW64": say("it is a 64-bit BW64 file"),
        b"FORM": say("it is an AIFF file, not a WAV file"),
        b"OggS": say("it is an Ogg file, not a WAV file"),
        b"fLaC": say("it is a FLAC file, not a WAV file"),
        b"caff": say("it is a CAF file, not a WAV file"),
        b".snd": say("it is an AU file, not a WAV file"),
        b"riff": say("it is a Wave64 file"),
        **{b"ID3" + bytes([version]): MP3 for version in (2, 3, 4)},
    }
)


class Chunk(NamedTuple):
    """A chunk; ``offset`` and ``length`` are those of the part of its content that is inside the file."""

    name: bytes
    offset: int
    length: int


def wave_chunks(stream: BinaryIO, faults: list[Message]) -> list[Chunk]:
    """List the chunks of the WAV file open as ``stream`` (seekable).

    Whatever is wrong is added to ``faults`` in words; after a fault that hides the rest the list ends early.
    Raises struct.error if the file becomes shorter meanwhile.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(_RIFF_HEADER.size)
    other = _what_else(head, size)
    if other is not None:
        faults.append(other)
        return []
    return _walk(stream, _end_of_riff(head, size, faults), faults)


def printable(name: bytes) -> str:
    """Return a chunk's name as it may stand in a message."""
    return repr(name.decode("latin-1"))


def _what_else(head: bytes, size: int) -> Message | None:
    """Say what the file is if it is no WAV file, else nothing."""
    if size == 0:
        return say("the file is empty")
    if head[:4] in _OTHER_FILES:
        return _OTHER_FILES[head[:4]]
    if head[4:8] == b"ftyp":
        return MP4
    if _begins_mpeg_frame(head):
        return MP3
    if head[:4] != b"RIFF":
        return say("it is not a WAV file (it does not begin with RIFF)")
    if len(head) < _RIFF_HEADER.size:
        return say("it is cut off after {size} bytes", size=size)
    if head[8:] != b"WAVE":
        return say("it is a RIFF file of type {type}, not a WAV file", type=printable(head[8:]))
    return None


def _begins_mpeg_frame(head: bytes) -> bool:
    """Say whether an MPEG audio frame of layer III begins here, as in an MP3 file without tags."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _end_of_riff(head: bytes, size: int, faults: list[Message]) -> int:
    """Return the offset at which the chunks end; a length in the header that lies is a fault."""
    announced: int = _RIFF_HEADER.unpack(head)[1]
    end = announced + _CHUNK_HEADER.size
    if announced in _NEVER_FILLED_IN:
        faults.append(say("its length was never filled in (a recording cut off, or written to a pipe)"))
        return size
    # Writers disagree whether the pad byte after an odd last chunk counts, and some leave it out.
    if end > size + 1:
        faults.append(
            say(
                "it is cut off: its header announces {announced} bytes, here are {size}",
                announced=end,
                size=size,
            )
        )
    elif end < size - 1:
        faults.append(say("{count} bytes follow after the end that its header announces", count=size - end))
        # The header's length is as likely wrong as the rest: look on for what else is amiss.
        return size
    return min(end, size)


def _walk(stream: BinaryIO, end: int, faults: list[Message]) -> list[Chunk]:
    """List the chunks up to ``end``. One that does not fit is a fault and the last one looked at."""
    chunks: list[Chunk] = []
    position = _RIFF_HEADER.size
    while position < end:
        if len(chunks) == MAX_CHUNKS:
            faults.append(say("it has more than {most} chunks", most=MAX_CHUNKS))
            break
        if end - position < _CHUNK_HEADER.size:
            faults.append(say("the chunk at byte {position} is cut off", position=position))
            break
        stream.seek(position)
        name, length = _CHUNK_HEADER.unpack(stream.read(_CHUNK_HEADER.size))
        if not all(0x20 <= byte < 0x7F for byte in name):
            faults.append(say("at byte {position} a chunk should begin, but none does", position=position))
            break
        position += _CHUNK_HEADER.size
        if length > end - position:
            faults.append(
                say(
                    "chunk {chunk} announces {length} bytes, but {left} follow",
                    chunk=printable(name),
                    length=length,
                    left=end - position,
                )
            )
        chunks.append(Chunk(name, position, min(length, end - position)))
        position += length + length % 2
    return chunks
