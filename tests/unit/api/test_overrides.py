"""Manual overrides by the API and the command."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.overrides import OverrideDesk
from officesmart_ivr.api.schema import NewOverride
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import ApiError
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.overrides import MemoryOverrideBoard
from tests.unit.api.conftest import Running, opened
from tests.unit.cli.test_calls import as_json, run
from tests.unit.core.harness import plan

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""A Monday in winter, 12:00 in Milan and 20:00 in Tokyo."""

OFFICE = plan(
    {"day": {"name": "Giorno"}, "closed": {"name": "Chiuso"}},
    sites={"milano": {"name": "Milano"}, "tokyo": {"name": "Tokyo", "timezone": "Asia/Tokyo"}},
    multiselection={
        "numbers": ["0212345678", "100"],
        "site": "milano",
        "week": {
            "otherwise": {"menu": "closed"},
            "periods": [{"name": "Ufficio", "days": "mon-fri", "hours": ["09:00-13:00"], "menu": "day"}],
        },
    },
    multiselections={
        "japan": {
            "name": "Giappone",
            "numbers": ["110"],
            "site": "tokyo",
            "week": {"otherwise": {"menu": "day"}},
            "menus": {"day": {"announcement": "day"}},
        },
        "bonus": {
            "name": "Bonus",
            "numbers": ["120"],
            "enabled": "no",
            "when_disabled": "hang_up",
            "week": {},
            "menus": {"day": {"announcement": "day"}},
        },
    },
)


class Office:
    """A desk with a board, and a clock that the test turns."""

    def __init__(self, prepared: PreparedPlan = OFFICE) -> None:
        self.board = MemoryOverrideBoard()
        self.now = NOON
        self.desk = OverrideDesk(self.board, lambda: prepared, lambda: self.now)

    def put(self, written: str, menu: str, until: str = "", **more: Any) -> Override:
        name = asyncio.run(self.desk.put(written, NewOverride(menu, until, **more))).id
        return self.board.view(self.now)[name]


def test_what_speaks_now_is_told_of_each() -> None:
    office = Office()
    main, japan, bonus = office.desk.multiselections()
    assert (main.period, main.menu, main.menus) == ("Ufficio", "day", {"day": "Giorno", "closed": "Chiuso"})
    assert (japan.period, japan.menu) == ("otherwise", "day")
    assert (bonus.period, bonus.menu) == ("disabled", None)
    put = asyncio.run(office.desk.put("main", NewOverride("closed", author="anna")))
    assert (put.period, put.menu) == ("override", "closed")
    assert put == office.desk.multiselection("main")
    assert put.override is not None
    assert (put.override.by, put.override.set_at) == ("anna", NOON)
    assert put.override.set_at.utcoffset() == timedelta(hours=1)
    assert office.desk.overrides().keys() == {"main"}
    cleared = office.desk.clear("main", "anna")
    assert (cleared.period, cleared.override) == ("Ufficio", None)


def test_where_all_is_switched_off_an_override_is_kept_and_changes_nothing() -> None:
    office = Office()
    put = asyncio.run(office.desk.put("bonus", NewOverride("day")))
    assert (put.period, put.menu) == ("disabled", None)
    assert put.override is not None


@pytest.mark.parametrize("written", ["main", "100", "0212345678", "02 1234 5678", "+39 02 12345678"])
def test_a_multiselection_is_known_by_its_id_and_by_its_numbers(written: str) -> None:
    assert Office().desk.multiselection(written).id == "main"


