"""The application: its objects are built here and nowhere else."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from officesmart_ivr import notify
from officesmart_ivr.announcements.drafts import Drafts
from officesmart_ivr.announcements.speech.engine import Engine
from officesmart_ivr.answers import Answers
from officesmart_ivr.api.client import TOKEN_FILE
from officesmart_ivr.api.route import Facade
from officesmart_ivr.api.server import serving
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import Event
from officesmart_ivr.ari.stream import HEARTBEAT_SECONDS, EventStream, StreamDown, StreamUp
from officesmart_ivr.asterisk import dialplan
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.asterisk.provisioner import Provisioner, Wanted
from officesmart_ivr.asterisk.watch import Watch
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.exchange import AS_IT_IS, Circumstances, Exchange
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.calls.session import Session
from officesmart_ivr.calls.studio import Studio
from officesmart_ivr.errors import AnnouncementError, AriError, SettingsError, StateError
from officesmart_ivr.health import Doctor
from officesmart_ivr.observe.names import NAMES_FILE
from officesmart_ivr.publishing import quiet, recordings
from officesmart_ivr.publishing.answers import PlanAnswers
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.edits import Edits
from officesmart_ivr.publishing.house import ServedHouse
from officesmart_ivr.publishing.outcome import Outcome
from officesmart_ivr.publishing.schedule import Schedule
from officesmart_ivr.publishing.standby import Standby
from officesmart_ivr.publishing.workshop import Workshop
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.signals import APOLOGY_SECONDS, until_told
from officesmart_ivr.state.call_log import CallLog
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.overrides import MemoryOverrideBoard, OverrideBoard
from officesmart_ivr.state.revisions import Origin, Revisions, Source
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import in_file, opened
from officesmart_ivr.state.sql.lines import open_board
from officesmart_ivr.state.sql.overrides import open_overrides
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.state.trunks import TrunkBoard

_log = logging.getLogger(__name__)

_NEEDLESS_EVENTS = (
    "BridgeCreated",
    "BridgeDestroyed",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelDialplan",
    "ChannelEnteredBridge",
    "ChannelLeftBridge",
    "ChannelVarset",
    "PlaybackContinuing",
    "PlaybackStarted",
    "RecordingStarted",
)
"""Events that no call reads; Asterisk need not send them."""

RETRY_SECONDS = 1.0
TIDY_SECONDS = 3600.0
"""How often calls that are too old are deleted from the log."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What ``officesmart-ivr run`` is told.

    ``sounds`` is None to look beside the plan, ``database`` (a URL) to keep the state in the data folder,
    ``ami`` where Asterisk's manager interface may not be used. ``watch``: whether edits of the plan's files
    go live by themselves; ``speech`` speaks the texts of announcements; ``drain_seconds`` is how long calls
    may go on when the process is told to stop; ``heartbeat_seconds`` is that of the event stream.
    """

    plan: Path
    sounds: Path | None
    data: DataFolder
    ari_url: str
    ari_user: str
    ari_password: str
    media_address: str
    http_port: int = 0
    database: str | None = None
    ami: AmiAccess | None = None
    watch: bool = True
    speech: Engine | None = None
    drain_seconds: float = 0.0
    heartbeat_seconds: float = HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlives the process."""

    lines: LineBoard
    log: CallLog
    revisions: Revisions
    overrides: OverrideBoard = field(default_factory=MemoryOverrideBoard)


@asynccontextmanager
async def kept(settings: RunSettings) -> AsyncIterator[Kept]:
    """Open what an earlier process has left, and keep what this one does. Raises StateError."""
    async with opened(settings.database or in_file(settings.data.database)) as database:
        lines, log = await open_board(database), await open_call_log(database)
        yield Kept(lines, log, SqlRevisions(database), await open_overrides(database))


