"""Asterisk, application and fallback as programs that nobody supervises together, as in containers."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from officesmart_ivr.asterisk import ports
from officesmart_ivr.livetest.rig import LOOPBACK
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import until

OUTER = "198.51.100.7"


@asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs until it is told to stop, and then ends well."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "officesmart_ivr", *arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0


async def code_of(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "officesmart_ivr", *arguments, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def hears_the_menu(sip_port: int) -> None:
    """Call from this very machine, which is not translated to the outer address: the sound shows it."""
    async with Phone(
        "333", server=(LOOPBACK, sip_port), detector=Detector(tuple(plan.TONES.values()))
    ) as caller:
        call = caller.call("100")
        await call.answered()
        await call.rtp.hear(plan.TONES["welcome"], within=3)
        await call.hang_up()


async def test_three_programs_share_a_data_folder_and_loopback(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    chosen = ports.settle(LOOPBACK, sip_port=0, ari_port=0, rtp_ports=(0, 0))
    asterisk = (
        *("asterisk", "--data", str(data.root), "--address", LOOPBACK, "--external-address", OUTER),
        *("--sip-port", str(chosen.sip), "--ari-port", str(chosen.ari), "--ami-port", str(chosen.ami)),
        *("--agi-port", str(chosen.agi)),
        *("--rtp-ports", "{}-{}".format(*chosen.rtp)),
    )
    application = (
        *("run", "--data", str(data.root), "--plan", str(plan.write(tmp_path / "plan"))),
        *("--ari-url", f"http://{LOOPBACK}:{chosen.ari}", "--ami-port", str(chosen.ami)),
        *("--ari-password-file", str(data.root / "ari-password")),
        *("--ami-password-file", str(data.root / "ami-password")),
    )
    fallback = ("fallback", "--data", str(data.root), "--port", str(chosen.agi))
    async with program(*asterisk) as running:
        async with asyncio.timeout(60):
            while await code_of(*asterisk, "--check"):
                assert running.returncode is None
        assert await code_of(*asterisk) == 1, "two at once with one data folder"
        assert await code_of(*fallback, "--check") == 1
        async with program(*fallback):
            async with program(*application):
                await until(lambda: (data.read_state("run") or {}).get("ready"), within=30)
                await hears_the_menu(chosen.sip)
            async with asyncio.timeout(20):
                while await code_of(*fallback, "--check"):
                    pass
            await hears_the_menu(chosen.sip)
    assert await code_of(*asterisk, "--check") == 1
