"""Words of tones: each that was said is understood, in order, however many there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.livetest.codewords import Codewords
from officesmart_ivr.testcall.g711 import SAMPLE_RATE, encode
from officesmart_ivr.testcall.heard import Heard
from officesmart_ivr.testcall.tones import FRAME_SAMPLES

FRAME_NS = 20_000_000
FEW = Codewords(f"few {number}" for number in range(60))
MANY = Codewords(f"many {number}" for number in range(600))


def hear(codewords: Codewords, said: list[str], *, from_sample: int = 0) -> list[str]:
    samples = [sample for name in said for sample in codewords.sound(name, rate=SAMPLE_RATE)]
    payload = encode("PCMA", samples[from_sample:])
    heard = Heard()
    for number, at in enumerate(range(0, len(payload) - FRAME_SAMPLES + 1, FRAME_SAMPLES)):
        heard.feed(codewords.detector.frame_of("PCMA", payload[at : at + FRAME_SAMPLES]), number * FRAME_NS)
    return [name for name, _ in codewords.heard(heard.segments)]


@given(st.lists(st.integers(0, 59).map("few {}".format), max_size=4), st.integers(0, FRAME_SAMPLES - 1))
def test_what_is_said_is_heard(said: list[str], shift: int) -> None:
    assert hear(FEW, said, from_sample=shift if said else 0) == said


def test_a_large_plan_has_words_for_all() -> None:
    said = [f"many {number}" for number in (0, 1, 299, 599, 599)]
    assert hear(MANY, said) == said


def test_what_is_cut_off_is_not_heard() -> None:
    samples = len(FEW.sound("few 1", rate=SAMPLE_RATE))
    assert hear(FEW, ["few 1", "few 2"], from_sample=samples // 2) == ["few 2"]
