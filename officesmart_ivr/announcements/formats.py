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

ACCEPTED = (
    "Accepted are WAV files with 16-bit PCM, mono, 16000 samples/s, or with G.711 (A-law or µ-law), 8-bit, "
    f"mono, 8000 samples/s, of at most {MAX_SECONDS // 60} minutes."
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
_REFUSED: Mapping[int, str] = MappingProxyType(
    {
        0x0002: "Microsoft ADPCM",
        0x0003: "floating point",
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
            f"{path.name} cannot be read: {error.strerror}",
            remedy=f"Check that {path} is there and readable.",
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AnnouncementError(f"{path.name} is not a file", remedy=ACCEPTED)
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
    faults: list[str] = []
    try:
        sound = _examine(stream, faults)
    except struct.error:
        faults.append("it became shorter while it was read")
        sound = None
    except OSError as error:
        faults.append(f"it cannot be read ({error.strerror})")
        sound = None
    if sound is None or faults:
        raise AnnouncementError(
            f"{path.name} is not an accepted sound: {'; '.join(faults)}",
            faults=faults,
            remedy=f"{ACCEPTED} Convert it: {_conversion(path, by_us=MP4 not in faults)}",
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
        raise AnnouncementError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(samples) != sound.data_length:
        raise AnnouncementError(f"{path.name} became shorter while it was read")
    return sound, samples


def _conversion(path: Path, *, by_us: bool) -> str:
    """Return the commands that make an accepted file of this one, the best first."""
    target = path.with_name(f"{path.stem}-clean.wav" if path.suffix == ".wav" else f"{path.stem}.wav")
    source, made = shlex.quote(str(path)), shlex.quote(str(target))
    ours = f"officesmart-ivr announcement convert {source} {made}, or: " if by_us else ""
    return f"{ours}ffmpeg -i {source} -ac 1 -ar 16000 -c:a pcm_s16le {made}"


def _examine(stream: BinaryIO, faults: list[str]) -> Sound | None:
    """Collect all faults; without any, return what the file is."""
    chunks = wave_chunks(stream, faults)
    if not chunks and faults:
        return None
    fmt = _only(chunks, b"fmt ", faults)
    data = _only(chunks, b"data", faults)
    if fmt and data and fmt.offset > data.offset:
        faults.append("the 'fmt ' chunk comes after the sound")
    coding = _coding(stream, fmt, faults) if fmt else None
    if data and data.length == 0:
        faults.append("it holds no sound")
    if data is None or coding is None:
        return None
    return Sound(coding.format, _seconds(data, coding, faults), data.offset, data.length)


def _only(chunks: list[Chunk], name: bytes, faults: list[str]) -> Chunk | None:
    """Return the first chunk called ``name``; none, or more than one, is a fault."""
    found = [chunk for chunk in chunks if chunk.name == name]
    if not found:
        faults.append(f"it has no {printable(name)} chunk")
        return None
    if len(found) > 1:
        faults.append(f"it has {len(found)} {printable(name)} chunks")
    return found[0]


def _seconds(data: Chunk, coding: _Coding, faults: list[str]) -> float:
    """Return how long the sound lasts; half a sample, or too much, is a fault."""
    if data.length % (coding.format.bits // 8):
        faults.append(f"its sound of {data.length} bytes ends inside a sample")
    seconds = data.length / (coding.bytes_per_second or coding.format.bytes_per_second)
    if seconds > MAX_SECONDS:
        faults.append(f"it lasts {seconds:.0f} seconds (at most {MAX_SECONDS})")
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


def _coding(stream: BinaryIO, chunk: Chunk, faults: list[str]) -> _Coding | None:
    """Read the ``fmt`` chunk and hold it against the accepted codings; None if it is of none of them."""
    if chunk.length < _FMT.size:
        faults.append(f"the 'fmt ' chunk has {chunk.length} bytes, it needs {_FMT.size}")
        return None
    stream.seek(chunk.offset)
    content = stream.read(min(chunk.length, _FMT.size + _FMT_EXTENSION.size))
    tag, channels, rate, bytes_per_second, frame, bits = _FMT.unpack_from(content)
    if tag == _EXTENSIBLE:
        tag = _extensible_tag(content, bits, faults)
    accepted = _ACCEPTED.get(tag)
    if accepted is None:
        faults.append(f"its sound is coded as {_REFUSED.get(tag, 'something else')} (format tag {tag:#06x})")
    elif bits != accepted.bits:
        faults.append(f"{bits} bits per sample ({accepted.name} needs {accepted.bits})")
    if channels != 1:
        faults.append(f"{channels} channels (must be 1, mono)")
    if rate not in ((accepted.rate,) if accepted else _RATES):
        needed = f"{accepted.name} needs {accepted.rate}" if accepted else "8000 or 16000 are accepted"
        faults.append(f"{rate} samples/s ({needed})")
    # Held against the file's own values, so that a stereo file is told one fault and not three.
    if accepted and (frame != channels * bits // 8 or bytes_per_second != rate * frame):
        faults.append(
            f"{frame} bytes per frame and {bytes_per_second} bytes/s contradict the values beside them"
        )
    return _Coding(accepted, bytes_per_second) if accepted else None


def _extensible_tag(content: bytes, bits: int, faults: list[str]) -> int:
    """Return the format tag inside a ``WAVEFORMATEXTENSIBLE``; if there is none, the tag as it stands."""
    if len(content) < _FMT.size + _FMT_EXTENSION.size:
        faults.append("the 'fmt ' chunk is too short for the extensible format that it announces")
        return _EXTENSIBLE
    extension, valid_bits, _speakers, tag, tail = _FMT_EXTENSION.unpack_from(content, _FMT.size)
    if extension < _EXTENSION_BYTES:
        faults.append(f"the extension of the 'fmt ' chunk has {extension} bytes, it needs {_EXTENSION_BYTES}")
    if valid_bits not in (0, bits):
        faults.append(f"only {valid_bits} of {bits} bits per sample are in use")
    return int(tag) if tail == _SUBFORMAT_TAIL else _EXTENSIBLE
