from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.announcements import formats, riff
from officesmart_ivr.announcements.formats import Sound, SoundFormat, inspect, inspect_stream
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements import wavs
from tests.unit.announcements.wavs import chunk, data, extensible, fmt, g711
from tests.unit.announcements.wavs import riff as wav

G711 = wavs.SECOND_OF_G711
LIST = chunk(b"LIST", b"INFOISFT\x04\0\0\0any\0")


def examine(content: bytes) -> Sound:
    return inspect_stream(io.BytesIO(content), "it.wav")


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


@pytest.mark.parametrize("name", GOOD)
def test_accepts(name: str) -> None:
    content, expected = GOOD[name]
    sound = examine(content)
    assert sound.format is expected
    assert content[sound.data_offset - 8 : sound.data_offset - 4] == b"data"
    assert sound.seconds == sound.data_length / expected.bytes_per_second > 0
    assert sound.data_length == int.from_bytes(content[sound.data_offset - 4 : sound.data_offset], "little")


@pytest.mark.parametrize("name", BAD)
def test_refuses(name: str) -> None:
    content, fault = BAD[name]
    with pytest.raises(AnnouncementError, match=fault) as refused:
        examine(content)
    assert refused.value.remedy


def test_names_every_fault_at_once() -> None:
    content = wav(fmt(channels=2, rate=44100, bits=24), data(b"abcde"), data(), length=9_999_999)
    with pytest.raises(AnnouncementError) as refused:
        examine(content)
    for fault in ("cut off", "2 'data'", "24 bits", "2 channels", "44100 samples/s", "inside a sample"):
        assert fault in refused.value.message


def test_a_length_that_lies_is_not_taken_for_the_duration() -> None:
    with pytest.raises(AnnouncementError) as refused:
        examine(wav(fmt(), data(length=0x7FFFFFFE)))
    assert "lasts" not in refused.value.message


def test_reads_no_more_than_the_headers() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            taken = super().read(size)
            self.taken += len(taken)
            return taken

    stream = Counting(wav(*[chunk(b"JUNK", bytes(5000))] * 1000))
    with pytest.raises(AnnouncementError):
        inspect_stream(stream, "it.wav")
    assert stream.taken <= 8 * riff.MAX_CHUNKS + 64


def test_a_file_that_shrinks_meanwhile_is_refused() -> None:
    class Shrinking(io.BytesIO):
        def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
            if offset == 12:
                self.truncate(14)
            return super().seek(offset, whence)

    with pytest.raises(AnnouncementError, match="shorter"):
        inspect_stream(Shrinking(wavs.pcm()), "it.wav")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", tmp_path, tmp_path / "absent.wav"):
        with pytest.raises(AnnouncementError):
            inspect(path)


SMALL = (
    wavs.pcm(b"ab" * 40),
    wav(LIST, extensible(7, valid=8, rate=8000, bits=8), data(b"ab" * 40)),
    wav(chunk(b"LIST", b"odd"), g711(), data(b"abc"), LIST),
)


@settings(max_examples=1500, deadline=1000)
@given(
    base=st.sampled_from(SMALL),
    changes=st.lists(
        st.tuples(st.integers(0, 120), st.binary(min_size=1, max_size=8), st.booleans()), max_size=6
    ),
    cut=st.one_of(st.none(), st.integers(0, 400)),
)
def test_a_mutated_file_is_accepted_within_its_bounds_or_refused(
    base: bytes, changes: list[tuple[int, bytes, bool]], cut: int | None
) -> None:
    mutated = bytearray(base)
    for place, new, insert in changes:
        mutated[place : place if insert else place + len(new)] = new
    content = bytes(mutated[:cut])
    try:
        sound = examine(content)
    except AnnouncementError:
        return
    assert 0 < sound.data_length <= len(content) - sound.data_offset
    assert 0 < sound.seconds <= formats.MAX_SECONDS
