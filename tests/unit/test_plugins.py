from __future__ import annotations

import logging
import shutil
import tomllib
from pathlib import Path

import pytest

from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.core.hunt import Search, next_offer
from officesmart_ivr.core.strategies import SHIPPED
from officesmart_ivr.plugins import STRATEGIES, strategies
from tests.unit.core.groups import board, busy, office

EXAMPLE = Path(__file__).parents[2] / "docs/examples/strategy_pairs"
PLAN = b"""
version: 1
company: {name: Studio Rossi}
extensions: {"201": {name: Anna Rossi}}
hunt_groups: {sales: {name: Vendite, numbers: ["500"], strategy: pairs, members: ["201"]}}
"""


class NoSounds:
    def problem(self, file: str) -> None:
        return None


def install(package: Path, folder: Path) -> None:
    """Do what an installer does, without one and without a network."""
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    for module in package.glob("*.py"):
        shutil.copy(module, folder)
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    points = [f"[{group}]" for group in project["entry-points"]]
    points += [f"{name} = {where}" for name, where in project["entry-points"][STRATEGIES].items()]
    announce(folder, project["name"], metadata, "\n".join(points))


def announce(folder: Path, name: str, metadata: str, entry_points: str) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which installed packages are read."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_example_is_a_strategy_that_plans_can_use(folder: Path) -> None:
    candidate = parse({"plan.yaml": PLAN})
    assert [finding.code for finding in check(candidate, NoSounds(), ()).findings] == ["unknown-strategy"]
    install(EXAMPLE, folder)
    found = strategies()
    assert check(candidate, NoSounds(), (), found).findings == ()
    sales = office(strategies=found, strategy="pairs").groups["sales"]
    first = next_offer(sales, Search("sales"), board(busy("A")))
    second = next_offer(sales, first.search, board(busy("A")))
    waves = [[member.id for member in decision.members] for decision in (first, second)]
    assert waves == [["202"], ["203", "204"]]


@pytest.mark.parametrize(
    "points", ["theirs = nowhere:Strategy", "theirs = json:loads", "linear = json:loads"]
)
def test_a_package_that_cannot_be_used_is_left_out_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture, points: str
) -> None:
    announce(folder, "theirs", "Name: theirs\nVersion: 1.0.0\n", f"[{STRATEGIES}]\n{points}\n")
    with caplog.at_level(logging.WARNING):
        assert strategies() == dict(SHIPPED)
    assert "theirs" in caplog.text
