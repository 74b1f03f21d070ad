"""What the examples of the documentation hold is true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.api.conftest import Running

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
UNITS = sorted((EXAMPLES / "systemd").glob("*.service"))


def queries(part: object) -> list[str]:
    """All queries of a dashboard."""
    if isinstance(part, dict):
        own = [part["expr"]] if "expr" in part else []
        return own + [query for value in part.values() for query in queries(value)]
    return [query for each in part for query in queries(each)] if isinstance(part, list) else []


async def test_the_dashboard_shows_figures_that_there_are(running: Running) -> None:
    dashboard = json.loads((EXAMPLES / "monitoring" / "dashboard.json").read_text())
    asked = set(re.findall(r"\b(?:officesmart|process)_\w+", " ".join(queries(dashboard))))
    told = re.findall(r"^# TYPE (\S+) (\S+)", running.answers.metrics(), re.MULTILINE)
    there = {name for name, _ in told} | {f"{name}_bucket" for name, kind in told if kind == "histogram"}
    assert len(asked) > 10
    assert asked <= there


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there to look at units")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        # The programs are where the example says; here they need not be.
        text = re.sub(r"(?m)^(ExecStart|ExecReload)=\S+", r"\1=/bin/true", each.read_text())
        (tmp_path / each.name).write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / unit.name)], capture_output=True, text=True, check=False
    )
    about_it = [line for line in said.stderr.splitlines() if "officesmart" in line]
    assert (said.returncode, about_it) == (0, []), said.stderr
