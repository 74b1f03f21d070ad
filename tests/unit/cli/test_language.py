"""In which language commands show findings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import count_line
from officesmart_ivr.cli import main
from officesmart_ivr.cli.language import chosen
from officesmart_ivr.messages import Language, Text
from officesmart_ivr.translations import in_language
from tests.unit.callplan.conftest import NamedSounds
from tests.unit.conftest import LOCALE

BROKEN = "version: 1\ncompany: {name: Studio Rossi}\nsites:\n  milano: {nam: Milano}\n"

LANGUAGES = (Language.ENGLISH, Language.ITALIAN)

Run = Callable[..., str]


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "it_IT.UTF-8"}, Language.ITALIAN),
        ({"LANG": "it"}, Language.ITALIAN),
        ({"LANG": "de_DE.UTF-8"}, Language.ENGLISH),
        ({"LANG": "C.UTF-8", "LC_MESSAGES": "it_CH.UTF-8"}, Language.ITALIAN),
        ({"LANG": "it_IT.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, Language.ENGLISH),
        ({"LANG": "it_IT.UTF-8", "LC_ALL": "C"}, Language.ENGLISH),
        ({"LANG": "it_IT.UTF-8", "LC_ALL": ""}, Language.ITALIAN),
        ({"LC_MESSAGES": "en_US", "LC_ALL": "it_IT"}, Language.ITALIAN),
    ],
)
def test_the_locale_decides_unless_a_language_is_chosen(locale: dict[str, str], language: Language) -> None:
    assert chosen(None, locale) is language
    for wanted in Language:
        assert chosen(wanted, locale) is wanted


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(BROKEN)
    return path


@pytest.fixture
def said(plan: Path) -> list[Text]:
    """What is to be said of the plan."""
    findings = check(read(plan), NamedSounds(), ()).findings
    return [*(finding.text for finding in findings), count_line(findings)]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that fails, and return all that it prints."""

    def command(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["officesmart-ivr", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        assert ended.value.code == 1
        printed = capsys.readouterr()
        return printed.out + printed.err

    return command


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("simulate", "--call", "100"),
        ("test",),
        ("flow", "--format", "svg"),
    ],
    ids=lambda command: command[0],
)
def test_commands_that_show_findings(
    command: tuple[str, ...], plan: Path, said: list[Text], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *options = command

    def speaks(printed: str) -> set[Language]:
        return {
            language for language in Language if all(in_language(text, language) in printed for text in said)
        }

    assert speaks(run(name, plan, *options)) == {Language.ENGLISH}
    assert speaks(run(name, plan, *options, "--language", "it")) == {Language.ITALIAN}
    for variable in LOCALE:
        monkeypatch.setenv(variable, "it_IT.UTF-8")
        assert speaks(run(name, plan, *options)) == {Language.ITALIAN}
        assert speaks(run(name, plan, *options, "--language", "en")) == {Language.ENGLISH}
        monkeypatch.delenv(variable)


def test_errors_that_end_a_command_follow_the_locale(
    plan: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("announcement", "list", "--plan", plan)
    plan.write_text("sites: [\n")
    finding = read(plan).findings[0]
    assert finding.message in run(*command)
    monkeypatch.setenv("LANG", "it_IT.UTF-8")
    assert finding.translated(Language.ITALIAN).message in run(*command)


def test_programs_are_given_the_message_in_the_language_and_all_else_as_ever(
    plan: Path, said: list[Text], run: Run
) -> None:
    english, italian = (
        json.loads(run("check", plan, "--format", "json", "--language", language))
        for language in ("en", "it")
    )
    assert [each["message"] for each in italian] == [
        in_language(text, Language.ITALIAN) for text in said[:-1]
    ]
    for each in (*english, *italian):
        del each["message"]
    assert english == italian
