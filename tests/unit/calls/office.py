"""An office on the fake Asterisk: a dispatcher with its event stream, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from officesmart_ivr.announcements.drafts import Draft, Drafts
from officesmart_ivr.announcements.store import Catalogue, Clip
from officesmart_ivr.ari import AriClient, EventStream, StreamDown, StreamUp
from officesmart_ivr.ari.events import Event
from officesmart_ivr.ari.fake import FakeAri, FakeChannel, FakePlayback
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.calls.studio import Studio
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import AnnouncementError
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
from officesmart_ivr.state.trunks import TrunkBoard
from tests.unit.core.harness import plan

SECONDS = 4.0
"""How long every sound of the office lasts."""

MENUS: dict[str, Any] = {
    "day": {
        "keys": {"1": {"extension": "201"}, "2": {"menu": "sales"}, "3": "busy", "9": "hang_up"},
        "no_input": {"attempts": "1"},
    },
    "sales": {"no_input": {"attempts": "1"}},
}


class Clock:
    """The running loop's time, which the test can put forward: what is due then happens at once."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        real = loop.time
        self._ahead = 0.0
        patch.setattr(loop, "time", lambda: real() + self._ahead)

    def forward(self, seconds: float) -> None:
        self._ahead += seconds


async def until(true: Callable[[], object]) -> None:
    """Let everything go on until something is true."""
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.001)


class LastingCallLog(MemoryCallLog):
    """A log in memory, with what an earlier process has left open."""

    def __init__(self, left_open: Iterable[CallRecord]) -> None:
        super().__init__()
        self._left_open = {record.caller.call_id: record for record in left_open}

    def left_open(self) -> Sequence[CallRecord]:
        return list(self._left_open.values())

    def adopt(self, call_id: str) -> CallRecord | None:
        return self._left_open.pop(call_id, None)


