"""The manual override on the whole system: by command and by phone, over a crash of the application."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import NewOverride
from officesmart_ivr.callplan import secrets
from officesmart_ivr.livetest.rig import LOOPBACK
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import until
from tests.live.test_up import ready_again, run, up

PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
  "201": {name: Anna}
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
announcements:
ANNOUNCEMENTS
  enter-pin: {file: second.wav}
  wrong-pin: {file: own-no-input.wav}
  override-key: {file: offers.wav}
  override-on: {file: wait.wav}
  override-off: {file: directions.wav}
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    week: {otherwise: {menu: day}}
    override_keys: {"1": holiday}
    menus:
      day: {announcement: welcome, keys: {"1": {multiselection: main}}}
      closed: {announcement: closed}
      holiday: {announcement: sales}
service_codes: {override: "*28", pin: {secret: service-pin}}
"""


def kept(data: DataFolder) -> list[tuple[str, str]]:
    """The overrides that the database has."""
    with closing(sqlite3.connect(data.database)) as database:
        return list(database.execute("SELECT id, menu FROM overrides"))


async def hears(call: Call, announcement: str, after: int = 0) -> int:
    return await call.rtp.hear(plan.TONES[announcement], within=3, after=after)


async def next_caller_hears(caller: Phone, announcement: str) -> None:
    call = caller.call("100")
    await hears(call, announcement)
    await call.hang_up()


async def test_an_override_by_command_by_phone_and_over_a_crash(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    plan_path = plan.write(tmp_path / "plan", PLAN)
    where = ("--data", str(data.root))
    async with up(plan_path, data.root):
        told = data.read_state("up")
        assert told is not None
        server = (LOOPBACK, told["sip_port"])
        known = secrets.load(plan_path.parent / secrets.FILE_NAME)
        assert re.fullmatch("[0-9]{6}", known["service-pin"])
        detector = Detector((*plan.TONES.values(), plan.RINGING_TONE))
        async with (
            Phone("201", known["extension-201"], server=server, detector=detector) as phone,
            Phone("333", server=server, detector=detector) as caller,
        ):
            await phone.register()
            in_progress = caller.call("100")
            await hears(in_progress, "welcome")

            # By command: the next caller meets it, and a call in progress when it enters anew.
            code, output = await run("override", "main", "--menu", "closed", *where)
            assert code == 0, output
            await next_caller_hears(caller, "closed")
            at = await in_progress.press("1")
            await hears(in_progress, "closed", after=at)
            await in_progress.hang_up()
            code, output = await run("status", "--format", "json", *where)
            assert json.loads(output)["overrides"]["main"]["menu"] == "closed"

            # What happened in the last moment before a crash may be lost, so a writing is waited for.
            await until(lambda: kept(data) == [("main", "closed")])
            before = data.read_state("run")
            assert before is not None
            os.kill(before["pid"], signal.SIGKILL)
            await until(lambda: ready_again(data, before["pid"]))
            await next_caller_hears(caller, "closed")

            # By phone, with the PIN.
            call = phone.call("*28")
            await call.answered()
            at = await hears(call, "second")
            at = await call.press("000#")
            at = await hears(call, "own-no-input", after=at)
            at = await call.press(f"{known['service-pin']}#")
            at = await hears(call, "offers", after=at)
            at = await call.press("1")
            at = await hears(call, "wait", after=at)
            await hears(call, "sales", after=at)
            await call.ended(within=5)
            await next_caller_hears(caller, "sales")
            call = phone.call("*28100")
            await call.answered()
            await hears(call, "second")
            at = await call.press(f"{known['service-pin']}#0")
            at = await hears(call, "directions", after=at)
            at = await hears(call, "wait", after=at)
            await hears(call, "welcome", after=at)
            await call.ended(within=5)
            await next_caller_hears(caller, "welcome")

            # Until a moment.
            api = ApiClient(data)
            soon = datetime.now(ZoneInfo("Europe/Rome")) + timedelta(seconds=4)
            api.override("main", NewOverride("closed", f"{soon:%H:%M:%S}"))
            await next_caller_hears(caller, "closed")
            await until(lambda: api.multiselection("main").override is None)
            await next_caller_hears(caller, "welcome")
    log = (data.logs / "run.log").read_text()
    assert known["service-pin"] not in log
    assert "override of 'main': the menu 'holiday'" in log
    assert "override of 'main' cleared by 201" in log
