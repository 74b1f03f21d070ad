"""Everything on this machine: Asterisk, the application and the fallback, supervised together."""

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

from officesmart_ivr.agi.server import ask
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.asterisk import ports
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import AMI_USER, ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.signals import APOLOGY_SECONDS, hang_up_means

_log = logging.getLogger(__name__)

ARI_PASSWORD_FILE = "ari-password"
AMI_PASSWORD_FILE = "ami-password"
_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05

_ROOM_FOR_CALLS = 4
"""Asterisk itself refuses calls beyond so many times the plan's limit, which may be raised while it runs."""

_LOAD_PER_CPU = 50.0
"""Asterisk itself refuses calls while the load is higher: then the application may not even come to it.

The load is the average of a minute, and of the whole machine, whoever causes it. It is no measure of how well
calls are served: after the bench, with its thousand calls at once, it was 16 for each processor.
"""

_STOP_SECONDS = 10.0
"""What a program that was told to stop may need for it, beside the time that calls are given."""


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
    watch: bool = True
    speech: str = ""
    cache: Path | None = None
    drain_seconds: float = 0.0


class System:
    """Asterisk, the application and the fallback as children of this process."""

    def __init__(self, settings: UpSettings, plan: CallPlan, toolbox: Toolbox) -> None:
        self._settings = settings
        self._data = settings.data
        bind = ports.bind_for(settings.address)
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
            max_calls=plan.limits.calls * _ROOM_FOR_CALLS,
            max_load=_LOAD_PER_CPU * (os.cpu_count() or 1),
            agi_port=chosen.agi,
            variables=self._data.emergency,
        )
        self._toolbox = toolbox
        self._running: Child | None = None

    async def run(self, ready: Callable[[], None]) -> None:
        """Start them, call ``ready``, and supervise them until SIGINT or SIGTERM; then stop them.

        Raises AsteriskError when one does not start.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, stop)
        loop.add_signal_handler(signal.SIGHUP, hang_up_means(self._reload, lambda: self._stop(stop)))
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
        async with (
            asterisk_child(self._asterisk, self._toolbox),
            self._fallback(),
            self._application() as self._running,
        ):
            self._data.write_state("up", self._state())
            try:
                ready()
                await stop.wait()
            finally:
                self._data.forget_state("up")

    def _fallback(self) -> Child:
        """The fallback, for which nothing waits: until it answers, calls have their emergency destination."""
        port = self._asterisk.agi_port

        async def answers() -> bool:
            return await asyncio.to_thread(ask, port) is not None

        return Child(
            "the fallback",
            (
                *(sys.executable, "-m", "officesmart_ivr.fallback"),
                *("--port", str(port), "--data", str(self._data.root)),
            ),
            output=self._data.logs / "fallback.log",
            is_well=answers,
        )

    def _application(self) -> Child:
        settings, drain = self._settings, self._settings.drain_seconds
        command: list[str] = [
            *(sys.executable, "-m", "officesmart_ivr", "run"),
            *("--plan", str(settings.plan), "--data", str(self._data.root)),
            *("--ari-url", f"http://{_LOOPBACK}:{self._asterisk.ari_port}", "--ari-user", ARI_USER),
            *("--ari-password-file", str(self._data.root / ARI_PASSWORD_FILE)),
            *("--ami-port", str(self._asterisk.ami_port), "--ami-user", AMI_USER),
            *("--ami-password-file", str(self._data.root / AMI_PASSWORD_FILE)),
            *("--media-address", settings.address, "--http-port", str(settings.http_port)),
            *("--drain", f"{drain:g}"),
        ]
        if settings.sounds is not None:
            command += ["--sounds", str(settings.sounds)]
        if settings.speech:
            command += ["--speech", settings.speech]
        if settings.cache is not None:
            command += ["--cache", str(settings.cache)]
        if not settings.watch:
            command.append("--no-watch")

        async def answers() -> bool:
            return await asyncio.to_thread(ApiClient(self._data).answers)

        child = Child(
            "the application",
            command,
            output=self._data.logs / "run.log",
            wait_until_ready=lambda: self._application_ready(child),
            is_well=answers,
            stop_seconds=_STOP_SECONDS + (drain + APOLOGY_SECONDS if drain else 0),
        )
        return child

    def _stop(self, stop: asyncio.Event) -> None:
        """Begin to stop; told a second time, do not wait for calls either."""
        if stop.is_set():
            self._signal(signal.SIGTERM)
        stop.set()

    def _reload(self) -> None:
        """Hand a signal to reload the plan on to the application."""
        self._signal(signal.SIGHUP)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._running.pid if self._running else None
        if pid is not None:
            os.kill(pid, number)

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
            "sounds": str(self._settings.sounds or ""),
            "address": self._settings.address,
            "sip_port": asterisk.sip_port,
            "ari_port": asterisk.ari_port,
            "rtp_ports": list(asterisk.rtp_ports),
            "agi_port": asterisk.agi_port,
        }
