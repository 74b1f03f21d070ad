"""Which sound files are accepted, recognised from their content alone.

Two kinds of WAV file are: 16-bit PCM, mono, 16 kHz; and G.711 (A-law or µ-law), 8-bit, mono, 8 kHz. The
format tags are those of RFC 2361, as such or inside Microsoft's ``WAVEFORMATEXTENSIBLE``.
"""

from __future__ import annotations

import os
import shlex
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from officesmart_ivr.announcements.riff import MP4, Chunk, printable, wave_chunks
from officesmart_ivr.errors import AnnouncementError
from officesmart_ivr.messages import Message, Text, joined, say

__all__ = [
    "ACCEPTED",
    "A_LAW",
    "MAX_SECONDS",
    "MU_LAW",
    "PCM",
    "Sound",
    "SoundFormat",
    "by_extension",
    "inspect",
    "inspect_stream",
    "open_sound",
    "read_samples",
    "read_sound",
]

MAX_SECONDS = 600
"""The longest announcement accepted."""

ACCEPTED = say(
    "Accepted are WAV files with 16-bit PCM, mono, 16000 samples/s, or with G.711 (A-law or µ-law), 8-bit, "
    "mono, 8000 samples/s, of at most {most} minutes.",
    most=MAX_SECONDS // 60,
)


