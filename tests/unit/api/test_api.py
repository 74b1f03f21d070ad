"""The local API, asked by its own client and by others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from officesmart_ivr.api.client import TOKEN_FILE, ApiClient
from officesmart_ivr.api.schema import CALLS_PATH, STATUS_PATH, CallView, Status, view
from officesmart_ivr.api.server import Facade, serving
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import CallQuery, CallRecord, Step

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STATUS = Status(
    ready=True,
    version="1",
    plan="/plan.yaml",
    company="Studio",
    calls=1,
    numbers={"100": "Centralino"},
    extensions={"201": "Anna"},
    registered=["201"],
    trunks={},
    counts={"begun": 2},
)


def record(sip_call_id: str, ended: datetime | None = None) -> CallRecord:
    steps = [Step(NOW, Note(Fact.MENU, {"menu": "day"}))]
    outcome = "busy" if ended else ""
    return CallRecord(Caller("c1", "100", "333"), NOW, sip_call_id, ended=ended, outcome=outcome, steps=steps)


async def calls(query: CallQuery) -> list[CallView]:
    records = [record("a@x", NOW), record("b@x")]
    return [view(call, Language.ITALIAN) for call in records if query.matches(call)]


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


@pytest.fixture
async def port(data: DataFolder) -> AsyncIterator[int]:
    async with serving(Facade(lambda: STATUS, calls), data.secret(TOKEN_FILE), 0) as port:
        data.write_state("run", {"pid": 1, "http_port": port})
        yield port


async def test_the_client_gets_what_the_application_says(data: DataFolder, port: int) -> None:
    api = ApiClient(data)
    assert await asyncio.to_thread(api.status) == STATUS
    ended, lasting = await asyncio.to_thread(api.calls)
    assert (ended.id, ended.number, ended.caller, ended.outcome) == ("c1", "100", "333", "busy")
    assert ended.began == ended.ended == "2026-03-02T10:00:00+00:00"
    assert (lasting.ended, lasting.outcome) == ("", "")
    assert (lasting.steps[0].what, lasting.steps[0].about) == ("menu", {"menu": "day"})
    assert "day" in lasting.steps[0].text


@pytest.mark.parametrize(("sip_call_id", "found"), [("b@x", 1), ("z&sip_call_id=b@x", 0), ("", 0)])
async def test_one_call_by_its_sip_call_id(data: DataFolder, port: int, sip_call_id: str, found: int) -> None:
    told: list[CallView] = await asyncio.to_thread(ApiClient(data).calls, sip_call_id)
    assert [call.sip_call_id for call in told] == [sip_call_id] * found


@pytest.mark.parametrize("path", [STATUS_PATH, CALLS_PATH, "/", "/v1/none"])
@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer é"]
)
async def test_nothing_is_told_without_the_token(
    data: DataFolder, port: int, path: str, given: str | None
) -> None:
    token = data.secret(TOKEN_FILE)
    headers = {} if given is None else {"Authorization": given.format(token=token)}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as reply,
    ):
        assert reply.status == 401
        assert token not in await reply.text()


async def test_a_port_that_is_taken(port: int) -> None:
    with pytest.raises(SettingsError) as error:
        async with serving(Facade(lambda: STATUS, calls), "token", port):
            pass
    assert str(port) in error.value.message
    assert error.value.remedy


async def test_nothing_runs(data: DataFolder) -> None:
    with pytest.raises(SettingsError) as error:
        ApiClient(data).status()
    assert str(data.root) in error.value.message
    assert error.value.remedy


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 500 X\r\n\r\n",
    ],
)
async def test_another_program_has_the_port_of_one_that_was_killed(data: DataFolder, says: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        data.write_state("run", {"http_port": server.sockets[0].getsockname()[1]})
        with pytest.raises(SettingsError) as error:
            await asyncio.to_thread(ApiClient(data).status)
    assert error.value.remedy
    assert data.secret(TOKEN_FILE) not in str(error.value)
