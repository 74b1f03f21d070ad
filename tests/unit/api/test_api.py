"""The local API, asked by its own client and by others."""

from __future__ import annotations

import asyncio
import http.client
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from officesmart_ivr.api.client import TOKEN_FILE, ApiClient
from officesmart_ivr.api.schema import CALLS_PATH, STATUS_PATH, Problem
from officesmart_ivr.api.server import serving
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.errors import ApiError, NotRunningError, SettingsError, StateError
from officesmart_ivr.settings import DataFolder
from tests.unit.api.conftest import NOW, STATUS, Running, over, record, told


async def get(running: Running, path: str, method: str = "GET") -> tuple[int, Any]:
    """Ask as any program would."""
    headers = {"Authorization": f"Bearer {running.token}"}
    url = f"http://127.0.0.1:{running.port}{path}"
    async with aiohttp.ClientSession(headers=headers) as session, session.request(method, url) as reply:
        assert reply.content_type == "application/json"
        return reply.status, await reply.json()


async def test_the_client_gets_what_the_application_says(data: DataFolder, running: Running) -> None:
    api = ApiClient(data)
    assert await asyncio.to_thread(api.status) == STATUS
    call = record("c1")
    told(call, 4, Fact.RINGS, line="201", seconds="20")
    told(call, 6, Fact.ANSWERED, line="201")
    running.finished(over(call, 66))
    running.log.begin(record("c2", 100, endpoint="202", number="202", dialled="201"))
    lasting, ended = await asyncio.to_thread(api.calls, {})
    assert (ended.id, ended.number_name, ended.endpoint, ended.talked_seconds) == (
        "c1",
        "Centralino",
        "carrier",
        60,
    )
    assert (ended.began, ended.began.utcoffset()) == (NOW, timedelta(hours=1))
    assert (lasting.ended, lasting.outcome, lasting.caller_name) == (None, "", "Bruno Verdi")
    explained = await asyncio.to_thread(api.call, "c1", {"language": "en"})
    assert [(step.what, step.about) for step in explained.steps][:2] == [
        ("multiselection", {"multiselection": "main"}),
        ("menu", {"menu": "day"}),
    ]
    assert "Giorno" in explained.steps[1].text
    assert (explained.legs[0].line, explained.legs[0].name, explained.legs[0].outcome) == (
        "201",
        "Anna Rossi",
        "answered",
    )


async def test_lines_are_the_plans_and_those_that_the_board_knows(data: DataFolder, running: Running) -> None:
    running.board.update("202", NOW, registered=True, paused=True)
    running.board.occupy("+393331234567", "c1", "leg", NOW)
    anna, bruno, outside = await asyncio.to_thread(ApiClient(data).lines)
    assert (anna.extension, anna.registered, anna.legs, anna.idle_since) == ("201", False, [], None)
    assert (bruno.name, bruno.registered, bruno.paused, bruno.idle_since) == ("Bruno Verdi", True, True, NOW)
    assert (outside.legs[0].call, outside.legs[0].phase, outside.idle_since) == ("c1", "talking", None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("sip_call_id=sip-b1", ["b1"]),
        ("sip_call_id=", []),
        ("limit=1", ["c1"]),
        ("since=2026-03-02T11:01:00&until=2026-03-02T11:02", ["b1"]),
        ("since=2026-03-02T10:01:00Z&limit=1", ["c1"]),
        ("number=10&caller=444&extension=201&outcome=busy", ["b1"]),
        ("outcome=no_answer", []),
    ],
)
async def test_filters(running: Running, asked: str, found: list[str]) -> None:
    running.finished(over(record("a1")))
    rung = told(record("b1", 60, number="0444"), 1, Fact.RINGS, line="201", seconds="20")
    running.finished(over(rung, outcome="busy"))
    running.finished(over(record("c1", 120)))
    status, calls = await get(running, f"{CALLS_PATH}?{asked}")
    assert (status, [call["id"] for call in calls]) == (200, found)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("sins=today", "sins"),
        ("since=soon", "since"),
        ("since=2026-11-22T09:00:00+01:00", "since"),
        ("since=0001-01-01", "since"),
        ("since=24:61", "since"),
        ("since=today&until=yesterday", "until"),
        ("until=", "until"),
        ("limit=0", "limit"),
        ("limit=²", "limit"),
        ("limit=99999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("outcome=lost", "outcome"),
        ("language=fr", "language"),
    ],
)
@pytest.mark.parametrize("path", [CALLS_PATH, f"{CALLS_PATH}/follow"])
async def test_a_question_that_cannot_be_meant(running: Running, path: str, asked: str, where: str) -> None:
    status, told = await get(running, f"{path}?{asked}")
    problem = msgspec.convert(told, Problem)
    assert (status, problem.where) == (400, where)
    assert problem.what
    assert problem.remedy


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/none", 404),
        ("GET", "/v1/calls/x", 404),
        ("GET", "/v1/calls/last", 404),
        ("POST", STATUS_PATH, 405),
        ("GET", "/v1/status?since=today", 400),
        ("GET", "/v1/members/201/pause", 405),
        ("POST", "/v1/members/201/nap", 400),
        ("POST", "/v1/members/299/pause", 404),
    ],
)
async def test_other_problems_have_the_same_shape(
    running: Running, method: str, path: str, status: int
) -> None:
    answer = await get(running, path, method)
    assert answer[0] == status
    assert msgspec.convert(answer[1], Problem).remedy


async def test_one_call_by_the_beginning_of_its_id(data: DataFolder, running: Running) -> None:
    api = ApiClient(data)
    for number, name in enumerate(("ab1", "ab2", "b/?")):
        running.finished(over(record(name, number)))
    for asked, found in (("ab1", "ab1"), ("b", "b/?"), ("b/?", "b/?"), ("last", "b/?")):
        assert (await asyncio.to_thread(api.call, asked, {})).id == found
    for asked, status in (("ab", 409), ("x", 404)):
        with pytest.raises(ApiError) as error:
            await asyncio.to_thread(api.call, asked, {})
        assert (error.value.status, bool(error.value.remedy)) == (status, True)


@pytest.mark.parametrize("path", [CALLS_PATH, f"{CALLS_PATH}/last", f"{CALLS_PATH}/follow"])
async def test_a_log_that_cannot_be_read(
    running: Running, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(query: object) -> None:
        raise StateError("the disk is gone", remedy="Find it.")

    monkeypatch.setattr(running.log, "find", fail)
    assert await get(running, path) == (
        503,
        {"where": path, "what": "the disk is gone", "remedy": "Find it."},
    )


@pytest.mark.parametrize("path", [STATUS_PATH, CALLS_PATH, "/", "/v1/none"])
@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer é"]
)
async def test_nothing_is_told_without_the_token(running: Running, path: str, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.format(token=running.token)}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{running.port}{path}", headers=headers) as reply,
    ):
        assert reply.status == 401
        assert running.token not in await reply.text()


async def test_a_token_that_is_no_text(running: Running) -> None:
    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", running.port)
        connection.request("GET", STATUS_PATH, headers={"Authorization": b"Bearer \xff"})
        status = connection.getresponse().status
        connection.close()
        return status

    assert await asyncio.to_thread(ask) == 401


async def test_a_port_that_is_taken(running: Running) -> None:
    with pytest.raises(SettingsError) as error:
        async with serving(running.facade, "token", running.port):
            pass
    assert str(running.port) in error.value.message
    assert error.value.remedy


async def test_nothing_runs(data: DataFolder) -> None:
    with pytest.raises(NotRunningError) as error:
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
