from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from officesmart_ivr.announcements.formats import PCM, inspect
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.callplan.files import read
from officesmart_ivr.cli.main import app
from officesmart_ivr.errors import AnnouncementError, SettingsError
from officesmart_ivr.testcall.tones import tone, write_wave

PLAN = """\
version: 1
company: {name: Prova}
announcements:
  welcome: {file: welcome.wav}
  closed: {text: Siamo chiusi}
  lonely: {file: absent.wav}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus:
      day: {announcement: welcome, keys: {"1": {play: closed}}}
      night: {announcement: welcome}
"""


class Office:
    def __init__(self, folder: Path) -> None:
        self.plan = folder / "plan.yaml"
        self.sounds = folder / "sounds"
        self.data = folder / "data"
        self.plan.write_text(PLAN)
        self.sounds.mkdir()
        self.wide, self.other = folder / "wide.wav", folder / "other.wav"
        write_wave(self.wide, tone(700, 1.0, rate=16000))
        write_wave(self.other, tone(700, 1.0, rate=44100), rate=44100)

    def run(self, *words: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["announcement", *map(str, words)])
        if isinstance(done.exception, Exception):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setenv("OFFICESMART_DATA", str(tmp_path / "data"))
    return Office(tmp_path)


def test_check_tells_of_each_file_and_its_exit_code_whether_all_are_accepted(office: Office) -> None:
    assert office.run("check", office.wide)
    good, bad = json.loads(office.run("check", office.wide, office.other, "--format", "json", code=1))
    assert (good["accepted"], good["faults"]) == (True, [])
    assert good["report"]["speech"] > 0.9
    assert not bad["accepted"]
    assert bad["faults"] == ["44100 samples/s (16-bit PCM needs 16000)"]
    assert f"announcement convert {office.other}" in bad["remedy"]
    office.run("check", office.plan, code=1)


def test_the_command_that_a_check_names_makes_an_accepted_file(office: Office) -> None:
    (bad,) = json.loads(office.run("check", office.other, "--format", "json", code=1))
    words = bad["remedy"].split("officesmart-ivr announcement ")[1].split(", or:")[0].split()
    office.run(*words)
    assert inspect(Path(words[-1])).format is PCM


def test_add_puts_a_sound_where_the_plan_looks_and_says_what_to_write(office: Office) -> None:
    told = office.run("add", "hello", office.other, "--plan", office.plan)
    assert "  hello: {file: hello.wav}" in told
    assert inspect(office.sounds / "hello.wav").format is PCM
    line = told.split("  hello: ")[1].split("\n")[0]
    office.plan.write_text(PLAN.replace("announcements:\n", f"announcements:\n  hello: {line}\n"))
    plan = read(office.plan).plan
    assert plan is not None
    assert plan.announcements["hello"].file == "hello.wav"
    with pytest.raises(AnnouncementError, match="there already"):
        office.run("add", "hello", office.wide, "--plan", office.plan)
    again = office.run("add", "hello", office.wide, "--plan", office.plan, "--replace", "--format", "json")
    assert json.loads(again)["in_plan"] is True
    assert json.loads(again)["converted"] is False


@pytest.mark.parametrize(
    ("name", "line", "field"), [("closed", 5, "text"), ("lonely", 6, "file"), ("welcome", 4, "")]
)
def test_add_says_where_the_plan_has_the_announcement_already(
    office: Office, name: str, line: int, field: str
) -> None:
    told = office.run("add", name, office.wide, "--plan", office.plan)
    if not field:  # the plan's own file was put there
        assert "names it already" in told
        assert "Write in the plan" not in told
        return
    assert f"The plan has '{name}' already, at {office.plan}:{line}:3" in told
    assert f"in place of '{field}'" in told
    assert told.splitlines()[-1] == f"  file: {name}.wav"
    assert 'below "announcements:"' not in told


def test_without_a_plan_it_is_the_one_that_runs(office: Office) -> None:
    with pytest.raises(SettingsError):
        office.run("add", "hello", office.wide)
    office.data.mkdir()
    (office.data / "up.json").write_text(json.dumps({"plan": str(office.plan), "sounds": ""}))
    office.run("add", "hello", office.wide)
    assert (office.sounds / "hello.wav").exists()


def test_a_broken_plan_does_not_stop_adding(office: Office) -> None:
    office.plan.write_text("announcements: [")
    assert "hello.wav" in office.run("add", "hello", office.wide, "--plan", office.plan)


def test_list_shows_who_plays_what_and_what_is_ready(office: Office) -> None:
    office.run("add", "welcome", office.wide, "--plan", office.plan)

    def listed() -> dict[str, dict[str, object]]:
        command = ("list", "--plan", office.plan, "--speech", f"command {sys.executable} {{output}}")
        return {each["id"]: each for each in json.loads(office.run(*command, "--format", "json"))}

    before = listed()
    assert before["welcome"]["used_by"] == ["main/day", "main/night"]
    assert before["closed"]["used_by"] == ["main/day"]
    assert before["lonely"]["used_by"] == []
    assert before["lonely"]["problem"]
    assert before["closed"]["problem"]
    assert (before["welcome"]["seconds"], before["welcome"]["ready"]) == (1.0, [])
    plan = read(office.plan).plan
    assert plan is not None
    Library(office.data / "sounds", office.sounds).publish(plan, office.sounds)
    assert listed()["welcome"]["ready"] == ["sln16"]
    assert "main/day, main/night" in office.run("list", "--plan", office.plan)


def test_say_speaks_into_a_file(office: Office, tmp_path: Path) -> None:
    program = tmp_path / "say.py"
    program.write_text(
        "import shutil, sys\nassert sys.stdin.read() == 'Ciao a tutti'\n"
        f"shutil.copy({str(office.wide)!r}, sys.argv[1])\n"
    )
    engine = f"command {sys.executable} {program} {{output}}"
    target = tmp_path / "said.wav"
    office.run("say", "Ciao\n a  tutti", "--speech", engine, "--output", target)
    assert inspect(target).seconds > 1
    with pytest.raises(AnnouncementError, match="there already"):
        office.run("say", "Ciao a tutti", "--speech", engine, "--output", target)
    for text in ("...", "", "x" * 1001):
        with pytest.raises(AnnouncementError) as refused:
            office.run("say", text, "--speech", engine, "--output", tmp_path / "none.wav")
        assert "text" in refused.value.message
        assert "1,000" in (refused.value.remedy or "")
