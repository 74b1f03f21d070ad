"""``calls``, ``explain`` and ``lines``: asked of a running application, and of what it has left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import CallView
from officesmart_ivr.api.views import call_view
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.cli.main import app
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.errors import ApiError, NotRunningError, OfficeSmartError, SettingsError, StateError
from officesmart_ivr.observe.names import NAMES_FILE
from officesmart_ivr.settings import DATABASE_VARIABLE, DataFolder
from officesmart_ivr.state.call_log import CallLog
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import in_file, opened
from tests.unit.api.conftest import NAMES, NOW, over, record, told
from tests.unit.api.conftest import opened as opened_application

ESCAPE = "\x1b]0;evil\x07"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


async def run(data: DataFolder, *arguments: str) -> Result:
    """Run a command to its end; what it raises is for main to print."""
    told = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--data", str(data.root)])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told


async def as_json(data: DataFolder, *arguments: str) -> Any:
    return json.loads((await run(data, *arguments, "--format", "json")).stdout)


def fill(log: CallLog) -> None:
    """A call that was answered, one that was not, and one that lasts."""
    answered = told(record("ab1", name=ESCAPE), 3, Fact.RINGS, line="201", seconds="20")
    told(answered, 5, Fact.ANSWERED, line="201")
    lost = told(record("ab2", 60, number=""), 2, Fact.RINGS, line="202", seconds="20")
    told(lost, 22, Fact.NOT_REACHED, line="202", outcome="no_answer")
    for call in (over(answered, 77), over(lost, 30, "caller_left")):
        log.begin(call)
        log.finish(call)
    log.begin(record("c3", 120, endpoint="202", number="202"))


@pytest.fixture(params=["running", "kept"])
async def source(request: pytest.FixtureRequest, data: DataFolder) -> Any:
    """The same calls, in a running application and in the database of one that has stopped."""
    if request.param == "running":
        running = await opened_application(data)
        fill(running.log)
        async with running.serve():
            yield data
        return
    async with opened(in_file(data.database)) as database:
        fill(await open_call_log(database))
    data.write_state(NAMES_FILE, msgspec.to_builtins(NAMES))
    yield data


async def test_calls_are_listed_the_newest_last(source: DataFolder) -> None:
    listed = await as_json(source, "calls")
    assert [call["id"] for call in listed] == ["ab1", "ab2", "c3"]
    assert (listed[0]["talked_seconds"], listed[0]["legs"][0]["name"]) == (72, "Anna Rossi")
    assert listed[0]["began"] == "2026-03-02T11:00:00+01:00"
    lines = (await run(source, "calls")).stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["ab1", "ab2", "c3"]
    for shown in ("2026-03-02 11:00:00", "3331234567", "Centralino", "Anna Rossi", "1 min 12 s"):
        assert shown in lines[0]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--limit", "1"], ["c3"]),
        (["--until", "2026-03-02T11:01"], ["ab1"]),
        (["--extension", "202", "--outcome", "caller_left"], ["ab2"]),
        (["--caller", "333"], ["ab1"]),
        (["--number", "999"], []),
    ],
)
async def test_filters(source: DataFolder, filters: list[str], found: list[str]) -> None:
    assert [call["id"] for call in await as_json(source, "calls", *filters)] == found
    assert (await run(source, "calls", *filters)).exit_code == 0


@pytest.mark.parametrize("name", ["ab1", "ab2", "c", "last"])
async def test_a_call_is_explained_in_both_languages(source: DataFolder, name: str) -> None:
    told = await as_json(source, "explain", name)
    assert (told["language"], told["id"]) == ("it", {"c": "c3", "last": "c3"}.get(name, name))
    english, italian = [
        (await run(source, "explain", name, "--language", language)).stdout for language in ("en", "it")
    ]
    assert english != italian == (await run(source, "explain", name)).stdout
    for step in told["steps"]:
        assert step["text"] in italian
    assert "no_answer" not in english


async def test_what_a_caller_is_named_does_not_steer_the_terminal(source: DataFolder) -> None:
    for command in (("calls",), ("explain", "ab1")):
        shown = (await run(source, *command)).stdout
        assert "evil" in shown
        assert not {"\x1b", "\x07"} & set(shown)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("explain", "ab"), None),
        (("explain", "x"), 404),
        (("calls", "--since", "soon"), 400),
        (("calls", "--outcome", "lost"), 400),
        (("calls", "--limit", "100000"), 400),
    ],
)
async def test_what_cannot_be_answered_is_said(
    source: DataFolder, arguments: tuple[str, ...], status: int | None
) -> None:
    with pytest.raises(OfficeSmartError) as error:
        await run(source, *arguments)
    assert error.value.remedy
    assert status is None or (isinstance(error.value, ApiError) and error.value.status == status)


@pytest.mark.parametrize("command", [("calls",), ("explain", "last"), ("calls", "--follow"), ("lines",)])
async def test_nothing_runs_and_nothing_is_kept(data: DataFolder, command: tuple[str, ...]) -> None:
    with pytest.raises(NotRunningError) as error:
        await run(data, *command)
    assert str(data.root) in error.value.message
    assert not data.database.exists()


async def test_a_database_that_is_none(data: DataFolder) -> None:
    data.database.write_text("no database")
    with pytest.raises(OfficeSmartError) as error:
        await run(data, "calls")
    assert str(data.database) in error.value.message


async def test_a_database_elsewhere_that_is_not_there_is_not_made(
    data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    monkeypatch.setenv(DATABASE_VARIABLE, f"sqlite:///{elsewhere}")
    with pytest.raises(StateError) as error:
        await run(data, "calls")
    assert str(elsewhere) in error.value.message
    assert not elsewhere.exists()


async def test_lines(data: DataFolder) -> None:
    running = await opened_application(data)
    running.board.update("201", NOW, registered=True, do_not_disturb=True)
    running.board.occupy("202", "c1", "leg", NOW)
    async with running.serve():
        anna, bruno, _ = await as_json(data, "lines")
        shown = (await run(data, "lines")).stdout.splitlines()
    assert (anna["registered"], anna["do_not_disturb"], bruno["legs"][0]["call"]) == (True, True, "c1")
    assert "Anna Rossi" in shown[1]
    assert "c1" in shown[2]


async def test_calls_are_followed_until_interrupted(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [call_view(call, Language.ENGLISH, NAMES) for call in (record("a"), over(record("a")))]

    def follow(api: ApiClient, filters: object, waiting: Callable[[Exception], None]) -> Iterator[CallView]:
        yield given[0]
        waiting(NotRunningError("away"))
        waiting(NotRunningError("away"))
        yield given[1]
        raise KeyboardInterrupt

    monkeypatch.setattr(ApiClient, "follow", follow)
    shown = await run(data, "calls", "--follow", "--format", "json")
    assert [msgspec.json.decode(line, type=CallView) for line in shown.stdout.splitlines()] == given
    assert (shown.exit_code, shown.stderr.count("away")) == (130, 1)
    lines = (await run(data, "calls", "--follow")).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["a", "a"]


async def test_following_has_no_end(data: DataFolder) -> None:
    with pytest.raises(SettingsError):
        await run(data, "calls", "--follow", "--until", "today")