class Office:
    def __init__(self, fake: FakeAri, ari: AriClient, clock: Clock, prepared: PreparedPlan) -> None:
        self.fake = fake
        self.ari = ari
        self.clock = clock
        self.stream: list[StreamUp | StreamDown] = []
        self.hold_at_connect = False
        self._folder = tempfile.TemporaryDirectory()
        self.drafts_folder = Path(self._folder.name) / "drafts"
        self.drafts = Drafts(self.drafts_folder)
        self.saved: list[str] = []
        self.saving_fails = False
        sounds = Catalogue({name: Clip(f"/s/{name}", SECONDS) for name in (*MENUS, *SYSTEM_PROMPTS)})
        self._service = Service(prepared, sounds)
        self.dispatcher = self._new_process()

    async def forward(self, seconds: float) -> None:
        """Put the time forward once each request has its reply, but for those that the test holds back.

        The time of one that is under way would be up too.
        """
        held = [fault.hold or fault.release for fault in self.fake._faults.taken]
        connections = self.ari.transport._connections
        assert connections
        await until(lambda: len(connections._busy) <= sum(1 for each in held if each and not each.is_set()))
        self.clock.forward(seconds)

    def _new_process(self, left_open: Iterable[CallRecord] = ()) -> Dispatcher:
        self.log, self.lines = LastingCallLog(left_open), MemoryLineBoard()
        for number in ("201", "202", "203"):
            self.lines.update(number, datetime.now(UTC), registered=True)
        self.exchange = Exchange(
            ari=self.ari,
            service=lambda: self._service,
            lines=self.lines,
            outside=OutsideLines(lambda: self._service.plan.plan, TrunkBoard()),
            log=self.log,
            clock=lambda: datetime.now(UTC),
            owners=Owners(),
            hunts=Hunts(self.lines, lambda: self._service.plan, lambda: datetime.now(UTC)),
            studio=Studio(self.ari, self.drafts, self.save),
        )
        return Dispatcher(self.exchange)

    async def save(self, draft: Draft) -> None:
        """Stands for what lets callers hear a draft."""
        if self.saving_fails:
            raise AnnouncementError("the disk is full")
        self.saved.append(draft.label.announcement)

    async def start_anew(self) -> None:
        """The process ends, and another takes its place."""
        for task in self.dispatcher._tasks:
            task.cancel()
        await self.dispatcher.idle()
        self.dispatcher = self._new_process(record for record in self.log if record.ended is None)

    async def take_over(self) -> None:
        """Go on with the calls of the process before, of which all was written."""
        self.dispatcher.hold()
        for each in await reconcile(self.exchange, self.dispatcher):
            self.dispatcher.take_over(each.left, each.channel)
        self.dispatcher.resume()

    def receive(self, event: Event | StreamUp | StreamDown) -> None:
        if isinstance(event, Event):
            self.dispatcher.receive(event)
            return
        self.stream.append(event)
        if self.hold_at_connect and isinstance(event, StreamUp):
            self.dispatcher.hold()

    # --- what callers and phones do

    async def menu(self, number: str = "100") -> str:
        """A call that hears the menu; its channel."""
        channel = self.fake.call_in(number)
        await until(lambda: self.playing(channel))
        return channel

    async def ringing(self) -> tuple[str, str]:
        """A call that rings 201; the channels of the caller and of the leg."""
        channel = await self.menu()
        self.fake.press(channel, "1")
        await until(lambda: self.leg)
        await self._answers_are_in()  # else the time that a test puts forward is that of the request to dial
        return channel, self.leg

    async def talking(self) -> tuple[str, str]:
        """A call that talks to 201; the channels of the caller and of the leg."""
        channel, leg = await self.ringing()
        self.fake.member_answers(leg)
        await until(lambda: self.together == {channel, leg})
        return channel, leg

    async def over(self) -> None:
        """Let time pass until no call is left. Nobody does anything, but talkers come to an end."""
        for _ in range(60):
            await self._answers_are_in()
            if not self.dispatcher.sessions:
                return
            for talker in sorted(self.together)[:1]:
                self.fake.hang_up(talker)
            self.clock.forward(2)
        raise AssertionError("the call does not end by itself")

    async def _answers_are_in(self) -> None:
        """Make several round trips: what hangs together follows before time goes on."""
        for _ in range(3):
            await self.ari.is_responsive()

    # --- what there is

    @property
    def leg(self) -> str:
        """The leg that was dialled; empty when there is none."""
        return next((each.id for each in self.fake.world.channels.values() if each.dialled), "")

    @property
    def together(self) -> set[str]:
        """Those who are in a bridge."""
        return {channel for bridge in self.fake.world.bridges.values() for channel in bridge.channels}

    @property
    def record(self) -> CallRecord:
        (record,) = self.log
        return record

    @property
    def facts(self) -> list[Fact]:
        return [step.note.fact for step in self.record.steps]

    def note(self, fact: Fact) -> Note:
        """The first note of a kind in the only call."""
        return next(step.note for step in self.record.steps if step.note.fact is fact)

    def playing(self, channel: str) -> list[FakePlayback]:
        """What plays to a caller and waits to."""
        return list(self.channel(channel).player.queue)

    def heard(self, channel: str) -> str:
        """What plays to a caller now, by its sounds; empty in silence."""
        playing = self.playing(channel)[:1]
        return " ".join(medium.removeprefix("sound:/s/") for each in playing for medium in each.media)

    def channel(self, channel: str) -> FakeChannel:
        return self.fake.world.channels[channel]

    def requests(self, method: str, ending: str) -> int:
        return sum(each.method == method and each.path.endswith(ending) for each in self.fake.requests)

    def assert_nothing_left(self) -> None:
        assert not self.dispatcher.sessions
        assert not len(self.exchange.owners)
        assert not [leg for line in self.lines.view(datetime.now(UTC)).lines for leg in line.legs]
        assert not self.fake.world.channels
        assert not self.fake.world.bridges
        assert "ended fault" not in self.dispatcher.counts


@contextlib.asynccontextmanager
async def office(patch: pytest.MonkeyPatch, **changes: Any) -> AsyncIterator[Office]:
    """An office with the extensions 201 to 203 registered, whose menu speaks at 100."""
    faults: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    async with (
        FakeAri() as fake,
        AriClient(fake.base_url, username=fake.username, password=fake.password) as ari,
    ):
        for number in ("201", "202", "203"):
            fake.register(f"PJSIP/{number}")
        made = Office(fake, ari, Clock(patch), plan(MENUS, **changes))
        streaming = asyncio.create_task(EventStream(ari, heartbeat=1e6).run(made.receive))
        hunting = asyncio.create_task(made.exchange.hunts.run())
        await until(lambda: made.stream)
        try:
            yield made
        finally:
            # The stream stays until the calls are over: it may still have to tell them so.
            async with asyncio.timeout(5):
                await made.dispatcher.idle()
            streaming.cancel()
            hunting.cancel()
            await asyncio.wait((streaming, hunting))
            made._folder.cleanup()
    loop.set_exception_handler(before)
    assert faults == [], faults