@pytest.mark.parametrize(
    ("written", "menu", "until", "status", "where", "hint"),
    [
        ("mian", "day", "", 404, "multiselection", "did you mean 'main'?"),
        ("201", "day", "", 404, "multiselection", "201"),
        ("", "day", "", 404, "multiselection", "''"),
        ("main", "closd", "", 404, "menu", "did you mean 'closed'?"),
        ("main", "closed", "six", 400, "until", "six"),
        ("main", "closed", "25:00", 400, "until", "25:00"),
        ("main", "closed", "2026-03-02T11:59", 400, "until", "11:59"),
        ("main", "closed", "2026-03-02T12:00", 400, "until", "12:00"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_remedy(
    written: str, menu: str, until: str, status: int, where: str, hint: str
) -> None:
    office = Office()
    with pytest.raises(ApiError) as error:
        office.put(written, menu, until)
    assert (error.value.status, error.value.where) == (status, where)
    assert hint in error.value.message
    assert error.value.remedy
    assert not office.board.view(NOON)


@pytest.mark.parametrize(
    ("named", "until", "moment"),
    [
        ("main", "18:00", datetime(2026, 3, 2, 17, tzinfo=UTC)),
        ("main", "12:00", datetime(2026, 3, 3, 11, tzinfo=UTC)),
        ("main", "9:30", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
        ("main", "24:00", datetime(2026, 3, 2, 23, tzinfo=UTC)),
        ("main", "2026-12-24T18:00", datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ("main", "2026-07-01 18:00", datetime(2026, 7, 1, 16, tzinfo=UTC)),
        ("main", "2026-12-24T24:00", datetime(2026, 12, 24, 23, tzinfo=UTC)),
        ("main", "2026-12-24T18:00+00:00", datetime(2026, 12, 24, 18, tzinfo=UTC)),
        ("japan", "20:30", datetime(2026, 3, 2, 11, 30, tzinfo=UTC)),
        ("japan", "18:00", datetime(2026, 3, 3, 9, tzinfo=UTC)),
    ],
)
def test_until_is_by_the_clock_of_the_site(named: str, until: str, moment: datetime) -> None:
    assert Office().put(named, "day", until).until == moment


def test_the_end_of_the_period_is_where_the_week_would_choose_something_else() -> None:
    office = Office()
    assert office.put("main", "closed", until_period_end=True).until == NOON + timedelta(hours=1)
    office.now += timedelta(hours=1)
    assert not office.board.view(office.now)
    next_morning = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert office.put("main", "day", until_period_end=True).until == next_morning


def test_a_week_without_a_change_has_no_end_of_a_period() -> None:
    with pytest.raises(ApiError) as error:
        Office().put("japan", "day", until_period_end=True)
    assert (error.value.status, error.value.where) == (409, "until_period_end")
    with pytest.raises(ApiError):
        Office().put("main", "day", "18:00", until_period_end=True)


def test_who_did_it_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    office = Office()
    office.put("main", "closed", author="anna\n2026 ERROR all is lost")
    office.desk.clear("main", "bruno")
    office.desk.clear("main", "carla")
    put, cleared = (record.getMessage() for record in caplog.records)
    assert "\n" not in put
    assert "anna" in put
    assert "bruno" in cleared


# --- over HTTP, and the command


@pytest.fixture
async def running(data: DataFolder) -> AsyncIterator[Running]:
    made = await opened(data)
    desk = OverrideDesk(made.exchange.overrides, lambda: OFFICE, made.exchange.clock)
    made.facade = replace(made.facade, overrides=desk)
    async with made.serve():
        yield made


async def test_the_client_sets_and_clears(data: DataFolder, running: Running) -> None:
    client = ApiClient(data)
    put = await asyncio.to_thread(client.override, "02/1234 5678", NewOverride("closed", "18:00", author="a"))
    assert put.override is not None
    assert (put.menu, f"{put.override.until:%H:%M}") == ("closed", "18:00")
    assert [each.id for each in await asyncio.to_thread(client.multiselections)] == ["main", "japan", "bonus"]
    assert (await asyncio.to_thread(client.multiselection, "100")).override == put.override
    assert (await asyncio.to_thread(client.clear_override, "100", "a")).override is None
    with pytest.raises(ApiError, match="did you mean 'main'"):
        await asyncio.to_thread(client.multiselection, "mainn")


@pytest.mark.parametrize("body", ["{}", '{"menu": ""}', '{"menu": "day", "untill": "18:00"}', "x"])
async def test_a_body_that_is_not_as_described_is_refused(running: Running, body: str) -> None:
    url = f"http://127.0.0.1:{running.port}/v1/overrides/main"
    headers = {"Authorization": f"Bearer {running.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, data=body) as reply:
        assert (reply.status, (await reply.json())["where"]) == (400, "body")
    assert not running.exchange.overrides.view(running.exchange.clock())


async def test_the_command(data: DataFolder, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    assert [each["id"] for each in await as_json(data, "override")] == ["main", "japan", "bonus"]
    put = await as_json(data, "override", "main", "--menu", "closed", "--until", "18:00")
    assert (put["menu"], put["override"]["by"]) == ("closed", "anna")
    shown = await run(data, "override", "main")
    for text in ("Centralino", "main", "closed", "18:00", "anna"):
        assert text in shown.stdout
    put = await as_json(data, "override", "100", "--menu", "closed", "--until-period-end")
    assert put["override"]["until"] is not None
    cleared = await as_json(data, "override", "main", "--clear")
    assert (cleared["period"], cleared["override"]) == ("Ufficio", None)
    assert "Ufficio" in (await run(data, "override")).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--menu", "closed"),
        ("--clear",),
        ("main", "--until", "18:00"),
        ("main", "--until-period-end"),
        ("main", "--menu", "closed", "--until", "18:00", "--until-period-end"),
        ("main", "--menu", "closed", "--clear"),
    ],
)
async def test_options_that_make_no_sense_together_are_bad_usage(
    data: DataFolder, running: Running, arguments: tuple[str, ...]
) -> None:
    assert (await run(data, "override", *arguments)).exit_code == 2
    assert not running.exchange.overrides.view(running.exchange.clock())


async def test_status_and_metrics_tell_of_it(data: DataFolder) -> None:
    made = await opened(data)
    status, text = made.answers.status(), made.answers.metrics()
    assert (status.overrides, active(text)) == ({}, {"main": 0})
    made.exchange.overrides.put("main", Override("day", NOON, None, "anna"))
    held = made.answers.status().overrides["main"]
    assert (held.menu, held.until, held.by) == ("day", None, "anna")
    assert active(made.answers.metrics()) == {"main": 1}
    made.facade = replace(made.facade, status=made.answers.status)
    async with made.serve():
        assert (await as_json(data, "status"))["overrides"]["main"]["by"] == "anna"
        assert "anna" in (await run(data, "status")).stdout


def active(text: str) -> dict[str, float]:
    return {
        sample.labels["multiselection"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "officesmart_override_active"
    }
