"""Any sound file that libsndfile reads, as mono samples at 16 kHz.

A file is read in pieces, and what a header says about its length is not believed. libsndfile is C that meets
whatever somebody uploads: in a running system this is for a process of its own (``apart``).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from officesmart_ivr.announcements.formats import MAX_SECONDS, PCM, open_sound
from officesmart_ivr.announcements.loudness import Samples
from officesmart_ivr.errors import AnnouncementError

__all__ = ["Decoded", "decode"]

MAX_CHANNELS = 32
RATES = range(1000, 384_001)

_FRAMES = 1 << 15
_FLAT = 2 / 32768
"""Neighbours that differ by less are as high as each other, in 16 bits."""
_NEARLY_FULL = 0.97
"""G.711 ends at 0.98; what was mixed or compressed after it was clipped is seldom lower than this."""
_CANCELLED = 0.05
"""A mix with less of the channels' power than this has lost what the channels hold."""


@dataclass(frozen=True)
class Decoded:
    """A sound and where it comes from.

    ``samples`` are mono at 16 kHz, about between -1 and 1. ``coding`` is libsndfile's name for it,
    ``clipped`` the number of places at which the file's wave is cut off flat at its top.
    """

    samples: Samples
    coding: str
    channels: int
    rate: int
    clipped: int


def decode(path: Path) -> Decoded:
    """Read a whole sound file. Raises AnnouncementError if it cannot be read or is longer than allowed."""
    with open_sound(path.resolve()) as stream:
        mix = _read(stream, path, None)
        if mix.power < _CANCELLED * mix.channels_power.max(initial=0.0):
            # The channels are each other's opposites, as on a badly wired stereo line.
            stream.seek(0)
            mix = _read(stream, path, int(mix.channels_power.argmax()))
    return mix.decoded


@dataclass(frozen=True)
class _Mix:
    decoded: Decoded
    power: float
    channels_power: npt.NDArray[np.float64]


def _read(stream: BinaryIO, path: Path, channel: int | None) -> _Mix:
    """Read it all: the mean of the channels, or one of them."""
    try:
        with soundfile.SoundFile(stream) as file:
            rate, channels = file.samplerate, file.channels
            coding = f"{file.format} {file.subtype}"
            if channels > MAX_CHANNELS or rate not in RATES:
                raise AnnouncementError(
                    f"{path.name} cannot be converted: {channels} channels at {rate} samples/s",
                    remedy=f"At most {MAX_CHANNELS} channels, and {RATES[0]} to {RATES[-1]} samples/s, do.",
                )
            resampler = soxr.ResampleStream(rate, PCM.rate, 1, dtype="float32", quality="HQ")
            pieces: list[Samples] = []
            power, channels_power, frames, clipped = 0.0, np.zeros(channels), 0, 0
            for block in _blocks(file):
                frames += len(block)
                if frames > MAX_SECONDS * rate:
                    raise AnnouncementError(
                        f"{path.name} is longer than {MAX_SECONDS // 60} minutes",
                        remedy="Cut it with a sound editor, or make several announcements of it.",
                    )
                mono = block.mean(axis=1, dtype=np.float32) if channel is None else block[:, channel]
                power += float(np.square(mono, dtype=np.float64).sum())
                channels_power += np.square(block, dtype=np.float64).sum(axis=0)
                clipped += _flat_tops(block)
                pieces.append(resampler.resample_chunk(np.ascontiguousarray(mono)))
            pieces.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    except soundfile.LibsndfileError as error:
        raise _unreadable(path, error.error_string.rstrip(".")) from error
    except (RuntimeError, TypeError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    samples = np.concatenate(pieces)
    if not frames:
        raise _unreadable(path, "it holds no sound")
    return _Mix(Decoded(samples, coding, channels, rate, clipped), power, channels_power)


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    """Read on until nothing comes; what is no number (a damaged float file may hold some) is silence."""
    while len(block := file.read(_FRAMES, dtype="float32", always_2d=True)):
        yield np.nan_to_num(np.clip(block, -8, 8), copy=False, nan=0.0)


def _flat_tops(block: Samples) -> int:
    """Count the places where three or more samples in a row stand at the same height, near full scale."""
    high = np.abs(block[:-1]) > _NEARLY_FULL
    flat = high & (np.abs(np.diff(block, axis=0)) < _FLAT)
    top = flat[:-1] & flat[1:]
    begins = top[1:] & ~top[:-1]
    return int(begins.sum()) + int(top[:1].sum())


def _unreadable(path: Path, reason: str) -> AnnouncementError:
    made = path.with_name(f"{path.stem}-clean.wav" if path.suffix == ".wav" else f"{path.stem}.wav")
    source, target = shlex.quote(str(path)), shlex.quote(str(made))
    return AnnouncementError(
        f"{path.name} is not a sound file that can be read: {reason}",
        remedy=f"WAV, FLAC, Ogg, Opus, MP3, AIFF and AU are read. ffmpeg reads others, such as M4A: "
        f"ffmpeg -i {source} -ac 1 -ar 16000 -c:a pcm_s16le {target}",
    )
