"""A system under test: a real Asterisk, the real application, and phones, on free ports of loopback."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from officesmart_ivr.announcements.speech.engine import Engine
from officesmart_ivr.announcements.store import Catalogue, Library
from officesmart_ivr.api.schema import LAST, ExplainedCall, Status
from officesmart_ivr.api.views import explained_call, named_call
from officesmart_ivr.app import Application, RunSettings
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.calls.exchange import AS_IT_IS, Circumstances
from officesmart_ivr.livetest.rig import Rig, application, asterisk_on_loopback
from officesmart_ivr.observe.names import Names
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.sdp import DEFAULT_CODECS, Codec
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan

SETTLED_SECONDS = 10.0
EVENT = "anon_inode:[eventfd]"


async def until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait for what no event tells: the state of files and of other processes."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Held:
    """What a system at rest holds: Asterisk's descriptors but for TCP connections, and our tasks.

    ``events`` are those of the descriptors that are eventfds. Asterisk has one for each channel, and loses it
    now and then where a hang-up meets the joining of two channels (docs/quality.md). ``kinds`` tells what
    the descriptors are.
    """

    descriptors: int
    tasks: int
    events: int
    kinds: str = field(default="", compare=False)

    def exceeds(self, before: Held, *, but_for_events: bool = False) -> bool:
        """Say whether more is held than before. ``but_for_events``: lost eventfds are counted elsewhere."""
        lost = self.events - before.events if but_for_events else 0
        return self.descriptors - lost > before.descriptors or self.tasks > before.tasks


class Station:
    """The system under test and the means to drive it."""

    app: Application

    def __init__(self, rig: Rig, run: RunSettings, circumstances: Circumstances) -> None:
        self.asterisk = rig.settings
        self.toolbox = rig.toolbox
        self.ari = rig.ari
        self.folder = run.plan.parent
        self._child = rig.child
        self.run = run
        self._circumstances = circumstances
        self._application = AsyncExitStack()
        self.server = rig.server
        self.detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))

    async def start(self) -> None:
        """Start the application, and wait until it serves calls."""
        self.app = await self._application.enter_async_context(
            application(self.run, self.ari, circumstances=self._circumstances)
        )

    async def stop(self) -> None:
        """Stop the application."""
        await self._application.aclose()

    async def restart_asterisk(self) -> None:
        """Stop Asterisk and start it again, and wait until calls are served."""
        await self._child.stop()
        await until(lambda: not self.app.ready.is_set())
        await self._child.start()
        await asyncio.wait_for(self.app.ready.wait(), 20)

    async def console(self, command: str) -> str:
        """What a command of Asterisk's own console prints."""
        process = await asyncio.create_subprocess_exec(
            *self.toolbox.asterisk.command("-C", self.asterisk.configuration, "-rx", command),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        return said.decode()

    def password(self, extension: str) -> str:
        stored = secrets.load(self.folder / secrets.FILE_NAME)
        return stored[secrets.extension_secret(extension)]

    @asynccontextmanager
    async def phone(self, extension: str, behaviour: Behaviour | None = None) -> AsyncIterator[Phone]:
        """A registered phone of the plan."""
        async with Phone(
            extension,
            self.password(extension),
            server=self.server,
            behaviour=behaviour,
            detector=self.detector,
        ) as phone:
            await phone.register()
            yield phone
            await phone.unregister()

    @asynccontextmanager
    async def caller(
        self, number: str = "3331234567", codecs: tuple[Codec, ...] = DEFAULT_CODECS
    ) -> AsyncIterator[Phone]:
        """Somebody outside, known by address."""
        async with Phone(number, server=self.server, detector=self.detector, codecs=codecs) as phone:
            yield phone

    async def hears(self, call: Call, announcement: str, *, after: int = 0, within: float = 3.0) -> int:
        """Wait for an announcement; return when its first packet arrived (ns)."""
        return await call.rtp.hear(plan.TONES[announcement], within=within, after=after)

    async def last_call(self) -> ExplainedCall:
        """What the log has of the call that began last."""
        return explained_call(await named_call(self.app.log, LAST), Language.ENGLISH, Names())

    @property
    def sounds(self) -> Catalogue:
        """What new calls are played."""
        return self.app._door.live.service.sounds

    @property
    def library(self) -> Library:
        """The store of what is played."""
        return self.app._door.workshop.library

    @property
    def status(self) -> Status:
        """What the application says of itself."""
        return self.app.facade().status(Language.ENGLISH)

    def legs(self, extension: str) -> list[str]:
        """How far the legs are that use a line."""
        view = self.app.lines.view(datetime.now(UTC))
        return [leg.phase.value for leg in view.line(extension).legs]

    async def left(self) -> dict[str, object]:
        """What is left of calls, in Asterisk and in the application."""
        channels = [
            f"{channel.name} ({channel.id}, {channel.state}, {channel.dialplan.app_name or 'nowhere'})"
            for channel in await self.ari.channels.list()
        ]
        bridges = [bridge.id for bridge in await self.ari.bridges.list()]
        found = {"channels": channels, "bridges": bridges, **self.app.leftovers()}
        return {what: which for what, which in found.items() if which}

    async def settle(
        self, before: Held | None = None, *, but_for_events: bool = False, within: float = SETTLED_SECONDS
    ) -> Held:
        """Wait until nothing is left of any call, and no more is held than before; return what is held.

        Fails with what stays.
        """
        deadline = asyncio.get_running_loop().time() + within
        while (left := await self.left()) or (
            before and self.held().exceeds(before, but_for_events=but_for_events)
        ):
            assert asyncio.get_running_loop().time() < deadline, f"left: {left}, {self.held()}, {before}"
            await asyncio.sleep(0.02)
        return self.held()

    def held(self) -> Held:
        """What is held now. Connections of HTTP come and go by themselves, so they do not count."""
        process = Path(f"/proc/{self.asterisk_pid}")
        connections = {
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6")
            for line in (process / "net" / table).read_text().splitlines()[1:]
        }
        kinds: Counter[str] = Counter()
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                what = os.readlink(descriptor)
                if what not in connections:
                    kinds[re.sub(r"\d+", "…", what)] += 1
        return Held(kinds.total(), len(asyncio.all_tasks()), kinds[EVENT], str(kinds))

    @property
    def asterisk_pid(self) -> int:
        """The process of Asterisk."""
        return int((self.asterisk.run_folder / "asterisk.pid").read_text())


@asynccontextmanager
async def station_with(
    plan_path: Path,
    box: toolbox.Toolbox,
    *,
    extra_dialplan: str = "",
    calls: int = 0,
    speech: Engine | None = None,
    watch: bool = False,
    circumstances: Circumstances = AS_IT_IS,
) -> AsyncIterator[Station]:
    """Start Asterisk and the application with a plan, in the plan's folder; with ports for so many calls.

    ``watch``: whether edits of the plan go live by themselves.
    """
    data = plan_path.parent / "data"
    async with asterisk_on_loopback(data, box, extra_dialplan=extra_dialplan, calls=calls) as rig:
        run = dataclasses.replace(rig.run_settings(plan_path, watch=watch), speech=speech)
        station = Station(rig, run, circumstances)
        await station.start()
        try:
            yield station
        finally:
            await station.stop()
