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
from functools import partial
from pathlib import Path

from officesmart_ivr.agi.server import ask
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import ARI_USER
from officesmart_ivr.callplan import secrets
from officesmart_ivr.livetest.rig import LOOPBACK
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import until

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
async def up(plan_path: Path, data: Path, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """``officesmart-ivr up``, ready for calls."""
    arguments = ("up", "--plan", str(plan_path), "--data", str(data), *PORTS, *more)
    process = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"Ctrl-C" not in (line := await process.stdout.readline()):
                assert line, "it ended at once"
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
    return bool(told.get("ready") and told["pid"] != before)


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
    """How many calls in progress the database has, of those that have come to a menu or call 203."""
    with closing(sqlite3.connect(data.database)) as database:
        calls = [json.loads(content) for (content,) in database.execute("SELECT content FROM open_calls")]
    return sum(bool(call["path"]) or call["caller"]["dialled"] == "203" for call in calls)


def ended_menus(api: ApiClient) -> int:
    """How many calls have come to their end without anybody who talked."""
    return sum(call.outcome == "caller_left" for call in api.calls({}))


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
        pressed = await in_menu.press("1")
        await in_menu.rtp.hear(plan.TONES["sales"], within=5, after=pressed)
        await in_menu.hang_up()
        await until(lambda: ended_menus(api) == 1)
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
            call.caller + ">" + call.number: call for call in api.calls({}) if call.outcome != "caller_left"
        }
        assert {name: call.outcome for name, call in calls.items()} == {
            "333>100": "connected",
            "201>203": "connected",
        }
        assert [leg.line for leg in calls["333>100"].legs] == ["202"]
        (went_on,) = [call for call in api.calls({}) if call.outcome == "caller_left"]
        assert went_on.path == ["main/day", "main/sales"]


async def test_a_signal_reloads_and_a_broken_plan_does_not_keep_the_next_start_silent(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    plan_path = plan.write(tmp_path / "plan")
    text = plan_path.read_text()

    def live() -> tuple[int | None, bool]:
        told = ApiClient(data).status().live
        return told.revision, told.last.live

    async with up(plan_path, data.root, "--no-watch") as process:
        assert await asyncio.to_thread(live) == (1, True)
        plan_path.write_text(text.replace("Centralino", "Nuovo"))
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(10):
            while await asyncio.to_thread(live) != (2, True):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        plan_path.write_text("version: 1")
        code, output = await run("reload", "--data", str(data.root))
        assert code == 1
        assert "missing-field" in output
        assert await asyncio.to_thread(live) == (2, False)
    code, output = await run("revisions", "diff", "--data", str(data.root))
    assert "+    name: Nuovo" in output
    async with up(plan_path, data.root, "--no-watch"):
        assert await asyncio.to_thread(live) == (2, False)
        assert "REFUSED" in (await run("status", "--data", str(data.root)))[1]
        code, output = await run("revisions", "rollback", "1", "--data", str(data.root))
        assert code == 0, output
        assert plan_path.read_text() == text
        assert await asyncio.to_thread(live) == (4, True)
    await gone(data.root)


async def test_the_fallback_takes_a_call_while_the_application_starts_again(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path / "data")
    plan_path = plan.write(tmp_path / "plan")
    async with up(plan_path, data.root):
        told = data.read_state("up")
        assert told is not None
        port = told["agi_port"]
        await until(lambda: ask(port) == "1")
        assert (
            "answers, would serve calls with revision 1" in (await run("status", "--data", str(data.root)))[1]
        )
        detector = Detector((*plan.TONES.values(), plan.RINGING_TONE))
        async with Phone("333", server=(LOOPBACK, told["sip_port"]), detector=detector) as caller:
            before = data.read_state("run")
            assert before is not None
            os.kill(before["pid"], signal.SIGKILL)
            await until(lambda: not Path(f"/proc/{before['pid']}").exists())
            call = caller.call("100")
            heard = await call.rtp.hear(plan.TONES["welcome"], within=3)
            assert heard - call.invited_ns < 1_000_000_000
            await until(lambda: ready_again(data, before["pid"]))
            pressed = await call.press("1")
            await call.rtp.hear(plan.TONES["sales"], after=pressed, within=3)
            await call.hang_up()
    await gone(data.root)


async def test_what_freezes_is_noticed_and_started_again(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    async with up(plan.write(tmp_path / "plan"), data.root):
        told = data.read_state("up")
        assert told is not None
        await until(lambda: ask(told["agi_port"]) == "1")
        frozen = {name: process(data.root, name) for name in FROZEN}
        for pid in frozen.values():
            os.kill(pid, signal.SIGSTOP)
        for name in FROZEN:
            await until(partial(process, data.root, name, but=frozen[name]), within=60)
        await until(lambda: ask(told["agi_port"]) == "1", within=20)
        await until(lambda: ready_again(data, frozen["run"]), within=30)
        detector = Detector(tuple(plan.TONES.values()))
        async with Phone("333", server=(LOOPBACK, told["sip_port"]), detector=detector) as caller:
            call = caller.call("100")
            await call.rtp.hear(plan.TONES["welcome"], within=5)
            await call.hang_up()
    await gone(data.root)


FROZEN = ("run", "officesmart_ivr.fallback", "-f")
"""By what the command lines of the application, the fallback and Asterisk are known."""


def process(data: Path, argument: str, *, but: int = 0) -> int:
    """The process with such an argument, its leash apart; 0 while there is none but ``but``."""
    for pid in processes_of(data):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if pid != but and argument.encode() in words and not any(b"leash" in word for word in words):
            return pid
    return 0
