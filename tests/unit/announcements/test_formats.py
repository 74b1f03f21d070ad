from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.announcements import formats, riff
from officesmart_ivr.announcements.formats import Sound, inspect, inspect_stream
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements import wavs
from tests.unit.announcements.table import (
    BAD,
    GOOD,
    LIST,
    MP4,
    STRICTER,
    WRITTEN,
    same_coding_elsewhere,
    written,
)
from tests.unit.announcements.wavs import chunk, data, extensible, fmt, g711
from tests.unit.announcements.wavs import riff as wav

G711 = wavs.SECOND_OF_G711


def examine(content: bytes) -> Sound:
    return inspect_stream(io.BytesIO(content), Path("it.wav"))


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
        inspect_stream(stream, Path("it.wav"))
    assert stream.taken <= 8 * riff.MAX_CHUNKS + 64


def test_a_file_that_shrinks_meanwhile_is_refused() -> None:
    class Shrinking(io.BytesIO):
        def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
            if offset == 12:
                self.truncate(14)
            return super().seek(offset, whence)

    with pytest.raises(AnnouncementError, match="shorter"):
        inspect_stream(Shrinking(wavs.pcm()), Path("it.wav"))


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


@pytest.mark.parametrize("name", WRITTEN)
def test_what_libsndfile_writes_is_recognised_with_each_of_its_faults(name: str) -> None:
    container, coding, _, _, faults = WRITTEN[name]
    content = written(name)
    if not faults:
        assert same_coding_elsewhere(content) is examine(content).format
        return
    assert same_coding_elsewhere(content) is None, (container, coding)
    with pytest.raises(AnnouncementError) as refused:
        examine(content)
    assert len(refused.value.faults) == len(faults)
    for fault in faults:
        assert any(fault in found for found in refused.value.faults)


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_libsndfile_and_we_agree_or_we_know_why_we_are_stricter(name: str) -> None:
    content, expected = (GOOD | BAD)[name]
    if isinstance(expected, str):
        assert (same_coding_elsewhere(content) is not None) == (name in STRICTER)
    else:
        assert same_coding_elsewhere(content) is expected


def test_the_table_is_large() -> None:
    assert len(GOOD) + len(BAD) + len(WRITTEN) >= 60
    assert set(BAD) >= set(STRICTER)


@pytest.mark.parametrize(("content", "by_us"), [(wavs.pcm()[:-1000], True), (MP4, False)])
def test_a_refusal_names_the_command_that_converts_the_file(content: bytes, by_us: bool) -> None:
    with pytest.raises(AnnouncementError) as refused:
        inspect_stream(io.BytesIO(content), Path("/sounds/our hours.wav"))
    commands = refused.value.remedy
    ours = "officesmart-ivr announcement convert '/sounds/our hours.wav' '/sounds/our hours-clean.wav'"
    assert (ours in commands) == by_us
    assert "ffmpeg -i '/sounds/our hours.wav'" in commands
