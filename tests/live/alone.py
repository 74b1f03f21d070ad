"""An Asterisk that is left alone: application and fallback are processes, to be killed and started again."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from officesmart_ivr.agi.server import ask
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.livetest.rig import LOOPBACK, Rig, asterisk_on_loopback
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import until

START_SECONDS = 20.0
DETECTOR = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))


class Alone:
    """Asterisk, and the two programs that may serve its calls."""

    def __init__(self, rig: Rig, plan_path: Path) -> None:
        self.rig = rig
        self.plan = plan_path
        self.data = rig.data
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def start_application(self) -> None:
        """Start the application, and wait until it serves calls."""
        rig = self.rig
        await self._start(
            "application",
            *("officesmart_ivr", "run", "--plan", str(self.plan), "--data", str(self.data.root)),
            *("--ari-url", f"http://{LOOPBACK}:{rig.settings.ari_port}", "--no-watch"),
            *("--ari-password-file", str(self.data.root / "ari-password")),
            *("--ami-port", str(rig.settings.ami_port), "--ami-user", "officesmart"),
            *("--ami-password-file", str(self.data.root / "ami-password")),
        )
        pid = self._running["application"].pid

        def serves() -> bool:
            told = self.data.read_state("run") or {}
            return bool(told.get("ready")) and told["pid"] == pid

        await until(serves, within=START_SECONDS)

    async def start_fallback(self) -> None:
        """Start the fallback, and wait until it answers."""
        port = self.rig.settings.agi_port
        await self._start(
            "fallback", "officesmart_ivr.fallback", "--port", str(port), "--data", str(self.data.root)
        )
        await until(lambda: ask(port) is not None, within=START_SECONDS)

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End one of the two programs, and wait until it is gone."""
        process = self._running.pop(name)
        process.send_signal(number)
        await process.wait()

    def memory(self, name: str) -> int:
        """How many bytes of memory one of them has for itself."""
        text = Path(f"/proc/{self._running[name].pid}/status").read_text()
        (line,) = (line for line in text.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    @asynccontextmanager
    async def phone(self, extension: str, behaviour: Behaviour | None = None) -> AsyncIterator[Phone]:
        """A registered phone of the plan."""
        known = secrets.load(self.plan.parent / secrets.FILE_NAME)
        password = known[secrets.extension_secret(extension)]
        async with Phone(
            extension, password, server=self.rig.server, behaviour=behaviour, detector=DETECTOR
        ) as phone:
            await phone.register()
            yield phone
            await phone.unregister()

    @asynccontextmanager
    async def caller(self, number: str = "3331234567") -> AsyncIterator[Phone]:
        """Somebody outside."""
        async with Phone(number, server=self.rig.server, detector=DETECTOR) as phone:
            yield phone

    async def hears(self, call: Call, announcement: str, *, after: int = 0, within: float = 3.0) -> int:
        """Wait for an announcement; return when its first packet arrived (ns)."""
        return await call.rtp.hear(plan.TONES[announcement], within=within, after=after)

    async def settle(self) -> None:
        """Wait until Asterisk has no channel and no bridge any more."""
        async with asyncio.timeout(10):
            while await self.rig.ari.channels.list() or await self.rig.ari.bridges.list():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        """End both programs."""
        for name in list(self._running):
            await self.kill(name)

    async def _start(self, name: str, module: str, *arguments: str) -> None:
        with (self.data.logs / f"{name}.log").open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module, *arguments), stdout=log, stderr=log
            )


@asynccontextmanager
async def asterisk_alone(plan_path: Path, box: Toolbox) -> AsyncIterator[Alone]:
    """Start Asterisk, with a plan for the programs that are to be started, in the plan's folder."""
    async with asterisk_on_loopback(plan_path.parent / "data", box) as rig:
        alone = Alone(rig, plan_path)
        try:
            yield alone
        finally:
            await alone.close()
