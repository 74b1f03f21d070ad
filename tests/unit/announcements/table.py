"""Sound files of every kind: made by hand to measure, and written by libsndfile."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import soundfile

from officesmart_ivr.announcements import formats
from officesmart_ivr.announcements.formats import SoundFormat
from tests.unit.announcements import wavs
from tests.unit.announcements.wavs import chunk, data, extensible, fmt, g711
from tests.unit.announcements.wavs import riff as wav

G711 = wavs.SECOND_OF_G711
LIST = chunk(b"LIST", b"INFOISFT\x04\0\0\0any\0")


GOOD: dict[str, tuple[bytes, SoundFormat]] = {
    "pcm": (wavs.pcm(), formats.PCM),
    "a-law": (wavs.a_law(), formats.A_LAW),
    "µ-law": (wavs.mu_law(), formats.MU_LAW),
    "fmt of 18 bytes": (wav(fmt(more=b"\0\0"), data()), formats.PCM),
    "g711 fmt of 18 bytes, with fact": (
        wav(chunk(b"fmt ", g711()[8:] + b"\0\0"), chunk(b"fact", b"\x40\x1f\0\0"), data(G711)),
        formats.A_LAW,
    ),
    "extensible pcm": (wav(extensible(1, valid=16), data()), formats.PCM),
    "extensible pcm without valid bits": (wav(extensible(1, valid=0), data()), formats.PCM),
    "extensible a-law": (wav(extensible(6, valid=8, rate=8000, bits=8), data(G711)), formats.A_LAW),
    "extensible µ-law": (wav(extensible(7, valid=8, rate=8000, bits=8), data(G711)), formats.MU_LAW),
    "chunks before and after": (wav(LIST, fmt(), LIST, data(), chunk(b"cue ", b"1234")), formats.PCM),
    "odd chunk, padded": (wav(chunk(b"LIST", b"odd"), fmt(), data()), formats.PCM),
    "empty chunk": (wav(chunk(b"JUNK", b""), fmt(), data()), formats.PCM),
    "odd sound, padded": (wav(g711(), data(G711 + b"x")), formats.A_LAW),
    "odd sound, pad left out": (wav(g711(), data(G711 + b"x", pad=False)), formats.A_LAW),
    "odd sound, pad not counted": (
        wav(g711(), data(G711 + b"x"), length=4 + len(g711()) + 8 + len(G711) + 1),
        formats.A_LAW,
    ),
    "one sample": (wav(fmt(), data(b"ab")), formats.PCM),
    "the longest": (wav(fmt(), data(bytes(formats.MAX_SECONDS * 32000))), formats.PCM),
}

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "four bytes": (b"RIFF", "cut off"),
    "text": (b"version: 1\n" * 9, "not a WAV"),
    "mp3": (b"ID3\x04" + bytes(99), "MP3"),
    "ogg": (b"OggS" + bytes(99), "Ogg"),
    "big-endian": (wav(fmt(), data(), magic=b"RIFX"), "RIFX"),
    "64-bit": (wav(fmt(), data(), magic=b"RF64"), "RF64"),
    "AVI": (wav(fmt(), data(), kind=b"AVI "), "AVI"),
    "no chunks": (wav(), "no 'fmt '.*no 'data'"),
    "no fmt": (wav(data()), "no 'fmt '"),
    "no data": (wav(fmt()), "no 'data'"),
    "no sound": (wav(fmt(), data(b"")), "no sound"),
    "two fmt": (wav(fmt(), fmt(), data()), "2 'fmt '"),
    "two data": (wav(fmt(), data(), data()), "2 'data'"),
    "fmt after data": (wav(data(), fmt()), "after the sound"),
    "fmt too short": (wav(chunk(b"fmt ", fmt()[8:22]), data()), "14 bytes"),
    "stereo": (wav(fmt(channels=2), data()), "2 channels"),
    "no channel": (wav(fmt(channels=0), data()), "0 channels"),
    "pcm at 8 kHz": (wav(fmt(rate=8000), data()), "8000 samples/s"),
    "pcm at 44.1 kHz": (wav(fmt(rate=44100), data()), "44100 samples/s"),
    "pcm of 8 bits": (wav(fmt(bits=8), data()), "8 bits"),
    "pcm of 24 bits": (wav(fmt(bits=24), data()), "24 bits"),
    "g711 at 16 kHz": (wav(g711(rate=16000), data(G711)), "16000 samples/s"),
    "g711 of 16 bits": (wav(g711(bits=16), data(G711)), "16 bits"),
    "floating point": (wav(fmt(wavs.FLOAT, bits=32), data()), "floating point"),
    "unknown coding": (wav(fmt(0x1234), data()), "0x1234"),
    "frame size lies": (wav(fmt(frame=4), data()), "4 bytes per frame"),
    "byte rate lies": (wav(fmt(bytes_per_second=1), data()), "1 bytes/s"),
    "no byte rate": (wav(fmt(bytes_per_second=0), data()), "0 bytes/s"),
    "extensible, cut": (wav(fmt(wavs.EXTENSIBLE), data()), "too short"),
    "extensible, float": (wav(extensible(3, valid=16), data()), "floating point"),
    "extensible, foreign": (wav(extensible(1, valid=16, tail=bytes(12)), data()), "0xfffe"),
    "extensible, 12 bits valid": (wav(extensible(1, valid=12), data()), "12 of 16 bits"),
    "extensible, extension too small": (wav(extensible(1, valid=16, extension=0), data()), "0 bytes"),
    "half a sample": (wav(fmt(), data(b"abc")), "inside a sample"),
    "too long": (wav(g711(), data(bytes(formats.MAX_SECONDS * 8000 + 8000))), "601 seconds"),
    "cut off": (wavs.pcm()[:-1000], "cut off.*'data' announces"),
    "cut off in the header": (wavs.pcm()[:40], "cut off"),
    "data longer than the file": (wav(fmt(), data(length=0x7FFFFFFF)), "'data' announces"),
    "data of all ones": (wav(fmt(), data(length=0xFFFFFFFF)), "'data' announces"),
    "chunk longer than the file": (
        wav(chunk(b"LIST", b"", length=0xFFFFFFF0), fmt(), data()),
        "'LIST' announ",
    ),
    "riff length of a pipe": (wav(fmt(), data(), length=0xFFFFFFFF), "never filled in"),
    "riff length zero": (wav(fmt(), data(), length=0), "never filled in"),
    "riff length too small": (wav(fmt(), data(), length=36), "follow after the end"),
    "riff length too large": (wav(fmt(), data(), length=0x7FFFFFFF), "cut off"),
    "bytes after the end": (wavs.pcm() + bytes(100), "100 bytes follow"),
    "odd chunk, not padded": (wav(chunk(b"LIST", b"odd", pad=False), fmt(), data()), "no"),
    "no chunk where one should be": (wav(fmt(), data(), bytes(8)), "a chunk should begin"),
    "a chunk's name only": (wav(fmt(), data(), b"LIST"), "is cut off"),
    "a thousand chunks": (wav(*[chunk(b"JUNK", b"")] * 1000, fmt(), data()), "more than"),
}


WRITTEN: dict[str, tuple[str, str, int, int, tuple[str, ...]]] = {
    "wav pcm 16 kHz": ("WAV", "PCM_16", 16000, 1, ()),
    "wav a-law": ("WAV", "ALAW", 8000, 1, ()),
    "wav µ-law": ("WAV", "ULAW", 8000, 1, ()),
    "wavex pcm 16 kHz": ("WAVEX", "PCM_16", 16000, 1, ()),
    "wavex a-law": ("WAVEX", "ALAW", 8000, 1, ()),
    "wavex µ-law": ("WAVEX", "ULAW", 8000, 1, ()),
    "wav pcm 8 kHz": ("WAV", "PCM_16", 8000, 1, ("8000 samples/s",)),
    "wav pcm 22.05 kHz": ("WAV", "PCM_16", 22050, 1, ("22050 samples/s",)),
    "wav pcm 48 kHz": ("WAV", "PCM_16", 48000, 1, ("48000 samples/s",)),
    "wav pcm 44.1 kHz stereo": ("WAV", "PCM_16", 44100, 2, ("44100 samples/s", "2 channels")),
    "wav pcm stereo": ("WAV", "PCM_16", 16000, 2, ("2 channels",)),
    "wav pcm six channels": ("WAV", "PCM_16", 16000, 6, ("6 channels",)),
    "wav pcm 8 bits": ("WAV", "PCM_U8", 16000, 1, ("8 bits",)),
    "wav pcm 8 bits, 8 kHz": ("WAV", "PCM_U8", 8000, 1, ("8 bits", "8000 samples/s")),
    "wav pcm 24 bits": ("WAV", "PCM_24", 16000, 1, ("24 bits",)),
    "wav pcm 24 bits, 48 kHz, stereo": ("WAV", "PCM_24", 48000, 2, ("24 bits", "48000", "2 channels")),
    "wav pcm 32 bits": ("WAV", "PCM_32", 16000, 1, ("32 bits",)),
    "wav float": ("WAV", "FLOAT", 16000, 1, ("floating point",)),
    "wav double, 44.1 kHz": ("WAV", "DOUBLE", 44100, 1, ("floating point", "44100")),
    "wav a-law 16 kHz": ("WAV", "ALAW", 16000, 1, ("16000 samples/s",)),
    "wav µ-law stereo": ("WAV", "ULAW", 8000, 2, ("2 channels",)),
    "wav ima adpcm": ("WAV", "IMA_ADPCM", 8000, 1, ("IMA ADPCM",)),
    "wav ms adpcm": ("WAV", "MS_ADPCM", 8000, 1, ("Microsoft ADPCM",)),
    "wav gsm": ("WAV", "GSM610", 8000, 1, ("GSM",)),
    "wav g721": ("WAV", "G721_32", 8000, 1, ("0x0040",)),
    "wavex pcm 48 kHz stereo": ("WAVEX", "PCM_16", 48000, 2, ("48000", "2 channels")),
    "wavex pcm 24 bits": ("WAVEX", "PCM_24", 16000, 1, ("24 bits",)),
    "wavex float": ("WAVEX", "FLOAT", 16000, 1, ("floating point",)),
    "rf64": ("RF64", "PCM_16", 16000, 1, ("RF64",)),
    "wave64": ("W64", "PCM_16", 16000, 1, ("Wave64",)),
    "aiff": ("AIFF", "PCM_16", 16000, 1, ("AIFF",)),
    "au µ-law": ("AU", "ULAW", 8000, 1, ("AU",)),
    "au pcm": ("AU", "PCM_16", 16000, 1, ("AU",)),
    "caf": ("CAF", "PCM_16", 16000, 1, ("CAF",)),
    "flac": ("FLAC", "PCM_16", 16000, 1, ("FLAC",)),
    "ogg vorbis": ("OGG", "VORBIS", 16000, 1, ("Ogg",)),
    "ogg opus": ("OGG", "OPUS", 16000, 1, ("Ogg",)),
    "mp3": ("MP3", "MPEG_LAYER_III", 16000, 1, ("MP3",)),
    "voc": ("VOC", "PCM_16", 16000, 1, ("not a WAV",)),
    "nist": ("NIST", "PCM_16", 16000, 1, ("not a WAV",)),
    "ircam": ("IRCAM", "PCM_16", 16000, 1, ("not a WAV",)),
    "paf": ("PAF", "PCM_16", 16000, 1, ("not a WAV",)),
    "svx": ("SVX", "PCM_16", 16000, 1, ("AIFF",)),
}
"""What libsndfile writes: container, coding, rate, channels, and the faults we are to find."""


@cache
def written(name: str) -> bytes:
    """Return a quarter of a second of a tone, as libsndfile writes it."""
    container, coding, rate, channels, _ = WRITTEN[name]
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(rate // 4) / rate)
    content = io.BytesIO()
    endian = "FILE"
    samples = np.repeat(tone[:, None], channels, axis=1)
    soundfile.write(content, samples, rate, format=container, subtype=coding, endian=endian)
    return content.getvalue()


def same_coding_elsewhere(content: bytes) -> SoundFormat | None:
    """Return which accepted format libsndfile takes a WAV file for; None for any other file."""
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.format not in ("WAV", "WAVEX") or file.channels != 1 or not file.frames:
                return None
            found = {
                ("PCM_16", 16000): formats.PCM,
                ("ALAW", 8000): formats.A_LAW,
                ("ULAW", 8000): formats.MU_LAW,
            }
            return found.get((file.subtype, file.samplerate))
    except soundfile.LibsndfileError:
        return None


STRICTER = {
    "frame size lies": "players disagree which of two numbers to believe",
    "byte rate lies": "players disagree which of two numbers to believe",
    "no byte rate": "players divide by it",
    "g711 of 16 bits": "libsndfile goes by the tag alone",
    "extensible, 12 bits valid": "a quieter sound than it seems; some players scale it",
    "extensible, extension too small": "the part that holds the coding is said not to be there",
    "half a sample": "cut off, or an odd byte too many: it is damaged",
    "too long": "nobody listens that long; libsndfile has no limit",
    "cut off": "part of the announcement is missing",
    "data longer than the file": "part of the announcement may be missing",
    "data of all ones": "part of the announcement may be missing",
    "riff length of a pipe": "nobody can tell whether all of it is there",
    "riff length zero": "nobody can tell whether all of it is there",
    "riff length too small": "nobody can tell which length is right",
    "riff length too large": "part of the file is missing",
    "bytes after the end": "what follows is not sound that anybody announced",
    "no chunk where one should be": "what follows is not sound that anybody announced",
    "a chunk's name only": "the file is cut off",
    "a thousand chunks": "no editor writes that; it only costs time",
}
"""Hand-made files that we refuse and libsndfile would take for an accepted format, and why we do."""

MP4 = bytes.fromhex("00000020") + b"ftypM4A " + bytes(200)
"""The beginning of what a telephone's voice memo is."""
