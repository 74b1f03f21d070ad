"""Files that were damaged, or made to do damage: some thousand each time, 100,000 with OFFICESMART_WAVS=1."""

from __future__ import annotations

import io
import os
import random
import resource
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from officesmart_ivr.announcements import apart, formats
from officesmart_ivr.announcements.formats import inspect_stream
from officesmart_ivr.announcements.jobs import Examine, Examined, Failed
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements import wavs
from tests.unit.announcements.table import BAD, GOOD, WRITTEN, written

WHOLE = bool(os.environ.get("OFFICESMART_WAVS"))
FILES = 100_000 if WHOLE else 3000
READ_BY_LIBSNDFILE = 20_000 if WHOLE else 60
SECONDS_EACH = 0.1
MORE_MEMORY_KIB = 64 * 1024

_SMALL = 200_000
SEEDS = [content for content, _ in (GOOD | BAD).values() if len(content) < _SMALL]
EXTREMES = (0, 1, 2, 3, 7, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def mutated(count: int, seeds: list[bytes], seed: int = 22) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 5)):
            _mutate(content, chance)
        yield bytes(content)


def _mutate(content: bytearray, chance: random.Random) -> None:
    # Most of what matters stands at the beginning.
    reach = min(len(content), 120) if chance.random() < 0.8 else len(content)
    place = chance.randrange(reach + 1)
    match chance.randrange(7):
        case 0:
            content[place : place + 1] = bytes([chance.randrange(256)])
        case 1:
            content[place : place + 4] = struct.pack("<I", chance.choice(EXTREMES))
        case 2:
            content[place : place + 2] = struct.pack("<H", chance.choice(EXTREMES) & 0xFFFF)
        case 3:
            del content[place : place + chance.randint(1, 30)]
        case 4:
            content[place:place] = chance.randbytes(chance.randint(1, 30))
        case 5:
            del content[place:]
        case 6:
            content[place:place] = content[place : place + chance.randint(4, 60)]


@pytest.mark.timeout(3600)
def test_none_takes_long_or_much_memory_or_is_accepted_beyond_its_bounds() -> None:
    accepted, slowest = 0, 0.0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for content in mutated(FILES, SEEDS):
        began = time.process_time()
        with suppress(AnnouncementError):
            sound = inspect_stream(io.BytesIO(content), Path("it.wav"))
            accepted += 1
            assert 0 < sound.data_length <= len(content) - sound.data_offset
            assert 0 < sound.seconds <= formats.MAX_SECONDS
        slowest = max(slowest, time.process_time() - began)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(f"{FILES} files, {accepted} accepted, slowest {slowest * 1000:.1f} ms, {grown} KiB more memory")
    assert accepted > FILES / 100
    assert slowest < SECONDS_EACH
    assert grown < MORE_MEMORY_KIB


def test_a_file_as_long_as_is_accepted_and_longer_ones_are_recognised_at_once(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(wavs.riff(wavs.fmt(), wavs.data(b"", length=0xFFFFFF00), length=0xFFFFFF24))
        file.truncate(0xFFFFFF2C)  # 4 GiB of nothing, which take no room
    began = time.process_time()
    with pytest.raises(AnnouncementError, match="lasts 134218 seconds"):
        formats.inspect(path)
    assert time.process_time() - began < SECONDS_EACH


@pytest.mark.timeout(3600)
def test_whatever_libsndfile_makes_of_them_the_process_answers(tmp_path: Path) -> None:
    seeds = [*SEEDS, *map(written, WRITTEN)]
    paths = [tmp_path / str(number) for number in range(min(READ_BY_LIBSNDFILE, 500))]
    files = mutated(READ_BY_LIBSNDFILE, seeds, seed=23)
    read = 0
    for _ in range(READ_BY_LIBSNDFILE // len(paths)):
        for path, content in zip(paths, files, strict=False):
            path.write_bytes(content)
        for answer in apart.do_all([Examine(str(path)) for path in paths]):
            assert isinstance(answer, Examined | Failed)
            read += isinstance(answer, Examined)
    print(f"{READ_BY_LIBSNDFILE} files, {read} read")
    assert read
