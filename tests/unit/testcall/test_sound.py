"""G.711, tones, and what is heard of them."""

import wave
from pathlib import Path
from random import Random

import pytest

from officesmart_ivr.testcall import g711
from officesmart_ivr.testcall.errors import PhoneError, WaitedInVainError
from officesmart_ivr.testcall.heard import Heard
from officesmart_ivr.testcall.tones import OTHER_SOUND, SILENCE, TONES, Detector, Frame, tone, write_wave

MS = 1_000_000
DETECTOR = Detector()


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    [
        ("PCMA", 0xD5, 8),
        ("PCMA", 0x55, -8),
        ("PCMA", 0xAA, 32256),
        ("PCMA", 0x80, 5504),
        ("PCMU", 0xFF, 0),
        ("PCMU", 0x80, 32124),
        ("PCMU", 0x00, -32124),
        ("PCMU", 0xEF, 132),
    ],
)
def test_g711_values(law: str, code: int, sample: int) -> None:
    assert g711.decode(law, bytes([code])) == [sample]
    assert g711.encode(law, [sample]) == bytes([code])


@pytest.mark.parametrize("law", g711.LAWS)
def test_g711_takes_the_nearest_value(law: str) -> None:
    sounds = sorted(set(g711.decoder(law)))
    for sample in range(-32768, 32768, 37):
        (heard,) = g711.decode(law, g711.encode(law, [sample]))
        # Four 16-bit values share a place in the encoder's table.
        assert abs(heard - sample) <= min(abs(sound - sample) for sound in sounds) + 4


def test_another_coding_than_g711_is_refused() -> None:
    with pytest.raises(PhoneError):
        g711.decode("G722", b"x")


@pytest.mark.parametrize("law", g711.LAWS)
@pytest.mark.parametrize("frequency", TONES)
def test_each_tone_is_recognised_among_all_others(law: str, frequency: int) -> None:
    for level in (-3.0, -30.0):
        payload = g711.encode(law, tone(frequency, 0.02, level=level))
        assert DETECTOR.frame_of(law, payload) == Frame(frequency, certain=True)
        others = Detector(other for other in TONES if other != frequency)
        assert others.frame_of(law, payload).sound == OTHER_SOUND


def test_a_frame_that_the_tone_fills_for_two_thirds_counts_but_is_not_certain() -> None:
    assert DETECTOR.frame([0] * 50 + list(tone(700, 110 / 8000))) == Frame(700, certain=False)
    assert DETECTOR.frame([0] * 120 + list(tone(700, 40 / 8000))).sound == OTHER_SOUND


def test_no_tone_in_silence_noise_and_a_voice() -> None:
    random = Random(1)
    assert DETECTOR.frame([random.randint(-60, 60) for _ in range(160)]).sound == SILENCE
    for pitch in range(90, 260, 10):
        noise = [round(random.gauss(0, 3000)) for _ in range(160)]
        assert DETECTOR.frame(noise).sound == OTHER_SOUND
        # A voice: the pitch with its harmonics, each weaker than the one before.
        parts = [tone(pitch * n, 0.02, level=-12 - 6.0 * n) for n in range(1, 12)]
        assert DETECTOR.frame([sum(samples) for samples in zip(*parts, strict=True)]).sound == OTHER_SOUND


def test_the_wave_file_of_a_test_announcement(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", tone(400, 1.5, rate=16000))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        assert file.getnframes() == 24000


def heard(*frames: tuple[int, int], uncertain: frozenset[int] = frozenset()) -> Heard:
    """What is heard of frames, given as (sound, time of arrival in ms)."""
    result = Heard()
    for sound, at in frames:
        result.feed(Frame(sound, certain=at not in uncertain), at * MS)
    return result


def test_segments_begin_at_their_first_packet_and_survive_a_mixed_one() -> None:
    result = heard((400, 20), (400, 40), (900, 60), (500, 80), (500, 100), uncertain=frozenset({20, 80}))
    found = [(segment.sound, segment.first_ns // MS, segment.last_ns // MS) for segment in result.segments]
    assert found == [(400, 20, 40), (500, 80, 100)]


def test_a_tone_that_is_never_certain_is_none() -> None:
    assert heard((400, 20), (400, 40), uncertain=frozenset({20, 40})).segments == []


def test_the_same_tone_after_a_pause_is_a_new_segment() -> None:
    result = heard((400, 20), (400, 40), (400, 400), (400, 420))
    again = result.find(400, after=100 * MS)
    assert len(result.segments) == 2
    assert again is not None
    assert again.first_ns == 400 * MS


async def test_waiting_for_a_tone_that_does_not_come_tells_what_came() -> None:
    result = heard((400, 20), (400, 40))
    assert (await result.hear(400, within=1)).first_ns == 20 * MS
    with pytest.raises(WaitedInVainError, match="400 Hz"):
        await result.hear(500, within=0.01)
