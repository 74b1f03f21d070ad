"""Everything on this machine: Asterisk and the application, started and supervised together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from officesmart_ivr.asterisk import ports
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import AMI_USER, ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.settings import DataFolder

_log = logging.getLogger(__name__)

ARI_PASSWORD_FILE = "ari-password"
AMI_PASSWORD_FILE = "ami-password"
_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class UpSettings:
    """What ``officesmart-ivr up`` is told. Ports may be 0 for free ones."""

    plan: Path
    sounds: Path | None
    data: DataFolder
    sip_port: int
    ari_port: int
    http_port: int
    rtp_ports: tuple[int, int]
    address: str


class System:
    """Asterisk and the application as children of this process."""

    def __init__(self, settings: UpSettings, plan: CallPlan, toolbox: Toolbox) -> None:
        self._settings = settings
        self._data = settings.data
        bind = _LOOPBACK if settings.address == _LOOPBACK else "0.0.0.0"
        chosen = ports.settle(
            bind,
            sip_port=settings.sip_port,
            ari_port=settings.ari_port,
            rtp_ports=settings.rtp_ports,
            calls=plan.limits.calls,
        )
        self._asterisk = AsteriskSettings(
            data=self._data.asterisk,
            sip_bind=bind,
            sip_port=chosen.sip,
            ari_port=chosen.ari,
            rtp_ports=chosen.rtp,
            media_address=settings.address,
            ari_password=self._data.secret(ARI_PASSWORD_FILE),
            ami_port=chosen.ami,
            ami_password=self._data.secret(AMI_PASSWORD_FILE),
            call_minutes=plan.limits.call_minutes,
        )
        self._toolbox = toolbox

    async def run(self, ready: Callable[[], None]) -> None:
        """Start both, call ``ready``, and supervise them until SIGINT or SIGTERM; then stop both.

        Raises AsteriskError when one does not start.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await asyncio.to_thread(render, self._asterisk, self._toolbox)
        starting = asyncio.create_task(self._serve(stop, ready))
        told = asyncio.create_task(stop.wait())
        await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
        told.cancel()
        await asyncio.gather(starting, told, return_exceptions=True)
        if not starting.cancelled():
            starting.result()

    async def _serve(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        async with asterisk_child(self._asterisk, self._toolbox), self._application():
            self._data.write_state("up", self._state())
            try:
                ready()
                await stop.wait()
            finally:
                self._data.forget_state("up")

    def _application(self) -> Child:
        settings = self._settings
        command: list[str] = [
            *(sys.executable, "-m", "officesmart_ivr", "run"),
            *("--plan", str(settings.plan), "--data", str(self._data.root)),
            *("--ari-url", f"http://{_LOOPBACK}:{self._asterisk.ari_port}", "--ari-user", ARI_USER),
            *("--ari-password-file", str(self._data.root / ARI_PASSWORD_FILE)),
            *("--ami-port", str(self._asterisk.ami_port), "--ami-user", AMI_USER),
            *("--ami-password-file", str(self._data.root / AMI_PASSWORD_FILE)),
            *("--media-address", settings.address, "--http-port", str(settings.http_port)),
        ]
        if settings.sounds is not None:
            command += ["--sounds", str(settings.sounds)]
        child = Child(
            "the application",
            command,
            output=self._data.logs / "run.log",
            wait_until_ready=lambda: self._application_ready(child),
        )
        return child

    async def _application_ready(self, child: Child) -> None:
        """Wait until this very process says that it serves calls; an earlier one may have left its word."""
        while True:
            told = self._data.read_state("run") or {}
            if told.get("ready") and told.get("pid") == child.pid:
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _state(self) -> dict[str, Any]:
        asterisk = self._asterisk
        return {
            "pid": os.getpid(),
            "plan": str(self._settings.plan),
            "address": self._settings.address,
            "sip_port": asterisk.sip_port,
            "ari_port": asterisk.ari_port,
            "rtp_ports": list(asterisk.rtp_ports),
        }
