"""The application on the fake Asterisk: from the connection to the end of the process."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from officesmart_ivr.app import RETRY_SECONDS, Application, Kept, RunSettings
from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.asterisk.watch import LOOK_SECONDS_UNTOLD
from officesmart_ivr.callplan import secrets
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.errors import PlanError, SettingsError
from officesmart_ivr.messages import Language
from officesmart_ivr.publishing.outcome import Published
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
from officesmart_ivr.state.revisions import MemoryRevisions
from tests.unit.calls.office import Clock, until

PLAN = """
version: 1
company: {name: Studio Rossi}
extensions: {"201": {name: Anna}}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus: {day: {announcement: invalid, keys: {"1": {extension: "201"}}}}
"""


class Running:
    def __init__(
        self, fake: FakeAri, application: Application, log: MemoryCallLog, data: DataFolder, clock: Clock
    ) -> None:
        self.fake = fake
        self.application = application
        self.log = log
        self.data = data
        self.clock = clock
        self.task = asyncio.create_task(application.run(8089))

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))

    @property
    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.log]


@pytest.fixture
async def fake() -> AsyncIterator[FakeAri]:
    async with FakeAri() as fake:
        fake.register("PJSIP/201")
        yield fake


@pytest.fixture
async def running(fake: FakeAri, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    data = DataFolder(tmp_path / "data")
    data.make()
    settings = RunSettings(plan, None, data, fake.base_url, fake.username, fake.password, "127.0.0.1")
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        log = MemoryCallLog()
        kept = Kept(MemoryLineBoard(), log, MemoryRevisions())
        application = await Application.opened(settings, ari, kept)
        made = Running(fake, application, log, data, Clock(monkeypatch))
        yield made
        await made.stop()


async def test_phones_are_made_and_calls_are_served_until_nothing_is_left(running: Running) -> None:
    await running.application.ready.wait()
    told = running.data.read_state("run")
    assert told
    assert (told["http_port"], told["ready"]) == (8089, True)
    assert ("res_pjsip", "endpoint", "201") in running.fake.world.config
    channel = running.fake.call_in("100")
    await until(lambda: running.fake.world.channels[channel].player.queue)
    running.fake.hang_up(channel)
    await until(lambda: running.outcomes == ["caller_left"])
    assert running.application.leftovers().keys() >= {
        "sessions",
        "owned ids",
        "legs on lines",
        "legs that ring",
    }
    assert not any(running.application.leftovers().values())
    await running.stop()
    assert running.data.read_state("run") is None


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(*_: object) -> None:
        raise SettingsError("the disk is full")

    monkeypatch.setattr(DataFolder, "write_state", is_full)


async def test_on_a_full_disk_calls_are_served(full_disk: None, running: Running) -> None:
    await until(running.application.ready.is_set)
    channel = running.fake.call_in("100")
    await until(lambda: running.fake.world.channels[channel].player.queue)
    running.fake.hang_up(channel)
    await until(lambda: running.outcomes == ["caller_left"])


async def test_a_fault_beside_the_calls_does_not_end_what_serves_them(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.application.ready.wait()
    hunts = running.application._hunts
    looks = 0

    async def fails_once() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise LookupError("a fault")

    monkeypatch.setattr(hunts, "_serve", fails_once)
    now = datetime.now(UTC)
    running.application.lines.update("201", now, paused=True)
    await until(lambda: looks == 1)
    running.application.lines.update("201", now, paused=False)
    running.clock.forward(RETRY_SECONDS)
    await until(lambda: looks == 2)


@pytest.mark.parametrize("path", ["/channels", "/bridges", "/endpoints/PJSIP", "/asterisk/config/*"])
async def test_a_preparation_that_fails_is_tried_again_and_calls_wait(running: Running, path: str) -> None:
    fault = running.fake.order(Fault(path, status=500))
    await until(fault.met.is_set)
    channel = running.fake.call_in("100")
    await running.application._exchange.ari.is_responsive()
    assert not running.application.ready.is_set()
    assert running.outcomes == []
    running.clock.forward(1)
    await running.application.ready.wait()
    await until(lambda: running.fake.world.channels[channel].player.queue)
    running.fake.hang_up(channel)
    await until(lambda: running.outcomes == ["caller_left"])


async def test_a_process_that_stops_while_it_prepares_takes_its_word_back(running: Running) -> None:
    fault = running.fake.order(Fault("/channels", hold=asyncio.Event()))
    await until(fault.met.is_set)
    await running.stop()
    assert fault.hold
    fault.hold.set()
    for _ in range(20):  # more round trips than the preparation has
        await running.application._exchange.ari.is_responsive()
    assert not running.application.ready.is_set()
    assert running.data.read_state("run") is None


async def test_after_a_restart_of_asterisk_the_phones_are_made_again(running: Running) -> None:
    await running.application.ready.wait()
    running.fake.restart("2026-01-02T00:00:00.000+0000")
    await until(lambda: not running.application.ready.is_set())
    running.clock.forward(1)
    await running.application.ready.wait()
    assert ("res_pjsip", "endpoint", "201") in running.fake.world.config


async def test_phones_are_seen_to_come_and_go_also_over_a_lost_connection(running: Running) -> None:
    def registered() -> list[str]:
        return list(running.application.facade().status(Language.ENGLISH).registered)

    await running.application.ready.wait()
    assert registered() == ["201"]
    # Without access to the manager interface nobody tells of it; it is looked up.
    running.fake.register("PJSIP/201", online=False)
    running.clock.forward(LOOK_SECONDS_UNTOLD)
    await until(lambda: registered() == [])
    running.fake.cut_stream()
    running.fake.register("PJSIP/201")
    await until(lambda: not running.application.ready.is_set())
    running.clock.forward(1)
    await until(lambda: registered() == ["201"])


async def test_who_talks_goes_on_when_the_process_stops(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    await running.application.ready.wait()
    channel = running.fake.call_in("100")
    await until(lambda: running.fake.world.channels[channel].player.queue)
    running.fake.press(channel, "1")
    await until(lambda: any(each.dialled for each in running.fake.world.channels.values()))
    (leg,) = (each.id for each in running.fake.world.channels.values() if each.dialled)
    running.fake.member_answers(leg)
    await until(lambda: running.fake.world.channels[channel].bridge_id)
    await running.stop()
    tasks = running.application._dispatcher._tasks
    for task in tasks:
        task.cancel()
    await asyncio.wait(set(tasks))
    assert running.fake.world.channels.keys() == {channel, leg}
    assert running.fake.world.channels[leg].bridge_id
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize("pin", ["987", "98a7", "9876543219876"])
async def test_a_pin_that_no_phone_can_type_is_refused(fake: FakeAri, tmp_path: Path, pin: str) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN + 'service_codes: {login: "*45", pin: {secret: service-pin}}\n')
    (tmp_path / "secrets.yaml").write_text(f'service-pin: "{pin}"\n')
    settings = RunSettings(
        plan, None, DataFolder(tmp_path / "data"), fake.base_url, fake.username, fake.password, "127.0.0.1"
    )
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        with pytest.raises(PlanError) as error:
            await Application.opened(
                settings, ari, Kept(MemoryLineBoard(), MemoryCallLog(), MemoryRevisions())
            )
    assert error.value.remedy
    assert pin not in str(error.value) + "".join(map(str, error.value.findings))


async def test_a_missing_pin_is_made_up_and_an_override_follows_the_plan(
    fake: FakeAri, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN + 'service_codes: {override: "*28", pin: {secret: service-pin}}\n')
    settings = RunSettings(
        plan, None, DataFolder(tmp_path / "data"), fake.base_url, fake.username, fake.password, "127.0.0.1"
    )
    state = Kept(MemoryLineBoard(), MemoryCallLog(), MemoryRevisions())
    held, gone = Override("day", datetime.now(UTC), None, "anna"), Override("day", datetime.now(UTC))
    state.overrides.put("main", held)
    state.overrides.put("sold", gone)
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        application = await Application.opened(settings, ari, state)
        pin = secrets.load(tmp_path / "secrets.yaml")["service-pin"]
        assert re.fullmatch("[0-9]{6}", pin)
        assert application._door.live.service.plan.pin == pin
        assert dict(state.overrides.view(datetime.now(UTC))) == {"main": held}
        plan.write_text(plan.read_text().replace("day", "night"))
        outcome = await application.reload()
    assert isinstance(outcome, Published)
    assert any("main" in note and "anna" in note for note in outcome.notes)
    assert not state.overrides.view(datetime.now(UTC))
