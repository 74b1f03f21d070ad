"""The application: its objects are built here and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.announcements.store import Library
from officesmart_ivr.answers import Answers
from officesmart_ivr.api.client import TOKEN_FILE
from officesmart_ivr.api.route import Facade
from officesmart_ivr.api.server import serving
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import Event
from officesmart_ivr.ari.stream import EventStream, StreamDown, StreamUp
from officesmart_ivr.asterisk import provisioning
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.asterisk.watch import Watch
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.prepared import prepare
from officesmart_ivr.errors import AriError, SettingsError, StateError
from officesmart_ivr.observe.names import NAMES_FILE
from officesmart_ivr.plugins import strategies
from officesmart_ivr.settings import DataFolder, shipped
from officesmart_ivr.state.call_log import CallLog
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.sql.call_log import open_call_log
from officesmart_ivr.state.sql.database import in_file, opened
from officesmart_ivr.state.sql.lines import open_board
from officesmart_ivr.state.trunks import TrunkBoard

_log = logging.getLogger(__name__)

_PIN = re.compile("[0-9]{4,12}")

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
)
"""Events that no call reads; Asterisk need not send them."""

RETRY_SECONDS = 1.0
TIDY_SECONDS = 3600.0
"""How often calls that are too old are deleted from the log."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What ``officesmart-ivr run`` is told.

    ``sounds`` is None to look beside the plan, ``database`` (a URL) to keep the state in the data folder,
    ``ami`` where Asterisk's manager interface may not be used.
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What outlives the process."""

    lines: LineBoard
    log: CallLog


@asynccontextmanager
async def kept(settings: RunSettings) -> AsyncIterator[Kept]:
    """Open what an earlier process has left, and keep what this one does. Raises StateError."""
    async with opened(settings.database or in_file(settings.data.database)) as database:
        yield Kept(await open_board(database), await open_call_log(database))


class Application:
    """Everything of one running process."""

    def __init__(self, settings: RunSettings, ari: AriClient, state: Kept) -> None:
        self._settings = settings
        self._ari = ari
        sounds = find_sounds(settings.plan, settings.sounds)
        known = secrets.Secrets(secrets.beside(settings.plan))
        available = strategies()
        plan = load(settings.plan, SoundFolder(sounds), known, available)
        library = Library(settings.data.sounds, shipped("sounds"))
        prepared = prepare(plan, available, pin=_pin(plan, known))
        self._service = Service(prepared, library.publish(plan, sounds))
        names = [secrets.extension_secret(number) for number in plan.extensions]
        carriers = [trunk.password.secret for trunk in plan.trunks.values() if trunk.password]
        self._passwords = {
            **secrets.ensure(secrets.beside(settings.plan), names),
            **{name: known[name] for name in carriers},
        }
        self._hunts = Hunts(state.lines, lambda: self._service.plan, _now)
        self.log = FollowedCallLog(state.log)
        self._trunks = TrunkBoard()
        self._exchange = Exchange(
            ari=ari,
            service=lambda: self._service,
            lines=state.lines,
            outside=OutsideLines(lambda: self._service.plan.plan, self._trunks),
            log=self.log,
            clock=_now,
            owners=Owners(),
            hunts=self._hunts,
        )
        self._trunks.follow(plan.trunks, self._exchange.clock())
        self._watch = Watch(
            ari,
            settings.ami,
            self._trunks,
            self._exchange.phones,
            lambda: self._service.plan.plan.trunks,
            self._registered,
            self._exchange.clock,
        )
        self._dispatcher = Dispatcher(self._exchange)
        self._stream = EventStream(ari, disallowed=_NEEDLESS_EVENTS)
        self._connecting: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self._answers = Answers(
            self._exchange, self._dispatcher, self._trunks, self.log, settings.plan, self.ready.is_set
        )
        self._running: dict[str, int] = {}

    async def run(self, http_port: int) -> None:
        """Serve calls until cancelled. Raises AriError when Asterisk refuses us for good.

        ``http_port`` is the local API's, told to commands together with whether calls are served.
        """
        data = self._settings.data
        self._running = {"pid": os.getpid(), "http_port": http_port}
        data.write_state("run", self._running)
        data.write_state(NAMES_FILE, msgspec.to_builtins(self._answers.names()))
        loop = asyncio.get_running_loop()
        works = (self._tidy, self._watch.run, self._hunts.run)
        beside = [loop.create_task(_kept_going(work)) for work in works]
        try:
            await self._stream.run(self._receive)
        finally:
            for task in beside:
                task.cancel()
            if self._connecting is not None:
                self._connecting.cancel()
            data.forget_state("run")

    @property
    def lines(self) -> LineBoard:
        """The state of the lines."""
        return self._exchange.lines

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

    def _receive(self, event: Event | StreamUp | StreamDown) -> None:
        if isinstance(event, StreamUp):
            self._dispatcher.hold()
            self._connecting = asyncio.get_running_loop().create_task(self._connected())
        elif isinstance(event, StreamDown):
            self.ready.clear()
            if self._connecting is not None:
                self._connecting.cancel()
        elif not self._watch.receive(event):
            self._dispatcher.receive(event)

    async def _connected(self) -> None:
        """Make Asterisk and the plan agree, then let calls in."""
        objects = provisioning.wanted(self._service.plan.plan, self._passwords, self._settings.media_address)
        while True:
            try:
                await self._watch.subscribe()
                await reconcile(self._exchange, self._dispatcher)
                self._exchange.log.close_interrupted()
                self._keep_lines()
                await provisioning.reconcile(self._ari, objects)
                await self._watch.look()
                break
            except* AriError as errors:
                _log.error("preparing Asterisk failed, trying again: %s", errors.exceptions[0])
            except* Exception:
                # Calls wait meanwhile, so giving up would leave the office mute.
                _log.exception("preparing Asterisk failed by a fault, trying again")
            await asyncio.sleep(RETRY_SECONDS)
        self._dispatcher.resume()
        self.ready.set()
        self._settings.data.write_state("run", {**self._running, "ready": True})
        _log.info("ready: calls are served with %s", self._settings.plan)
        await self._watch.look_again()

    def _keep_lines(self) -> None:
        """Keep the lines of the plan and no others; new ones are idle from now on, all alike."""
        lines, now = self._service.plan.lines(), self._exchange.clock()
        self._exchange.lines.keep_only(lines)
        for line in lines:
            self._exchange.lines.update(line, now)

    def _registered(self, extension: str, is_reachable: bool) -> None:
        """Take note that an extension's phone can be reached, or can no more."""
        if extension in self._service.plan.plan.extensions:
            self._exchange.lines.update(extension, self._exchange.clock(), registered=is_reachable)

    async def _tidy(self) -> None:
        """Delete from the log what is older than the plan says, again and again."""
        while True:
            days = self._service.plan.plan.call_log.keep_days
            try:
                deleted = await self._exchange.log.delete_older(self._exchange.clock() - timedelta(days=days))
            except StateError as error:
                _log.error("old calls could not be deleted: %s", error)
            else:
                if deleted:
                    _log.info("%d calls older than %d days were deleted from the log", deleted, days)
            await asyncio.sleep(TIDY_SECONDS)


