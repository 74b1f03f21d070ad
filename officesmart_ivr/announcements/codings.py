"""One sound in every coding that callers use, so that Asterisk need not recode it in any call."""

from __future__ import annotations

import io
from pathlib import Path

import G722
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from officesmart_ivr import files
from officesmart_ivr.announcements.formats import A_LAW, MU_LAW, PCM, SoundFormat, by_extension
from officesmart_ivr.announcements.renditions import G722_EXTENSION, lengths

__all__ = ["coded", "coded_at", "linear", "write_missing"]

_Samples = npt.NDArray[np.int16]
_SUBTYPES = {A_LAW.name: "ALAW", MU_LAW.name: "ULAW", PCM.name: "PCM_16"}
_G722_BITS_PER_SECOND = 64_000


def coded(samples: _Samples, sound_format: SoundFormat) -> bytes:
    """Return samples of the format's rate in its coding, bare."""
    if sound_format is PCM:
        return samples.astype("<i2").tobytes()
    made = io.BytesIO()
    soundfile.write(
        made, samples, sound_format.rate, format="RAW", subtype=_SUBTYPES[sound_format.name], endian="FILE"
    )
    return made.getvalue()


def coded_at(samples: _Samples, sound_format: SoundFormat) -> bytes:
    """Return samples at 16 kHz in a format's rate and coding, bare."""
    count = len(samples) if sound_format is PCM else -(-len(samples) // 2)
    return coded(_at(samples, PCM.rate, sound_format.rate, count), sound_format)


def linear(content: bytes, sound_format: SoundFormat) -> _Samples:
    """Return bare content as samples of its own rate."""
    if sound_format is PCM:
        return np.frombuffer(content, dtype="<i2").astype(np.int16)
    read, _ = soundfile.read(
        io.BytesIO(content),
        dtype="int16",
        samplerate=sound_format.rate,
        channels=1,
        format="RAW",
        subtype=_SUBTYPES[sound_format.name],
    )
    return np.asarray(read, dtype=np.int16)


def write_missing(file: Path) -> None:
    """Write beside ``file``, which is clean and ours, the same sound in the other codings.

    What is there in full length stays. Raises OSError.
    """
    own = by_extension(file.suffix[1:])
    content = file.read_bytes()
    wanted = lengths(own, len(content))
    samples = linear(content, own)
    wide = _at(samples, own.rate, PCM.rate, wanted[PCM.extension] // 2)
    narrow = _at(samples, own.rate, A_LAW.rate, wanted[A_LAW.extension])
    made = {
        PCM.extension: lambda: coded(wide, PCM),
        A_LAW.extension: lambda: coded(narrow, A_LAW),
        MU_LAW.extension: lambda: coded(narrow, MU_LAW),
        G722_EXTENSION: lambda: _g722(wide),
    }
    for extension, length in wanted.items():
        target = file.with_suffix(f".{extension}")
        if extension != own.extension and not (target.exists() and target.stat().st_size == length):
            files.replace(target, made[extension]())


def _at(samples: _Samples, rate: int, wanted: int, count: int) -> _Samples:
    """Return them at another rate; exactly ``count``, where the filter makes one more or less."""
    if rate == wanted or not len(samples):
        return samples
    # In floating point, then bounded: the filter may go beyond 16 bits where the sound stands at full scale.
    turned = soxr.resample(samples.astype(np.float32), rate, wanted, quality="HQ")[:count]
    whole = np.clip(np.round(turned), -32768, 32767).astype(np.int16)
    return np.pad(whole, (0, count - len(whole)))


def _g722(samples: _Samples) -> bytes:
    """Code by ITU-T G.722, two samples a byte."""
    even = np.pad(samples, (0, len(samples) % 2))
    return bytes(G722.G722(PCM.rate, _G722_BITS_PER_SECOND).encode(even))
