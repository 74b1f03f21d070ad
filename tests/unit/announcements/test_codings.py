from __future__ import annotations

import os
from pathlib import Path

import G722
import numpy as np
import pytest

from officesmart_ivr.announcements.codings import coded, linear, write_missing
from officesmart_ivr.announcements.formats import A_LAW, MU_LAW, PCM, SoundFormat
from officesmart_ivr.announcements.renditions import EXTENSIONS, lengths, missing
from officesmart_ivr.testcall import g711


def tone(rate: int, seconds: float = 0.5, level: float = 0.5) -> np.ndarray:
    turns = 2 * np.pi * 1000 * np.arange(round(rate * seconds)) / rate
    return np.round(32767 * level * np.sin(turns)).astype(np.int16)


def heard(file: Path) -> tuple[float, float]:
    """Return the frequency (Hz) of what is loudest in a bare file, and its level between 0 and 1."""
    content = file.read_bytes()
    if file.suffix == ".g722":
        samples, rate = np.array(G722.G722(16000, 64000).decode(content)), 16000
    else:
        sound_format = {".sln16": PCM, ".alaw": A_LAW, ".ulaw": MU_LAW}[file.suffix]
        samples, rate = linear(content, sound_format), sound_format.rate
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(float)
    spectrum = np.abs(np.fft.rfft(middle))
    frequency = float(np.fft.rfftfreq(len(middle), 1 / rate)[spectrum.argmax()])
    return frequency, float(np.sqrt((middle**2).mean()) * np.sqrt(2) / 32768)


@pytest.mark.parametrize("source", [PCM, A_LAW, MU_LAW], ids=lambda each: each.extension)
@pytest.mark.parametrize("samples", [1, 2, 3, 4001])
def test_one_sound_is_written_in_every_coding(source: SoundFormat, samples: int, tmp_path: Path) -> None:
    file = tmp_path / f"clip.{source.extension}"
    file.write_bytes(coded(tone(source.rate)[:samples], source))
    wanted = lengths(source, file.stat().st_size)
    assert set(missing(tmp_path / "clip", wanted)) == set(EXTENSIONS) - {source.extension}
    write_missing(file)
    assert not list(missing(tmp_path / "clip", wanted))
    assert {path.suffix[1:] for path in tmp_path.iterdir()} == set(EXTENSIONS)
    if samples > 4000:
        for extension in EXTENSIONS:
            frequency, level = heard(tmp_path / f"clip.{extension}")
            assert frequency == pytest.approx(1000, abs=10)
            assert level == pytest.approx(0.5, abs=0.03)


def test_full_scale_does_not_wrap_round(tmp_path: Path) -> None:
    file = tmp_path / "clip.sln16"
    square = np.where(np.arange(16000) // 16 % 2, 32767, -32768).astype(np.int16)
    file.write_bytes(coded(square, PCM))
    write_missing(file)
    narrow = linear((tmp_path / "clip.alaw").read_bytes(), A_LAW).astype(int)
    assert np.abs(np.diff(np.sign(narrow))).sum() / 2 == pytest.approx(1000, abs=4)


def test_what_is_there_stays_and_what_is_cut_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "clip.sln16"
    file.write_bytes(coded(tone(16000), PCM))
    write_missing(file)
    before = os.stat(tmp_path / "clip.alaw").st_ino
    (tmp_path / "clip.ulaw").write_bytes(b"cut")
    write_missing(file)
    assert os.stat(tmp_path / "clip.alaw").st_ino == before
    assert (tmp_path / "clip.ulaw").stat().st_size == 4000


@pytest.mark.parametrize(("law", "sound_format"), [("PCMA", A_LAW), ("PCMU", MU_LAW)])
def test_g711_is_that_of_the_recommendation(law: str, sound_format: SoundFormat) -> None:
    codes = bytes(range(256))
    assert linear(codes, sound_format).tolist() == g711.decode(law, codes)
    samples = tone(8000)
    difference = linear(coded(samples, sound_format), sound_format).astype(int) - samples
    assert np.abs(difference).max() <= 1024
