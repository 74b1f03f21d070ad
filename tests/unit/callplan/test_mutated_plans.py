from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan.checks import Sounds, check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.findings import has_errors

GOOD = [plan.read_text("utf-8") for plan in sorted(Path(__file__).parent.glob("good_plans/*.yaml"))]
WORDS = sorted({word for text in GOOD for word in text.replace(":", " : ").split()})
PIECES = st.sampled_from(
    [*WORDS, *'{}[]:,"&*!%|>#?-\\\t\n\x00', "<<: *a", "&a ", "---\n", "  ", "é", "\u2028"]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        piece = draw(PIECES | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text


@given(mutated())
def test_a_mutated_plan_is_a_plan_or_has_findings_inside_its_text(sounds: Sounds, text: str) -> None:
    checked = check(parse({"plan.yaml": text.encode()}), sounds, ())
    assert (checked.plan is None) == has_errors(checked.findings)
    lines = text.replace("\u2028", "\n").split("\n")
    for finding in checked.findings:
        _, line, column = finding.position
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
        assert "\n" not in str(finding)


@given(st.binary(max_size=400))
def test_any_bytes_give_findings(sounds: Sounds, data: bytes) -> None:
    checked = check(parse({"plan.yaml": data}), sounds, ())
    assert checked.plan is None
    assert has_errors(checked.findings)
