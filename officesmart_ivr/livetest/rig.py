"""A real Asterisk on free ports of loopback, and the real application in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from officesmart_ivr.app import Application, Kept, RunSettings, kept
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk import ports
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import AMI_USER, ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.calls.exchange import AS_IT_IS, Circumstances
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall.udp import HostPort

LOOPBACK = "127.0.0.1"
READY_SECONDS = 20.0


@dataclass(frozen=True)
class Rig:
    """An Asterisk that runs, and how it is spoken to."""

    settings: AsteriskSettings
    data: DataFolder
    toolbox: Toolbox
    child: Child
    ari: AriClient

    @property
    def server(self) -> HostPort:
        """Where phones register."""
        return LOOPBACK, self.settings.sip_port

    def run_settings(self, plan: Path, sounds: Path | None = None, *, watch: bool = True) -> RunSettings:
        """Return what the application is told, that is to serve a plan with this Asterisk."""
        return RunSettings(
            plan=plan,
            sounds=sounds,
            data=self.data,
            ari_url=f"http://{LOOPBACK}:{self.settings.ari_port}",
            ari_user=ARI_USER,
            ari_password=self.settings.ari_password,
            media_address=LOOPBACK,
            ami=AmiAccess(self.settings.ami_port, AMI_USER, self.settings.ami_password),
            watch=watch,
        )


@asynccontextmanager
async def asterisk_on_loopback(
    folder: Path, box: Toolbox, *, extra_dialplan: str = "", calls: int = 0
) -> AsyncIterator[Rig]:
    """Start Asterisk with its data in a folder, and with ports for so many calls at once."""
    data = DataFolder(folder)
    data.make()
    chosen = ports.settle(LOOPBACK, sip_port=0, ari_port=0, rtp_ports=(0, 0), calls=calls)
    settings = AsteriskSettings(
        data=data.asterisk,
        sip_bind=LOOPBACK,
        sip_port=chosen.sip,
        ari_port=chosen.ari,
        rtp_ports=chosen.rtp,
        media_address=LOOPBACK,
        ari_password=data.secret("ari-password"),
        ami_port=chosen.ami,
        ami_password=data.secret("ami-password"),
        agi_port=chosen.agi,
        variables=data.emergency,
        extra_dialplan=extra_dialplan,
    )
    render(settings, box)
    url = f"http://{LOOPBACK}:{chosen.ari}"
    async with (
        asterisk_child(settings, box) as child,
        AriClient(url, username=ARI_USER, password=settings.ari_password) as ari,
    ):
        yield Rig(settings, data, box, child, ari)


@asynccontextmanager
async def application(
    run: RunSettings,
    ari: AriClient,
    state: Kept | None = None,
    circumstances: Circumstances = AS_IT_IS,
) -> AsyncIterator[Application]:
    """Run the application while it is wanted, from when it serves calls.

    Without ``state`` it keeps its state in its data folder. Raises what ends it before it serves calls.
    """
    if state is None:
        async with kept(run) as state, application(run, ari, state, circumstances) as app:
            yield app
        return
    app = await Application.opened(run, ari, state, circumstances)
    running = asyncio.create_task(app.run(0))
    ready = asyncio.create_task(app.ready.wait())
    try:
        await asyncio.wait((running, ready), timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        if not ready.done():
            raise TimeoutError(f"the application did not serve calls within {READY_SECONDS:g} s")
        yield app
    finally:
        ready.cancel()
        running.cancel()
        await asyncio.wait((running, ready))
