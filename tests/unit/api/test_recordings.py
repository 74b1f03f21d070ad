"""Recording by telephone by the API and the commands."""

from __future__ import annotations

import json

import pytest

from officesmart_ivr.announcements.drafts import Label
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.errors import ApiError
from officesmart_ivr.settings import DataFolder
from tests.unit.api.conftest import Running, over, record, told
from tests.unit.cli.test_calls import run

WELCOME = Label("abc-rec1", "welcome", "201")
SECOND = Label("abd-rec3", "welcome", "202")
SPOILT = Label("f00-rec1", "spoilt", "201")
SAMPLES = bytes(32000)


async def command(data: DataFolder, *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    try:
        told = await run(data, *arguments)
    except ApiError:
        return 1, ""
    return told.exit_code, told.stdout


def kept(running: Running, *labels: Label) -> None:
    for label in labels:
        running.drafts.keep(label, SAMPLES)


async def test_drafts_are_shown_and_saved(running: Running, data: DataFolder) -> None:
    kept(running, WELCOME, SECOND)
    code, output = await command(data, "announcement", "drafts", "--format", "json")
    listed = {each["id"]: each for each in json.loads(output)}
    assert code == 0
    assert (listed["abc-rec1"]["announcement"], listed["abc-rec1"]["by"]) == ("welcome", "201")
    assert listed["abc-rec1"]["seconds"] == 1.0
    code, output = await command(data, "announcement", "drafts", "--save", "abc")
    assert (code, running.saved) == (0, [WELCOME])
    assert "abc-rec1" not in output
    assert "abd-rec3" in output


async def test_a_draft_is_thrown_away(running: Running, data: DataFolder) -> None:
    kept(running, WELCOME, SECOND)
    code, _ = await command(data, "announcement", "drafts", "--discard", "abd")
    assert (code, [draft.label for draft in running.drafts.all()]) == (0, [WELCOME])
    assert not running.saved


@pytest.mark.parametrize("named", ["ab", "x", "f00"])
async def test_what_cannot_be_saved_stays(running: Running, data: DataFolder, named: str) -> None:
    """Because several are meant, or none, or the disk is full."""
    kept(running, WELCOME, SECOND, SPOILT)
    code, _ = await command(data, "announcement", "drafts", "--save", named)
    assert code == 1
    assert len(running.drafts.all()) == 3


@pytest.mark.parametrize(
    "facts", [(Fact.RECORDS, Fact.RECORDING_SAVED), (Fact.RECORDS, Fact.LEFT_AS_DRAFT), (Fact.NOT_REACHED,)]
)
async def test_a_phone_is_called_and_followed(
    running: Running, data: DataFolder, facts: tuple[Fact, ...]
) -> None:
    call = record("c1", endpoint="201")
    for fact in facts:
        told(call, 1, fact, line="201", outcome="no_answer", announcement="welcome")
    running.finished(over(call))
    if Fact.LEFT_AS_DRAFT in facts:
        kept(running, Label("c1-rec2", "welcome", "201"))
    code, output = await command(data, "announcement", "record", "welcome", "--phone", "201")
    assert running.called == [("201", "welcome")]
    assert code == (0 if Fact.RECORDING_SAVED in facts else 1)
    assert ("c1-rec2" in output) == (Fact.LEFT_AS_DRAFT in facts)


@pytest.mark.parametrize(("name", "phone"), [("welcom", "201"), ("spoken", "201"), ("welcome", "999")])
async def test_nobody_is_called_for_nothing(
    running: Running, data: DataFolder, name: str, phone: str
) -> None:
    code, _ = await command(data, "announcement", "record", name, "--phone", phone)
    assert (code, running.called) == (1, [])
