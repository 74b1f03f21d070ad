"""Members and groups by the API and its commands, and the figures for Prometheus."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.core.effects import HuntEnd, Offer
from officesmart_ivr.core.hunt import Search
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.errors import ApiError
from officesmart_ivr.settings import DataFolder
from tests.unit.api.conftest import NOW, Running
from tests.unit.cli.test_calls import as_json, run

CARLA = "+393331234567"
PAGES = sorted((Path(__file__).parents[3] / "docs/how-to").glob("*.md"))


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (LineChange.LOGOUT, "logged_in", False),
        (LineChange.LOGIN, "logged_in", True),
        (LineChange.PAUSE, "paused", True),
        (LineChange.RESUME, "paused", False),
        (LineChange.DO_NOT_DISTURB_ON, "do_not_disturb", True),
        (LineChange.DO_NOT_DISTURB_OFF, "do_not_disturb", False),
    ],
)
async def test_a_change_is_done_and_answered(
    data: DataFolder, running: Running, change: LineChange, field: str, value: bool
) -> None:
    running.board.update("201", NOW, **{field: not value})
    changed = await asyncio.to_thread(ApiClient(data).change, "201", change)
    assert (changed.extension, getattr(changed, field), changed.groups) == ("201", value, ["sales"])
    assert getattr(running.board.view(NOW).line("201"), field) is value


@pytest.mark.parametrize("written", ["333 123 4567", "+39 333-1234567", "0333/1234567", "00393331234567"])
async def test_a_member_outside_is_known_as_people_write_it(
    data: DataFolder, running: Running, written: str
) -> None:
    changed = await asyncio.to_thread(ApiClient(data).change, written, LineChange.PAUSE)
    assert (changed.extension, changed.name, changed.paused) == (CARLA, "Carla", True)


async def test_a_line_that_there_is_not(data: DataFolder, running: Running) -> None:
    with pytest.raises(ApiError) as error:
        await asyncio.to_thread(ApiClient(data).change, "299", LineChange.PAUSE)
    assert (error.value.status, error.value.where, "299" in error.value.message) == (404, "line", True)
    assert error.value.remedy
    assert not running.board.view(NOW).lines


async def test_commands_for_members(data: DataFolder, running: Running) -> None:
    listed = await as_json(data, "member", "list")
    assert [(line["extension"], line["groups"]) for line in listed] == [
        ("201", ["sales"]),
        (CARLA, ["sales"]),
    ]
    for command, field, value in (
        (("pause",), "paused", True),
        (("resume",), "paused", False),
        (("logout",), "logged_in", False),
        (("login",), "logged_in", True),
        (("dnd", "on"), "do_not_disturb", True),
        (("dnd", "off"), "do_not_disturb", False),
    ):
        assert (await as_json(data, "member", *command, "201"))[field] is value
    told = await run(data, "member", "pause", "201")
    assert "Anna Rossi (201)" in told.stdout
    assert "Carla" in (await run(data, "member", "list")).stdout


@pytest.fixture
async def busy(running: Running) -> Running:
    """A group that was answered, abandoned, and is waiting; Anna has missed a call and talked for 0 s."""
    hunts = running.exchange.hunts
    running.board.update("201", NOW, registered=True)
    for call, how in (("c1", HuntEnd.ANSWERED), ("c2", HuntEnd.ABANDONED), ("c3", None)):
        await hunts.offer(call, Offer(f"{call}-leg", Search("sales")), lambda _: None)
        if call == "c2":
            hunts.missed(call, "201", 0)
        if how is not None:
            hunts.leave(call, how, *(("c1-leg-0", "201") if how is HuntEnd.ANSWERED else ()))
            running.board.release_call(call, NOW)
    running.dispatcher.counts.update({"begun": 3, "ended connected": 1, "ended caller_left": 1, "late": 7})
    return running


async def test_groups_are_told_with_their_members(data: DataFolder, busy: Running) -> None:
    told = await asyncio.to_thread(ApiClient(data).groups)
    (sales,) = told.groups
    assert (told.since, told.since.utcoffset()) == (NOW, timedelta(hours=1))
    assert (sales.offered, sales.answered, sales.abandoned, sales.hunting, sales.waiting) == (3, 1, 1, 1, 0)
    anna, carla = sales.members
    assert (anna.offered, anna.answered, anna.missed, anna.enabled) == (3, 1, 1, True)
    assert (carla.line.extension, carla.line.name, carla.offered) == (CARLA, "Carla", 0)
    shown = (await run(data, "groups")).stdout
    for text in ("Vendite", "offered 3, answered 1, abandoned 1", "Anna Rossi (201)"):
        assert text in shown
    assert (await as_json(data, "groups"))["groups"][0]["offered"] == 3


async def test_prometheus_reads_the_metrics(busy: Running) -> None:
    headers = {"Authorization": f"Bearer {busy.token}"}
    url = f"http://127.0.0.1:{busy.port}/v1/metrics"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as reply:
        text = await reply.text()
    samples: dict[tuple[str, Any], float] = {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for name, labels, value in (
        ("officesmart_ready", (), 1),
        ("officesmart_calls_begun_total", (), 3),
        ("officesmart_calls_ended_total", ("connected",), 1),
        ("officesmart_lines", (), 2),
        ("officesmart_lines_registered", (), 1),
        ("officesmart_group_offered_total", ("sales",), 3),
        ("officesmart_group_hunting", ("sales",), 1),
        ("officesmart_group_waiting", ("sales",), 0),
        ("officesmart_group_wait_seconds_bucket", ("5.0", "answered", "sales"), 1),
        ("officesmart_group_wait_seconds_bucket", ("+Inf", "abandoned", "sales"), 1),
        ("officesmart_group_wait_seconds_count", ("answered", "sales"), 1),
        ("officesmart_member_offered_total", ("201", "sales"), 3),
        ("officesmart_member_missed_total", ("201", "sales"), 1),
        ("officesmart_member_offered_total", (CARLA, "sales"), 0),
    ):
        assert samples[name, labels] == value, name
    assert ("officesmart_calls_ended_total", ("late",)) not in samples
    pages = " ".join(page.read_text("utf-8") for page in PAGES)
    told = set(re.findall(r"`(officesmart_[a-z_]+)`", pages))
    assert {re.sub("_(bucket|count|sum)$", "", name) for name, _ in samples if "officesmart" in name} <= told
