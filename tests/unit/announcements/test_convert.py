from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from officesmart_ivr.announcements import decode
from officesmart_ivr.announcements.convert import Converted, convert
from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.announcements.jobs import Convert, Failed, Form
from officesmart_ivr.announcements.jobs import Converted as ConvertedFile
from officesmart_ivr.announcements.loudness import Samples, floating
from officesmart_ivr.announcements.measure import waveform
from officesmart_ivr.announcements.report import LOUDNESS_LUFS, PEAK_DBTP, Remark, Treatment
from officesmart_ivr.announcements.worker import answer
from officesmart_ivr.errors import AnnouncementError
from tests.unit.announcements.table import WRITTEN, written

RATE = 44100


def tone(seconds: float, level: float = 0.1, frequency: float = 800, rate: int = RATE) -> Samples:
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype("f4")


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def loudest(samples: Samples) -> float:
    """Return the frequency (Hz) of what is loudest, at 16 kHz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / 16000)[spectrum.argmax()])


class Bench:
    def __init__(self, folder: Path) -> None:
        self.source = folder / "source.wav"

    def convert(self, samples: Samples, treatment: Treatment | None = None) -> Converted:
        soundfile.write(self.source, samples, RATE, subtype="FLOAT")
        return convert(self.source, treatment)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("level", [0.005, 0.02, 0.9])
def test_every_sound_comes_out_as_loud_as_the_others(bench: Bench, level: float) -> None:
    done = bench.convert(tone(3, level))
    assert done.after.loudness == pytest.approx(LOUDNESS_LUFS, abs=0.3)
    assert done.after.true_peak is not None
    assert done.after.true_peak <= PEAK_DBTP + 0.02
    assert loudest(floating(done.samples)) == pytest.approx(800, abs=1)
    # Two wishes of an admin.
    assert bench.convert(tone(3, level), Treatment(loudness=-26)).after.loudness == pytest.approx(
        -26, abs=0.3
    )


def test_a_single_peak_is_limited_and_does_not_keep_the_rest_quiet(bench: Bench) -> None:
    samples = tone(4, 0.05)
    samples[2 * RATE : 2 * RATE + 40] = 0.3
    done = bench.convert(samples)
    assert done.after.loudness == pytest.approx(LOUDNESS_LUFS, abs=0.5)
    assert done.after.true_peak == pytest.approx(PEAK_DBTP, abs=0.3)


def test_what_only_has_peaks_stays_quieter_and_within_the_limit(bench: Bench) -> None:
    samples = silence(4)
    samples[:: RATE // 20] = 1.0
    done = bench.convert(samples)
    assert done.after.loudness is not None
    assert done.after.loudness < LOUDNESS_LUFS
    assert done.after.true_peak is not None
    assert done.after.true_peak <= PEAK_DBTP + 0.05


def test_silence_at_the_ends_goes_but_for_a_moment(bench: Bench) -> None:
    hum = (1e-4 * np.random.default_rng(1).normal(size=9 * RATE)).astype("f4")
    hum[3 * RATE : 5 * RATE] += tone(2)
    done = bench.convert(hum)
    assert done.before.leading == pytest.approx(3, abs=0.03)
    assert done.before.trailing == pytest.approx(4, abs=0.03)
    assert set(done.before.remarks()) >= {Remark.STARTS_LATE, Remark.ENDS_LATE}
    assert done.after.seconds == pytest.approx(2.3, abs=0.03)
    assert done.after.leading == pytest.approx(0.1, abs=0.02)
    assert not set(done.after.remarks()) - {Remark.NOT_SPEECH}


def test_a_click_at_the_beginning_is_not_the_beginning(bench: Bench) -> None:
    samples = np.concatenate([silence(0.5), tone(0.01, 0.5), silence(2), tone(2), silence(1)])
    assert bench.convert(samples).after.seconds == pytest.approx(2.3, abs=0.03)


def test_a_sound_that_begins_at_once_gets_its_moment_and_begins_without_a_click(bench: Bench) -> None:
    done = bench.convert(tone(1, 0.5, frequency=100))
    assert done.after.seconds == pytest.approx(1.3, abs=0.02)
    assert abs(int(done.samples[0])) < 10
    assert abs(int(done.samples[-1])) < 10


def test_a_pause_stays_and_is_told(bench: Bench) -> None:
    done = bench.convert(np.concatenate([tone(1), silence(4), tone(1)]))
    assert done.after.pause == pytest.approx(4, abs=0.05)
    assert Remark.LONG_PAUSE in set(done.after.remarks())


def test_a_stereo_sound_whose_channels_cancel_out_is_heard(bench: Bench) -> None:
    both = np.stack([tone(2), -tone(2)], axis=1)
    assert bench.convert(both).after.loudness == pytest.approx(LOUDNESS_LUFS, abs=0.3)


def test_one_silent_channel_does_no_harm(bench: Bench) -> None:
    both = np.stack([tone(2), np.zeros_like(tone(2))], axis=1)
    assert bench.convert(both).after.loudness == pytest.approx(LOUDNESS_LUFS, abs=0.3)


def test_what_was_clipped_is_counted(bench: Bench) -> None:
    done = bench.convert(np.clip(tone(1, 3.0, frequency=200), -1, 1))
    assert done.before.clipped == pytest.approx(400, abs=4)
    assert Remark.CLIPPED in set(done.before.remarks())
    assert bench.convert(tone(1, 1.0)).before.clipped == 0


@pytest.mark.parametrize(("frequency", "share"), [(1000, 1.0), (100, 0.0), (6000, 0.0)])
def test_the_share_of_the_speech_band(bench: Bench, frequency: float, share: float) -> None:
    assert bench.convert(tone(2, frequency=frequency)).before.speech == pytest.approx(share, abs=0.05)


def test_what_cannot_be_an_announcement_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AnnouncementError, match="silence"):
        bench.convert(silence(2))
    with pytest.raises(AnnouncementError, match="no sound"):
        bench.convert(silence(0))
    monkeypatch.setattr(decode, "MAX_SECONDS", 2)
    with pytest.raises(AnnouncementError, match="longer than"):
        bench.convert(tone(2.1))
    bench.source.write_text("no sound at all")
    with pytest.raises(AnnouncementError, match="not a sound file") as refused:
        convert(bench.source)
    command = shlex.split(refused.value.remedy or "")
    assert command[command.index("-i") + 1] != command[-1], "ffmpeg cannot write what it reads"


def test_numbers_that_are_none_do_no_harm(bench: Bench) -> None:
    samples = tone(2)
    samples[100:110], samples[500] = np.nan, np.inf
    done = bench.convert(samples)
    assert done.after.true_peak is not None
    assert done.after.true_peak <= PEAK_DBTP + 0.05


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", WRITTEN)
def test_whatever_is_written_by_libsndfile_becomes_accepted(name: str, form: Form, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "made.wav"
    source.write_bytes(written(name))
    done = answer(Convert(str(source), str(target), form, buckets=10))
    assert isinstance(done, ConvertedFile), done
    assert inspect(target).format is form.sound_format
    assert 0.2 < inspect(target).seconds < 0.8
    samples, rate = soundfile.read(target, dtype="float32")
    assert loudest(np.repeat(samples, 16000 // rate)[2000:6000]) == pytest.approx(440, abs=10)
    assert len(done.waveform) == 10


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "made.wav"
    source.write_bytes(written("flac"))
    target.write_text("mine")
    refused = answer(Convert(str(source), str(target)))
    assert isinstance(refused, Failed)
    assert target.read_text() == "mine"
    assert isinstance(answer(Convert(str(source), str(target), replace=True)), ConvertedFile)
    assert inspect(target)
    assert {path.name for path in tmp_path.iterdir()} == {"source", "made.wav"}


def test_a_waveform_has_the_extremes_of_each_part() -> None:
    samples = np.array([0, 0.5, -0.25, 0, 0.1, 0.1], np.float32)
    assert waveform(samples, 3) == [(0, 0.5), (-0.25, 0), (0.1, 0.1)]
    assert len(waveform(samples, 100)) == 6
    assert waveform(samples[:0], 10) == []
