from __future__ import annotations

from pathlib import Path

import pytest

from officesmart_ivr.callplan.checks import Sounds, check, load
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import Finding
from officesmart_ivr.errors import PlanError

COMPANY = "version: 1\ncompany: {name: Studio Rossi}\n"


def write(folder: Path, **contents: str) -> Path:
    for name, text in contents.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def found(findings: tuple[Finding, ...], folder: Path) -> list[str]:
    return [
        f"{Path(finding.position.file).relative_to(folder)}:{finding.position.line}:{finding.position.column}"
        f" {finding.code}"
        for finding in findings
    ]


def test_a_folder_is_merged_by_section(tmp_path: Path, sounds: Sounds) -> None:
    folder = write(
        tmp_path,
        a=COMPANY + "sites: {milano: {name: Milano}}\n",
        b="sites: {torino: {name: Torino}}\nextensions: {201: {name: Anna, site: milano}}\n",
    )
    plan = load(folder, sounds, ())
    assert set(plan.sites) == {"milano", "torino"}
    assert plan.extensions["201"].site == "milano"


def test_a_name_in_two_files_is_reported_at_the_second(tmp_path: Path, sounds: Sounds) -> None:
    folder = write(
        tmp_path,
        a=COMPANY + "sites: {milano: {name: Milano}}\n",
        b="version: 1\nsites:\n  milano: {name: Milano 2}\n",
    )
    checked = check(read(folder), sounds, ())
    assert found(checked.findings, folder) == ["b.yaml:1:1 duplicate-key", "b.yaml:3:3 duplicate-key"]
    assert str(folder / "a.yaml") + ":3:9" in checked.findings[1].message


SIX = COMPANY + "sites: {a: {name: A}, b: {name: B}, c: {name: C}, d: {name: D}}\n"


@pytest.mark.parametrize(
    "name",
    ["plan-old", "plan (copia)", "plan.yaml.bak", "a-copy-of-plan", "Copia di plan", "2026-11-27 plan"],
)
def test_a_copy_of_a_file_is_one_finding(name: str, tmp_path: Path, sounds: Sounds) -> None:
    changed = SIX.replace("name: A", "nam: A") + "extensions: {201: {name: Anna}}\n"
    folder = write(tmp_path, plan=SIX, **{name: changed}, tests="tests: []\n")
    checked = check(read(folder), sounds, ())
    assert found(checked.findings, folder) == [f"{name}.yaml:1:1 duplicate-key"]
    assert "'plan.yaml'" in checked.findings[0].message
    assert checked.plan is None


def test_of_several_copies_each_is_one_finding(tmp_path: Path, sounds: Sounds) -> None:
    folder = write(tmp_path, **{"plan": SIX, "plan (1)": SIX, "plan-old": SIX, "plan2": SIX})
    places = found(check(read(folder), sounds, ()).findings, folder)
    assert places == [f"{name}.yaml:1:1 duplicate-key" for name in ("plan (1)", "plan-old", "plan2")]


def test_the_file_with_more_in_it_is_no_copy(tmp_path: Path, sounds: Sounds) -> None:
    more = "extensions: {" + ", ".join(f"{number}: {{name: N}}" for number in range(201, 220)) + "}\n"
    folder = write(tmp_path, plan=SIX + more, x=SIX)
    assert found(check(read(folder), sounds, ()).findings, folder) == ["x.yaml:1:1 duplicate-key"]


def test_files_that_share_some_entries_are_no_copies(tmp_path: Path, sounds: Sounds) -> None:
    """Parts of one plan, and one name in two of them."""
    other = "sites: {e: {name: E}, f: {name: F}, g: {name: G}, h: {name: H}, a: {name: A}}\n"
    folder = write(tmp_path, a=SIX, b=other)
    assert found(check(read(folder), sounds, ()).findings, folder) == ["b.yaml:1:65 duplicate-key"]


def test_findings_of_all_files_come_together(tmp_path: Path, sounds: Sounds) -> None:
    folder = write(tmp_path, a=COMPANY + "sites: [\n", b="extensions: {201: {nam: Anna}}\n", c="a: *a\n")
    assert found(check(read(folder), sounds, ()).findings, folder) == ["a.yaml:4:1 yaml", "c.yaml:1:4 alias"]


def test_only_plan_files_of_a_folder_are_read(tmp_path: Path, sounds: Sounds) -> None:
    folder = write(
        tmp_path, **{"plan": COMPANY, "secrets": "extension-201: x\n", ".#plan": "[", "old": COMPANY}
    )
    (folder / "old.yaml").rename(folder / "old.yml")
    assert found(check(read(folder), sounds, ()).findings, folder) == ["old.yml:1:1 ignored-file"]


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_nothing_to_read_is_an_error_for_people(name: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as raised:
        read(tmp_path / name)
    assert raised.value.remedy
    assert not raised.value.findings