def _pin(plan: CallPlan, known: secrets.Secrets) -> str:
    """Return the PIN of the service codes, empty if the plan has none. Raises SettingsError for a bad one."""
    named = plan.service_codes.pin
    if named is None:
        return ""
    pin = known[named.secret]
    if not _PIN.fullmatch(pin):
        raise SettingsError(
            f"the secret '{named.secret}' is no PIN that a phone can type", remedy="Write 4 to 12 digits."
        )
    return pin


async def _kept_going(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do work to its end, if it has one. A fault does not end it: callers wait for what it does."""
    while True:
        try:
            return await work()
        except Exception:
            _log.exception("a fault beside the calls; going on")
            await asyncio.sleep(RETRY_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)


async def serve(settings: RunSettings) -> None:
    """Run the application until SIGINT or SIGTERM.

    Raises OfficeSmartError for a plan, a folder or an Asterisk that cannot be used.
    """
    with settings.data.lock("run"):
        async with (
            AriClient(settings.ari_url, username=settings.ari_user, password=settings.ari_password) as ari,
            kept(settings) as state,
        ):
            application = await asyncio.to_thread(Application, settings, ari, state)
            token = settings.data.secret(TOKEN_FILE)
            async with serving(application.facade(), token, settings.http_port) as http_port:
                await _until_told(application.run(http_port))


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` until it ends or a signal tells us to stop."""
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        _log.info("stopping")
