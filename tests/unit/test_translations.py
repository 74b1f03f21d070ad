from __future__ import annotations

import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from officesmart_ivr import translations
from officesmart_ivr.announcements.folder import SoundFolder
from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import Code, Finding, Position
from officesmart_ivr.messages import Language, Message, joined, quoted, say
from officesmart_ivr.translations import catalogue, in_language, parse
from tests.unit.templates import templates

HERE = Path(__file__).parent
OTHERS = [language for language in Language if language is not Language.ENGLISH]
BAD_PLANS = sorted((HERE / "callplan/bad_plans").glob("*.yaml"))
NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
OWN_WORDS = {
    "'{text}'": "<{text}>",
    "{problem}; see {place}": "{place}: {problem}",
    "no {name}{hint}": "nessun {name}{hint}",
    "; add it": "; aggiungilo",
    "a {{menu: {name}}}": "un {{menu: {name}}}",
}


@pytest.fixture
def own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "catalogue", lambda language: OWN_WORDS)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def parts(text: object) -> list[Message]:
    """Return a message with all those inside it."""
    if not isinstance(text, Message):
        return []
    return [text, *(part for argument in text.arguments.values() for part in parts(argument))]


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_of_the_code_is_translated_and_no_other(language: Language) -> None:
    written, translated = templates(), catalogue(language)
    assert {text: place for text, place in written.items() if text not in translated} == {}
    assert [text for text in translated if text not in written] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_completed_by_the_same_arguments(language: Language) -> None:
    translated = catalogue(language).items()
    assert {text: other for text, other in translated if fields(text) != fields(other)} == {}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("plan", BAD_PLANS, ids=lambda plan: plan.stem)
def test_all_that_is_said_of_a_bad_plan_is_in_the_catalogue(
    plan: Path, language: Language, tmp_path: Path
) -> None:
    calendars = CalendarFolder.beside(plan)
    checked = check(read(plan), SoundFolder(tmp_path), ["carrier"], calendars=calendars, now=NOW)
    assert checked.findings
    known = catalogue(language).keys()
    for finding in checked.findings:
        assert isinstance(finding.text, Message), finding
        # Rows of other texts have no words of their own.
        words = [part for part in parts(finding.text) if not part.arguments.keys() & {"part0"}]
        assert [part.template for part in words if part.template not in known] == []
        assert finding.translated(language).message != finding.message
        assert finding.translated(Language.ENGLISH).message == finding.message


@pytest.mark.usefixtures("own_words")
def test_messages_inside_messages_are_translated_too() -> None:
    message = say(
        "{problem}; see {place}",
        problem=say("no {name}{hint}", name=quoted("day"), hint=say("; add it")),
        place="a.yaml:3:1",
    )
    assert str(message) == "no 'day'; add it; see a.yaml:3:1"
    assert in_language(message, Language.ITALIAN) == "a.yaml:3:1: nessun <day>; aggiungilo"
    row = joined(" -> ", [quoted("a"), "b"])
    assert (str(row), in_language(row, Language.ITALIAN)) == ("'a' -> b", "<a> -> b")


@pytest.mark.usefixtures("own_words")
def test_braces_of_a_plan_stay_as_they_are() -> None:
    message = say("a {{menu: {name}}}", name="{text}")
    assert str(message) == "a {menu: {text}}"
    assert in_language(message, Language.ITALIAN) == "un {menu: {text}}"


@pytest.mark.usefixtures("own_words")
def test_what_is_not_translated_is_shown_as_it_is() -> None:
    assert in_language("'{text}'", Language.ITALIAN) == "'{text}'"
    assert in_language(say("new {name}", name=quoted("day")), Language.ITALIAN) == "new <day>"


def test_a_finding_that_was_kept_as_text_is_equal_and_stays_text() -> None:
    made = Finding(Position("plan.yaml"), Code.YAML, say("the file is empty; begin with 'version: 1'"))
    kept = Finding(Position("plan.yaml"), Code.YAML, made.message)
    assert kept == made
    assert hash(kept) == hash(made)
    assert kept.translated(Language.ITALIAN) == kept
    assert made.translated(Language.ITALIAN) != kept


def test_a_missing_argument_is_noticed_where_the_message_is_made() -> None:
    with pytest.raises(KeyError):
        say("no {name}")


def test_reads_what_translators_programs_write() -> None:
    written = (
        'msgid ""\nmsgstr "Language: it\\n"\n\n#, python-brace-format\n'
        'msgid ""\n"a \\"b\\" "\n"c"\nmsgstr ""\n"d\\\\ "\n"è"\n\n'
        'msgid "not yet"\nmsgstr ""\n#~ msgid "old"\n#~ msgstr "vecchio"\n'
    )
    assert parse(written) == {'a "b" c': "d\\ è"}


@pytest.mark.parametrize(
    "written",
    [
        'msgstr "a"\n',
        'msgid "a"\nmsgstr "b"\nmsgstr "c"\n',
        '"a"\n',
        'msgid "a\n',
        'msgctxt "a"\n',
        'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n',
    ],
)
def test_refuses_what_is_no_catalogue(written: str) -> None:
    with pytest.raises(ValueError, match=r"line \d|twice"):
        parse(written)