class Application:
    """Everything of one running process."""

    def __init__(
        self,
        settings: RunSettings,
        ari: AriClient,
        state: Kept,
        door: Door,
        circumstances: Circumstances = AS_IT_IS,
    ) -> None:
        """Make it of a door that is open; see :meth:`opened`."""
        clock = circumstances.clock
        self._settings = settings
        self._door = door
        self._hunts = Hunts(state.lines, lambda: door.live.service.plan, clock.now, clock.later)
        self.log = FollowedCallLog(state.log)
        self._trunks = TrunkBoard()
        self._exchange = Exchange(
            ari=ari,
            service=lambda: door.live.service,
            lines=state.lines,
            outside=OutsideLines(lambda: door.live.plan, self._trunks),
            log=self.log,
            clock=clock.now,
            owners=Owners(),
            hunts=self._hunts,
            studio=Studio(ari, Drafts(settings.data.drafts), functools.partial(recordings.save, door)),
            overrides=state.overrides,
            circumstances=circumstances,
        )
        ari.transport.timed = self._exchange.figures.requests.add
        self._watch = Watch(
            ari,
            settings.ami,
            self._trunks,
            self._exchange.phones,
            lambda: door.live.plan.trunks,
            self._registered,
            self._exchange.clock,
        )
        self._provisioner = Provisioner(ari, self._wanted)
        self._standby = Standby(settings.data, door, state.lines, state.overrides, clock.now)
        self._house = ServedHouse(
            self._exchange, self._trunks, self._watch, self._provisioner, self._standby, settings.data
        )
        door.serve(self._house)
        self.schedule = Schedule(door, state.revisions, clock.now)
        self._edits = Edits(door, door.workshop) if settings.watch else None
        self._dispatcher = Dispatcher(self._exchange)
        self._stream = EventStream(ari, disallowed=_NEEDLESS_EVENTS, heartbeat=settings.heartbeat_seconds)
        self._connecting: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self._doctor = Doctor(ari.probe, self._exchange.admission, self.ready.is_set)
        self._answers = Answers(
            self._exchange,
            self._dispatcher,
            self._trunks,
            self.log,
            PlanAnswers(door, self.schedule, state.revisions, clock.now),
            self.ready.is_set,
            self._doctor,
            self._stream.counts,
        )
        self._running: dict[str, int] = {}

    @classmethod
    async def opened(
        cls,
        settings: RunSettings,
        ari: AriClient,
        state: Kept,
        circumstances: Circumstances = AS_IT_IS,
    ) -> Self:
        """Make it with the first plan. Raises OfficeSmartError when there is none to serve calls with."""
        workshop = await asyncio.to_thread(
            Workshop,
            settings.plan,
            settings.sounds,
            settings.data,
            settings.media_address,
            settings.speech,
        )
        door = Door(workshop, state.revisions, circumstances.clock.now)
        await door.open()
        return cls(settings, ari, state, door, circumstances)

    async def reload(self, message: str = "", author: str = "") -> Outcome:
        """Let the plan on the disk go live; see :meth:`Door.reload`."""
        return await self._door.reload(Origin(Source.RELOAD, author, message))

    async def run(self, http_port: int) -> None:
        """Serve calls until cancelled. Raises AriError when Asterisk refuses us for good.

        ``http_port`` is the local API's, told to commands together with whether calls are served.
        """
        data = self._settings.data
        self._running = {"pid": os.getpid(), "http_port": http_port}
        self._tell("run", self._running)
        self._tell(NAMES_FILE, msgspec.to_builtins(self._answers.names()))
        loop = asyncio.get_running_loop()
        works = [
            self._exchange.admission.run,
            self._doctor.watch,
            self._tidy,
            self._watch.run,
            self._hunts.run,
            self._provisioner.run,
            self.schedule.run,
            self._standby.run,
        ]
        if self._edits is not None:
            works.append(self._edits.run)
        beside = [loop.create_task(_kept_going(work)) for work in works]
        try:
            await self._stream.run(self._receive)
        finally:
            for task in beside:
                task.cancel()
            if self._connecting is not None:
                self._connecting.cancel()
            data.forget_state("run")

    async def drain(self, seconds: float) -> None:
        """Let no new call in, and those in progress come to their end for so long; then release callers.

        Who talks when this is over talks on in Asterisk, as when the process is killed. 0 leaves everybody so
        at once: the next process goes on with all of them.
        """
        self._exchange.admission.is_draining = True
        notify.tell(notify.STOPPING)
        if not seconds:
            return
        _log.info("stopping: calls have %g s to come to their end", seconds)
        if not await _within(seconds, self._dispatcher.idle()):
            self._dispatcher.close()
            await _within(APOLOGY_SECONDS, self._dispatcher.only_talks())

    @property
    def lines(self) -> LineBoard:
        """The state of the lines."""
        return self._exchange.lines

    @property
    def sessions(self) -> Collection[Session]:
        """The calls in progress, none of them before its caller has arrived."""
        return self._dispatcher.sessions

    @property
    def ringing(self) -> Mapping[str, str]:
        """The legs whose phone rings, and their lines."""
        return self._exchange.ringing

    @property
    def trunks(self) -> TrunkBoard:
        """The state of the trunks."""
        return self._trunks

    @property
    def hunts(self) -> Hunts:
        """Those who look for somebody."""
        return self._hunts

    def leftovers(self) -> dict[str, int]:
        """Count what calls hold: sessions, ids that belong to one, lines. All are zero when no call is up."""
        lines = self._exchange.lines.view(self._exchange.clock()).lines
        return {
            "sessions": len(self._dispatcher.sessions),
            "owned ids": len(self._exchange.owners),
            "legs on lines": sum(len(line.legs) for line in lines),
            "legs that ring": len(self._exchange.ringing),
            "hunts": len(self._hunts),
        }

    def facade(self) -> Facade:
        """Return what the local API may ask."""
        return self._answers.facade()

    def _wanted(self) -> Wanted:
        live = self._door.live
        return Wanted(live.objects, dialplan.variables(live.service.plan, live.service.sounds))

    def _receive(self, event: Event | StreamUp | StreamDown) -> None:
        if isinstance(event, StreamUp):
            self._dispatcher.hold()
            self._connecting = asyncio.get_running_loop().create_task(self._connected())
        elif isinstance(event, StreamDown):
            self.ready.clear()
            if self._connecting is not None:
                self._connecting.cancel()
        else:
            self._dispatcher.receive(event)

    async def _connected(self) -> None:
        """Make Asterisk and the plan agree, then let calls in."""
        while True:
            try:
                waiting = await reconcile(self._exchange, self._dispatcher)
                self._house.keep_lines()
                await self._provisioner.renew()
                await self._watch.look()
                break
            except* AriError as errors:
                _log.error("preparing Asterisk failed, trying again: %s", errors.exceptions[0])
            except* Exception:
                # Calls wait meanwhile, so giving up would leave the office mute.
                _log.exception("preparing Asterisk failed by a fault, trying again")
            await asyncio.sleep(RETRY_SECONDS)
        for each in waiting:
            self._dispatcher.take_over(each.left, each.channel)
        self._exchange.log.close_interrupted()
        self._dispatcher.resume()
        self.ready.set()
        notify.tell(notify.READY)
        self._tell("run", {**self._running, "ready": True})
        _log.info("ready: calls are served with %s", self._settings.plan)
        await self._watch.look_again()

    def _tell(self, name: str, state: Mapping[str, Any]) -> None:
        """Tell commands about us, if the disk has room: callers do not need it."""
        try:
            self._settings.data.write_state(name, state)
        except SettingsError as error:
            _log.error("commands are not told about us: %s", error.message)

    def _registered(self, extension: str, is_reachable: bool) -> None:
        """Take note that an extension's phone can be reached, or can no more."""
        if extension in self._door.live.plan.extensions:
            self._exchange.lines.update(extension, self._exchange.clock(), registered=is_reachable)

    async def _tidy(self) -> None:
        """Delete from the log what is older than the plan says, and old revisions, again and again.

        The first time is after a start: callers wait for that.
        """
        await self.ready.wait()
        while True:
            if not self._dispatcher.sessions:
                quiet.tidy()
            days = self._door.live.plan.call_log.keep_days
            try:
                await self._door.tidy()
                await asyncio.to_thread(self._door.workshop.library.tidy)
                await asyncio.to_thread(self._exchange.studio.drafts.tidy, self._exchange.clock())
                deleted = await self._exchange.log.delete_older(self._exchange.clock() - timedelta(days=days))
            except (StateError, AnnouncementError) as error:
                _log.error("what is too old could not be deleted: %s", error)
            else:
                if deleted:
                    _log.info("%d calls older than %d days were deleted from the log", deleted, days)
            await asyncio.sleep(TIDY_SECONDS)


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> bool:
    """Say whether something came to its end in so many seconds."""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return False
    return True


async def _kept_going(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do work to its end, if it has one. A fault does not end it: callers wait for what it does."""
    while True:
        try:
            return await work()
        except Exception:
            _log.exception("a fault beside the calls; going on")
            await asyncio.sleep(RETRY_SECONDS)


async def serve(settings: RunSettings) -> None:
    """Run the application until SIGINT or SIGTERM.

    Raises OfficeSmartError for a plan, a folder or an Asterisk that cannot be used.
    """
    with settings.data.lock("run"):
        async with (
            AriClient(settings.ari_url, username=settings.ari_user, password=settings.ari_password) as ari,
            kept(settings) as state,
        ):
            application = await Application.opened(settings, ari, state)
            token = settings.data.secret(TOKEN_FILE)
            async with serving(application.facade(), token, settings.http_port) as http_port:
                await until_told(
                    application.run(http_port),
                    lambda: application.reload(author="signal"),
                    lambda: application.drain(settings.drain_seconds),
                )
