from __future__ import annotations

import re
from pathlib import Path

from officesmart_ivr.callplan.checks import Sounds, check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.findings import Code, Severity

PAGE = (Path(__file__).parents[3] / "docs/how-to/edit-the-plan.md").read_text("utf-8")
FINDINGS = PAGE.partition("## What the findings ask of you")[2]


def test_the_examples_together_are_a_plan_without_findings(sounds: Sounds) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    checked = check(
        parse({f"block {number}": block.encode() for number, block in enumerate(blocks)}),
        sounds,
        ["carrier", "service-pin"],
    )
    assert checked.findings == ()
    assert checked.plan is not None


def test_every_code_is_told_with_its_severity() -> None:
    rows = re.findall(r"^\| `([a-z-]+)`( \(warning\))? \|", FINDINGS, re.MULTILINE)
    assert {code: bool(warning) for code, warning in rows} == {
        code.value: code.severity is Severity.WARNING for code in Code
    }