@dataclass(frozen=True)
class SoundFormat:
    """An accepted coding.

    ``tag`` is its number in WAV files, ``rate`` in samples/s; ``extension`` is Asterisk's name for it without
    a header.
    """

    name: str
    tag: int
    rate: int
    bits: int
    extension: str

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second of mono sound."""
        return self.rate * self.bits // 8


PCM = SoundFormat("16-bit PCM", tag=0x0001, rate=16000, bits=16, extension="sln16")
A_LAW = SoundFormat("G.711 A-law", tag=0x0006, rate=8000, bits=8, extension="alaw")
MU_LAW = SoundFormat("G.711 µ-law", tag=0x0007, rate=8000, bits=8, extension="ulaw")

_ACCEPTED: Mapping[int, SoundFormat] = MappingProxyType(
    {accepted.tag: accepted for accepted in (PCM, A_LAW, MU_LAW)}
)
_RATES = tuple(sorted({accepted.rate for accepted in _ACCEPTED.values()}))
_REFUSED: Mapping[int, Text] = MappingProxyType(
    {
        0x0002: "Microsoft ADPCM",
        0x0003: say("floating point"),
        0x0011: "IMA ADPCM",
        0x0031: "GSM 6.10",
        0x0055: "MP3",
    }
)


def by_extension(extension: str) -> SoundFormat:
    """Return the accepted coding whose bare files have this extension. Raises KeyError for none."""
    return {accepted.extension: accepted for accepted in _ACCEPTED.values()}[extension]


@dataclass(frozen=True)
class Sound:
    """An accepted file: its coding, its length, and where in the file the bare samples lie (in bytes)."""

    format: SoundFormat
    seconds: float
    data_offset: int
    data_length: int


def open_sound(path: Path) -> BinaryIO:
    """Open a regular file for reading; the last part of ``path`` may not be a symbolic link.

    Raises AnnouncementError when that is not possible.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise AnnouncementError(
            say("{file} cannot be read: {reason}", file=path.name, reason=error.strerror),
            remedy=say("Check that {path} is there and readable.", path=path),
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AnnouncementError(say("{file} is not a file", file=path.name), remedy=ACCEPTED)
    return os.fdopen(descriptor, "rb")


def inspect(path: Path) -> Sound:
    """Recognise the sound file at ``path``; only its headers are read.

    Raises AnnouncementError that names every fault found.
    """
    with open_sound(Path(os.path.realpath(path))) as stream:
        return inspect_stream(stream, path)


def inspect_stream(stream: BinaryIO, path: Path) -> Sound:
    """Recognise the sound file open as ``stream`` (seekable); ``path`` is for the error's words.

    Raises AnnouncementError that names every fault found, and the command that would convert the file.
    """
    faults: list[Message] = []
    try:
        sound = _examine(stream, faults)
    except struct.error:
        faults.append(say("it became shorter while it was read"))
        sound = None
    except OSError as error:
        faults.append(say("it cannot be read ({reason})", reason=error.strerror))
        sound = None
    if sound is None or faults:
        raise AnnouncementError(
            say("{file} is not an accepted sound: {faults}", file=path.name, faults=joined("; ", faults)),
            faults=faults,
            remedy=say(
                "{accepted} Convert it: {commands}",
                accepted=ACCEPTED,
                commands=_conversion(path, by_us=MP4 not in faults),
            ),
        )
    return sound


def read_sound(path: Path) -> tuple[Sound, bytes]:
    """Recognise the sound file at ``path`` and return its bare samples as well.

    Raises AnnouncementError as :func:`inspect` does.
    """
    with open_sound(Path(os.path.realpath(path))) as stream:
        return read_samples(stream, path)


def read_samples(stream: BinaryIO, path: Path) -> tuple[Sound, bytes]:
    """Do so with the file open as ``stream``: what lies at ``path`` may be replaced meanwhile."""
    sound = inspect_stream(stream, path)
    try:
        stream.seek(sound.data_offset)
        samples = stream.read(sound.data_length)
    except OSError as error:
        raise AnnouncementError(
            say("{file} cannot be read: {reason}", file=path.name, reason=error.strerror)
        ) from error
    if len(samples) != sound.data_length:
        raise AnnouncementError(say("{file} became shorter while it was read", file=path.name))
    return sound, samples


def _conversion(path: Path, *, by_us: bool) -> Text:
    """Return the commands that make an accepted file of this one, the best first."""
    target = path.with_name(f"{path.stem}-clean.wav" if path.suffix == ".wav" else f"{path.stem}.wav")
    source, made = shlex.quote(str(path)), shlex.quote(str(target))
    ffmpeg = f"ffmpeg -i {source} -ac 1 -ar 16000 -c:a pcm_s16le {made}"
    if not by_us:
        return ffmpeg
    ours = f"officesmart-ivr announcement convert {source} {made}"
    return say("{command}, or: {other}", command=ours, other=ffmpeg)


def _examine(stream: BinaryIO, faults: list[Message]) -> Sound | None:
    """Collect all faults; without any, return what the file is."""
    chunks = wave_chunks(stream, faults)
    if not chunks and faults:
        return None
    fmt = _only(chunks, b"fmt ", faults)
    data = _only(chunks, b"data", faults)
    if fmt and data and fmt.offset > data.offset:
        faults.append(say("the 'fmt ' chunk comes after the sound"))
    coding = _coding(stream, fmt, faults) if fmt else None
    if data and data.length == 0:
        faults.append(say("it holds no sound"))
    if data is None or coding is None:
        return None
    return Sound(coding.format, _seconds(data, coding, faults), data.offset, data.length)


def _only(chunks: list[Chunk], name: bytes, faults: list[Message]) -> Chunk | None:
    """Return the first chunk called ``name``; none, or more than one, is a fault."""
    found = [chunk for chunk in chunks if chunk.name == name]
    if not found:
        faults.append(say("it has no {chunk} chunk", chunk=printable(name)))
        return None
    if len(found) > 1:
        faults.append(say("it has {count} {chunk} chunks", count=len(found), chunk=printable(name)))
    return found[0]


def _seconds(data: Chunk, coding: _Coding, faults: list[Message]) -> float:
    """Return how long the sound lasts; half a sample, or too much, is a fault."""
    if data.length % (coding.format.bits // 8):
        faults.append(say("its sound of {length} bytes ends inside a sample", length=data.length))
    seconds = data.length / (coding.bytes_per_second or coding.format.bytes_per_second)
    if seconds > MAX_SECONDS:
        faults.append(
            say("it lasts {seconds} seconds (at most {most})", seconds=round(seconds), most=MAX_SECONDS)
        )
    return seconds


# ------------------------------------------------------------------------------------- the ``fmt`` chunk

_FMT = struct.Struct("<HHIIHH")
_FMT_EXTENSION = struct.Struct("<HHII12s")
_EXTENSION_BYTES = 22  # as the chunk counts them: without the two that hold the count
_EXTENSIBLE = 0xFFFE
# The last 12 bytes of a subformat's GUID XXXXXXXX-0000-0010-8000-00AA00389B71; the first 4 hold a format tag.
_SUBFORMAT_TAIL = bytes.fromhex("0000 1000 8000 00AA00389B71")


class _Coding(NamedTuple):
    """What the ``fmt`` chunk says: an accepted coding, and the bytes of a second as the file counts them."""

    format: SoundFormat
    bytes_per_second: int


def _coding(stream: BinaryIO, chunk: Chunk, faults: list[Message]) -> _Coding | None:
    """Read the ``fmt`` chunk and hold it against the accepted codings; None if it is of none of them."""
    if chunk.length < _FMT.size:
        faults.append(
            say("the 'fmt ' chunk has {length} bytes, it needs {least}", length=chunk.length, least=_FMT.size)
        )
        return None
    stream.seek(chunk.offset)
    content = stream.read(min(chunk.length, _FMT.size + _FMT_EXTENSION.size))
    tag, channels, rate, bytes_per_second, frame, bits = _FMT.unpack_from(content)
    if tag == _EXTENSIBLE:
        tag = _extensible_tag(content, bits, faults)
    accepted = _ACCEPTED.get(tag)
    if accepted is None:
        faults.append(
            say(
                "its sound is coded as {coding} (format tag {tag})",
                coding=_REFUSED.get(tag, say("something else")),
                tag=f"{tag:#06x}",
            )
        )
    elif bits != accepted.bits:
        faults.append(
            say(
                "{bits} bits per sample ({coding} needs {needed})",
                bits=bits,
                coding=accepted.name,
                needed=accepted.bits,
            )
        )
    if channels != 1:
        faults.append(say("{channels} channels (must be 1, mono)", channels=channels))
    if rate not in ((accepted.rate,) if accepted else _RATES):
        faults.append(
            say(
                "{rate} samples/s ({coding} needs {needed})",
                rate=rate,
                coding=accepted.name,
                needed=accepted.rate,
            )
            if accepted
            else say("{rate} samples/s (8000 or 16000 are accepted)", rate=rate)
        )
    # Held against the file's own values, so that a stereo file is told one fault and not three.
    if accepted and (frame != channels * bits // 8 or bytes_per_second != rate * frame):
        faults.append(
            say(
                "{frame} bytes per frame and {rate} bytes/s contradict the values beside them",
                frame=frame,
                rate=bytes_per_second,
            )
        )
    return _Coding(accepted, bytes_per_second) if accepted else None


def _extensible_tag(content: bytes, bits: int, faults: list[Message]) -> int:
    """Return the format tag inside a ``WAVEFORMATEXTENSIBLE``; if there is none, the tag as it stands."""
    if len(content) < _FMT.size + _FMT_EXTENSION.size:
        faults.append(say("the 'fmt ' chunk is too short for the extensible format that it announces"))
        return _EXTENSIBLE
    extension, valid_bits, _speakers, tag, tail = _FMT_EXTENSION.unpack_from(content, _FMT.size)
    if extension < _EXTENSION_BYTES:
        faults.append(
            say(
                "the extension of the 'fmt ' chunk has {length} bytes, it needs {least}",
                length=extension,
                least=_EXTENSION_BYTES,
            )
        )
    if valid_bits not in (0, bits):
        faults.append(say("only {used} of {bits} bits per sample are in use", used=valid_bits, bits=bits))
    return int(tag) if tail == _SUBFORMAT_TAIL else _EXTENSIBLE
