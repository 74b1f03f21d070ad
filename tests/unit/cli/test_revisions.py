"""``reload`` and ``revisions``: with a running application, and with what it has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.errors import ApiError, NotRunningError
from officesmart_ivr.messages import Language, say
from officesmart_ivr.publishing.outcome import Refused
from officesmart_ivr.settings import DATABASE_VARIABLE, DataFolder
from officesmart_ivr.state.revisions import Origin, Source
from officesmart_ivr.state.sql.database import in_file, opened
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.translations import in_language
from tests.unit.api.conftest import NOW, TEXT, Running
from tests.unit.api.conftest import opened as opened_application
from tests.unit.cli.test_calls import as_json, run

LANGUAGES = (Language.ENGLISH, Language.ITALIAN)
SECOND = TEXT.replace("Studio", "Second")
BROKEN = TEXT.replace("menu: day", "menu: night")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    monkeypatch.setenv("LOGNAME", "anna")
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


@pytest.fixture
async def running(data: DataFolder) -> AsyncIterator[Running]:
    made = await opened_application(data)
    async with made.serve():
        yield made


@pytest.fixture
def plan(data: DataFolder) -> Path:
    return data.root / "plan" / "plan.yaml"


def write(path: Path, content: str) -> None:
    path.write_text(content)


def read(path: Path) -> str:
    return path.read_text()


async def test_reload_says_which_revision_is_live(running: Running, data: DataFolder, plan: Path) -> None:
    write(plan, SECOND)
    told = await run(data, "reload", "--message", "Christmas")
    assert told.exit_code == 0
    assert told.stdout.startswith("live: revision 2, ")
    revision = (await running.revisions.find(1))[0]
    assert revision.origin == Origin(Source.RELOAD, "anna", "Christmas")
    again = await as_json(data, "reload")
    assert (again["live"], again["new"], again["revision"]) == (True, False, 2)
    assert not (await run(data, "reload")).stderr
    assert "message" in (await run(data, "reload", "--message", "New Year")).stderr


async def test_reload_prints_the_findings_of_a_refused_plan_as_check_does(
    running: Running, data: DataFolder, plan: Path
) -> None:
    write(plan, BROKEN)
    told = await run(data, "reload")
    assert told.exit_code == 1
    place, count = told.stdout.splitlines()
    assert place.startswith(f"{plan}:7:30: error[unknown-reference]")
    assert count == "1 error, 0 warnings"
    assert "remedy" in told.stderr
    shown = await as_json(data, "reload")
    assert [each["code"] for each in shown["findings"]] == ["unknown-reference"]


async def fill(data: DataFolder) -> None:
    """What an application has left that does not run any more."""
    async with opened(in_file(data.database)) as database:
        revisions = SqlRevisions(database)
        await revisions.add({"plan.yaml": TEXT.encode()}, Origin(Source.START, "file"), NOW)
        await revisions.add({"plan.yaml": SECOND.encode()}, Origin(Source.RELOAD, "anna", "why"), NOW)
        await revisions.add({"plan.yaml": BROKEN.encode()}, Origin(Source.KEPT, "anna"), NOW)
        await revisions.schedule({"plan.yaml": TEXT.encode()}, Origin(Source.PUBLICATION, "anna"), NOW, NOW)


async def test_the_past_is_read_while_nothing_runs(data: DataFolder) -> None:
    await fill(data)
    listed = await as_json(data, "revisions", "list")
    assert [(each["number"], each["source"]) for each in listed] == [(1, "start"), (2, "reload"), (3, "kept")]
    assert (await as_json(data, "revisions", "show", "2"))["texts"] == {"plan.yaml": SECOND}
    shown = await run(data, "revisions", "show", "2")
    assert SECOND in shown.stdout
    difference = (await run(data, "revisions", "diff")).stdout.splitlines()
    assert difference[:2] == ["--- plan.yaml (revision 1)", "+++ plan.yaml (revision 2)"]
    assert "-company: {name: Studio}" in difference
    assert "+company: {name: Second}" in difference
    backwards = (await run(data, "revisions", "diff", "2", "1")).stdout.splitlines()
    assert "+company: {name: Studio}" in backwards
    assert len(await as_json(data, "revisions", "scheduled")) == 1
    with pytest.raises(ApiError):
        await run(data, "revisions", "show", "9")
    with pytest.raises(NotRunningError):
        await run(data, "revisions", "rollback", "1")


async def test_a_rollback_and_one_that_is_refused(running: Running, data: DataFolder, plan: Path) -> None:
    write(plan, SECOND)
    await run(data, "reload")
    write(plan, BROKEN)
    told = await run(data, "revisions", "rollback", "1", "--message", "wrong")
    assert told.exit_code == 0
    assert "live: revision 4" in told.stdout
    assert "revision 3" in told.stderr
    assert read(plan) == TEXT
    refused = await run(data, "revisions", "rollback", "3")
    assert refused.exit_code == 1
    assert "unknown-reference" in refused.stdout
    assert running.door.last is not None
    assert isinstance(running.door.last.outcome, Refused)
    with pytest.raises(ApiError):
        await run(data, "revisions", "rollback", "9")


async def test_publications_are_set_listed_and_cancelled(
    running: Running, data: DataFolder, tmp_path: Path
) -> None:
    christmas = tmp_path / "christmas.yaml"
    write(christmas, SECOND)

    async def publish(at: str) -> Any:
        return await run(data, "revisions", "publish", str(christmas), "--at", at, "-m", "Christmas")

    told = await publish("2999-12-24 18:00")
    assert told.exit_code == 0
    assert "2999-12-24 18:00" in told.stdout
    (listed,) = await as_json(data, "revisions", "scheduled")
    assert (listed["at"], listed["author"], listed["state"]) == ("2999-12-24T18:00:00+01:00", "anna", "waits")
    assert "2999" in (await run(data, "revisions", "scheduled")).stdout
    assert (await run(data, "revisions", "cancel", "1")).exit_code == 0
    with pytest.raises(ApiError):
        await run(data, "revisions", "cancel", "1")
    for at in ("2001-01-01 08:00", "soon"):
        with pytest.raises(ApiError) as wrong:
            await publish(at)
        assert (wrong.value.where, wrong.value.status) == ("at", 400)
    write(christmas, BROKEN)
    refused = await publish("2999-12-24 18:00")
    assert refused.exit_code == 1
    assert "unknown-reference" in refused.stdout


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("name", ["christmas.yaml", "plan.yaml"])
async def test_findings_of_a_plan_to_come_name_the_file_that_was_given(
    data: DataFolder, tmp_path: Path, name: str
) -> None:
    given = tmp_path / "to come" / name
    given.parent.mkdir()
    write(given, BROKEN)
    later = ("revisions", "publish", str(given), "--at", "2999-12-24 18:00")
    told = await run(data, *later)
    assert told.stdout.startswith(f"{given}:7:30: error[unknown-reference]")
    assert str(data.root / "plan") not in told.stdout + told.stderr
    assert [each["file"] for each in (await as_json(data, *later))["findings"]] == [str(given)]


async def test_findings_are_told_in_the_language_that_is_wanted(
    running: Running, data: DataFolder, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(plan, SECOND)
    await run(data, "reload")
    write(plan, BROKEN)
    await run(data, "revisions", "rollback", "1")  # what stands in the files is kept as revision 3
    write(plan, BROKEN)
    later = ("publish", str(plan), "--at", "2999-12-24 18:00")
    refused = (await as_json(data, "reload"))["findings"]
    for command in (("reload",), ("revisions", "rollback", "3"), ("revisions", *later)):
        english, italian = [await as_json(data, *command, "--language", each.value) for each in LANGUAGES]
        assert english["findings"] == refused
        assert [each["code"] for each in italian["findings"]] == [each["code"] for each in refused]
        for part in ("error", "remedy"):
            assert english[part] != italian[part]
        printed = await run(data, *command, "--language", "it")
        said = [each["message"] for each in italian["findings"]]
        assert said != [each["message"] for each in refused]
        assert all(message in printed.stdout for message in said)
        assert in_language(say("1 error"), Language.ITALIAN) in printed.stdout
        assert italian["error"] in printed.stderr
    last = running.answers.status(Language.ITALIAN).live.last
    assert [each.message for each in last.findings] == said
    # The application tells what it is asked for, whatever its own locale.
    monkeypatch.setenv("LANG", "it_IT.UTF-8")
    told = await asyncio.to_thread(ApiClient(data).reload, "", "")
    assert [each.message for each in told.findings] == [each["message"] for each in refused]
