"""A system under test: a real Asterisk, the real application, and phones, on free ports of loopback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from officesmart_ivr.api.schema import LAST, ExplainedCall, Status
from officesmart_ivr.api.views import explained_call, named_call
from officesmart_ivr.app import Application, RunSettings, kept
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk import ports, toolbox
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.asterisk.child import Child
from officesmart_ivr.asterisk.render import AMI_USER, ARI_USER, AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.observe.names import Names
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan

LOOPBACK = "127.0.0.1"
SETTLED_SECONDS = 10.0


async def until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait for what no event tells: the state of files and of other processes."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Held:
    """What a system at rest holds: Asterisk's descriptors but for TCP connections, and our tasks."""

    descriptors: int
    tasks: int

    def exceeds(self, before: Held) -> bool:
        return self.descriptors > before.descriptors or self.tasks > before.tasks


class Station:
    """The system under test and the means to drive it."""

    app: Application

    def __init__(
        self, asterisk: AsteriskSettings, box: toolbox.Toolbox, child: Child, ari: AriClient, run: RunSettings
    ) -> None:
        self.asterisk = asterisk
        self.toolbox = box
        self.ari = ari
        self.folder = run.plan.parent
        self._child = child
        self.run = run
        self._application = AsyncExitStack()
        self.server = (LOOPBACK, asterisk.sip_port)
        self._detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))

    async def start(self) -> None:
        """Start the application, and wait until it serves calls."""
        self.app = await self._application.enter_async_context(_application(self.run, self.ari))
        self._passwords = secrets.load(self.folder / secrets.FILE_NAME)

    async def stop(self) -> None:
        """Stop the application."""
        await self._application.aclose()

    async def restart_asterisk(self) -> None:
        """Stop Asterisk and start it again, and wait until calls are served."""
        await self._child.stop()
        await until(lambda: not self.app.ready.is_set())
        await self._child.start()
        await asyncio.wait_for(self.app.ready.wait(), 20)

    def password(self, extension: str) -> str:
        return self._passwords[secrets.extension_secret(extension)]

    @asynccontextmanager
    async def phone(self, extension: str, behaviour: Behaviour | None = None) -> AsyncIterator[Phone]:
        """A registered phone of the plan."""
        async with Phone(
            extension,
            self.password(extension),
            server=self.server,
            behaviour=behaviour,
            detector=self._detector,
        ) as phone:
            await phone.register()
            yield phone
            await phone.unregister()

    @asynccontextmanager
    async def caller(self, number: str = "3331234567") -> AsyncIterator[Phone]:
        """Somebody outside, known by address."""
        async with Phone(number, server=self.server, detector=self._detector) as phone:
            yield phone

    async def hears(self, call: Call, announcement: str, *, after: int = 0, within: float = 3.0) -> int:
        """Wait for an announcement; return when its first packet arrived (ns)."""
        return await call.rtp.hear(plan.TONES[announcement], within=within, after=after)

    async def last_call(self) -> ExplainedCall:
        """What the log has of the call that began last."""
        return explained_call(await named_call(self.app.log, LAST), Language.ENGLISH, Names())

    @property
    def status(self) -> Status:
        """What the application says of itself."""
        return self.app.facade().status()

    def legs(self, extension: str) -> list[str]:
        """How far the legs are that use a line."""
        view = self.app.lines.view(datetime.now(UTC))
        return [leg.phase.value for leg in view.line(extension).legs]

    async def left(self) -> dict[str, object]:
        """What is left of calls, in Asterisk and in the application."""
        channels = [channel.name for channel in await self.ari.channels.list()]
        bridges = [bridge.id for bridge in await self.ari.bridges.list()]
        found = {"channels": channels, "bridges": bridges, **self.app.leftovers()}
        return {what: which for what, which in found.items() if which}

    async def settle(self, before: Held | None = None) -> Held:
        """Wait until nothing is left of any call, and no more is held than before; return what is held.

        Fails with what stays.
        """
        deadline = asyncio.get_running_loop().time() + SETTLED_SECONDS
        while (left := await self.left()) or (before and self.held().exceeds(before)):
            assert asyncio.get_running_loop().time() < deadline, f"left: {left}, {self.held()}, {before}"
            await asyncio.sleep(0.02)
        return self.held()

    def held(self) -> Held:
        """What is held now. Connections of HTTP come and go by themselves, so they do not count."""
        process = Path(f"/proc/{self._asterisk_pid()}")
        connections = {
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6")
            for line in (process / "net" / table).read_text().splitlines()[1:]
        }
        descriptors = 0
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                descriptors += os.readlink(descriptor) not in connections
        return Held(descriptors, len(asyncio.all_tasks()))

    def _asterisk_pid(self) -> int:
        return int((self.asterisk.run_folder / "asterisk.pid").read_text())


@asynccontextmanager
async def station_with(
    plan_path: Path, box: toolbox.Toolbox, *, extra_dialplan: str = "", calls: int = 0
) -> AsyncIterator[Station]:
    """Start Asterisk and the application with a plan, in the plan's folder; with ports for so many calls."""
    data = DataFolder(plan_path.parent / "data")
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
        extra_dialplan=extra_dialplan,
    )
    render(settings, box)
    run = RunSettings(
        plan=plan_path,
        sounds=None,
        data=data,
        ari_url=f"http://{LOOPBACK}:{chosen.ari}",
        ari_user=ARI_USER,
        ari_password=settings.ari_password,
        media_address=LOOPBACK,
        ami=AmiAccess(chosen.ami, AMI_USER, settings.ami_password),
    )
    async with (
        asterisk_child(settings, box) as child,
        AriClient(run.ari_url, username=run.ari_user, password=run.ari_password) as ari,
    ):
        station = Station(settings, box, child, ari, run)
        await station.start()
        try:
            yield station
        finally:
            await station.stop()


@asynccontextmanager
async def _application(run: RunSettings, ari: AriClient) -> AsyncIterator[Application]:
    async with kept(run) as state:
        app = Application(run, ari, state)
        running = asyncio.create_task(app.run(0))
        try:
            await asyncio.wait_for(app.ready.wait(), 20)
            yield app
        finally:
            running.cancel()
            await asyncio.wait([running])
