"""The whole system as its processes: started, asked, killed, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import ARI_USER
from officesmart_ivr.callplan import secrets
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import LOOPBACK, until

COMMAND = (sys.executable, "-m", "officesmart_ivr")
PORTS = ("--sip-port", "0", "--ari-port", "0", "--http-port", "0", "--address", LOOPBACK)


async def run(*arguments: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@asynccontextmanager
async def up(plan_path: Path, data: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """``officesmart-ivr up``, ready for calls."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "up", "--plan", str(plan_path), "--data", str(data), *PORTS, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"Ctrl-C" not in await process.stdout.readline():
                assert process.returncode is None, "it ended at once"
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


def processes_of(data: Path) -> list[int]:
    """The processes whose command line names the data folder, this one and its parents apart."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(data).encode() in command:
                found.append(int(entry.name))
    return found


async def gone(data: Path) -> None:
    """Wait until no process of the data folder is left."""
    await until(lambda: not processes_of(data))


def ready_again(data: DataFolder, before: int) -> bool:
    """Whether another application process than ``before`` serves calls."""
    told = data.read_state("run") or {}
    return told.get("ready", False) and told["pid"] != before


async def test_up_answers_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    plan_path = plan.write(tmp_path / "plan")
    async with up(plan_path, data) as process:
        code, output = await run("status", "--data", str(data), "--format", "json")
        status = json.loads(output)
        assert code == 0
        assert status["ready"]
        assert status["numbers"]["100"] == "Centralino"
        assert status["trunks"]["tester"]["state"] == "incoming"
        code, output = await run("status", "--data", str(data))
        assert code == 0
        assert "trunk tester: incoming" in output
        detector = Detector((*plan.TONES.values(), plan.RINGING_TONE))
        async with Phone("333", server=(LOOPBACK, status["sip_port"]), detector=detector) as caller:
            call = caller.call("100")
            await call.rtp.hear(plan.TONES["welcome"], within=3)
            await call.hang_up()
        code, output = await run("up", "--plan", str(plan_path), "--data", str(data), *PORTS)
        assert code == 1, "two at once with one data folder"
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    await gone(data)
    assert (await run("status", "--data", str(data)))[0] == 1


async def test_nothing_is_left_when_up_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with up(plan.write(tmp_path / "plan"), data) as process:
        assert len(processes_of(data)) >= 3
        process.kill()
        await process.wait()
        await gone(data)


async def test_talkers_outlive_the_application_and_are_released_by_the_next_one(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    plan_path = plan.write(tmp_path / "plan")
    async with up(plan_path, data.root):
        state = data.read_state("up")
        assert state is not None
        server = (LOOPBACK, state["sip_port"])
        password = secrets.load(plan_path.parent / secrets.FILE_NAME)["extension-202"]
        detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))
        async with (
            Phone("202", password, server=server, behaviour=behaviours.answer(), detector=detector) as phone,
            Phone("333", server=server, detector=detector) as caller,
        ):
            await phone.register()
            call = caller.call("100")
            await call.rtp.hear(plan.TONES["welcome"], within=3)
            await call.press("3")
            incoming = await phone.incoming()
            await incoming.answered()
            incoming.rtp.say_tone(plan.VOICES[0])
            await call.rtp.hear(plan.VOICES[0], within=2)
            before = data.read_state("run")
            assert before is not None
            os.kill(before["pid"], signal.SIGKILL)
            await until(lambda: ready_again(data, before["pid"]))
            incoming.rtp.say_tone(plan.VOICES[1])
            await call.rtp.hear(plan.VOICES[1], within=2)
            await incoming.hang_up()
            await call.ended(within=3)
            again = caller.call("100")
            await again.rtp.hear(plan.TONES["welcome"], within=3)
            await again.hang_up()


def written(data: DataFolder) -> int:
    """How many calls the database has."""
    with closing(sqlite3.connect(data.database)) as database:
        query = "SELECT count(*) FROM calls WHERE path != '[]' OR dialled = '203'"
        (count,) = database.execute(query).fetchone()
    return int(count)


async def test_a_crash_in_the_middle_of_talks_loses_neither_lines_nor_the_log(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    plan_path = plan.write(tmp_path / "plan")
    async with up(plan_path, data.root), AsyncExitStack() as stack:
        told = data.read_state("up")
        assert told is not None
        server = (LOOPBACK, told["sip_port"])
        passwords = secrets.load(plan_path.parent / secrets.FILE_NAME)
        detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))
        phones = {}
        for extension in ("201", "202", "203"):
            password = passwords[f"extension-{extension}"]
            made = Phone(extension, password, server=server, behaviour=behaviours.answer(), detector=detector)
            phones[extension] = await stack.enter_async_context(made)
            await made.register()
        caller = await stack.enter_async_context(Phone("333", server=server, detector=detector))
        api = ApiClient(data)
        customer = caller.call("100")
        await customer.rtp.hear(plan.TONES["welcome"], within=3)
        await customer.press("3")
        await (await phones["202"].incoming()).answered()
        inside = phones["201"].call("203")
        await inside.answered()
        in_menu = caller.call("100")
        await in_menu.rtp.hear(plan.TONES["welcome"], within=3)
        # What has happened in the last moment before the crash may be lost.
        await until(lambda: written(data) == 3)
        before = data.read_state("run")
        assert before is not None
        os.kill(before["pid"], signal.SIGKILL)
        await until(lambda: ready_again(data, before["pid"]))
        await in_menu.ended(within=5)
        busy = {line.extension: [leg.phase for leg in line.legs] for line in api.lines() if line.legs}
        password = (data.root / "ari-password").read_text()
        url = f"http://{LOOPBACK}:{told['ari_port']}"
        async with AriClient(url, username=ARI_USER, password=password) as ari:
            channels = [channel.name for channel in await ari.channels.list()]
        extensions = sorted(name.removeprefix("PJSIP/").rpartition("-")[0] for name in channels)
        assert sorted(set(extensions) & phones.keys()) == ["201", "202", "203"] == sorted(busy)
        assert len(channels) == 4, channels
        assert all(phases == ["talking"] for phases in busy.values()), busy
        await inside.hang_up()
        await customer.hang_up()
        await until(lambda: not any(line.legs for line in api.lines()))
        await until(lambda: all(call.ended for call in api.calls({})))
        calls = {
            call.caller + ">" + call.number: call for call in api.calls({}) if call.outcome != "interrupted"
        }
        assert {name: call.outcome for name, call in calls.items()} == {
            "333>100": "connected",
            "201>203": "connected",
        }
        assert [leg.line for leg in calls["333>100"].legs] == ["202"]
        (interrupted,) = [call for call in api.calls({}) if call.outcome == "interrupted"]
        assert interrupted.path == ["main/day"]
