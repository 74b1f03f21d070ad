from __future__ import annotations

import re
from pathlib import Path

import yaml

from officesmart_ivr.callplan.checks import Sounds, check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.findings import Code, Severity
from officesmart_ivr.callplan.model import Site, Week

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


def test_the_examples_about_holidays_can_be_read() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/holidays.md").read_text("utf-8")
    blocks = [
        yaml.load(block, yaml.BaseLoader)
        for block in re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    ]
    weeks = [block["week"] for block in blocks if "week" in block]
    weeks += [{"special_days": block} for block in blocks if isinstance(block, list)]
    sites = [site for block in blocks if "sites" in block for site in block["sites"].values()]
    assert len(weeks) + len(sites) > len(blocks)
    for week in weeks:
        Week.model_validate(week)
    for site in sites:
        Site.model_validate(site)
