"""An application of which only the call log and the board are real, and its API."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from officesmart_ivr.announcements.drafts import Drafts, Label
from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.answers import Answers
from officesmart_ivr.api.client import TOKEN_FILE
from officesmart_ivr.api.recordings import RecordingDesk
from officesmart_ivr.api.schema import FindingView, Health, Outcome, OverrideView, PlanView, Status, TrunkView
from officesmart_ivr.api.server import serving
from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.stream import StreamCounts
from officesmart_ivr.callplan.findings import Code, Severity
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.studio import Studio
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller, Origin
from officesmart_ivr.errors import AnnouncementError
from officesmart_ivr.health import Doctor
from officesmart_ivr.observe.names import Names
from officesmart_ivr.publishing import recordings
from officesmart_ivr.publishing.answers import PlanAnswers
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.schedule import Schedule
from officesmart_ivr.publishing.workshop import Workshop
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
from officesmart_ivr.state.revisions import MemoryRevisions
from officesmart_ivr.state.trunks import TrunkBoard, TrunkState
from tests.unit.core.harness import plan

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NAMES = Names(
    language=Language.ITALIAN,
    timezone="Europe/Rome",
    extensions={"201": "Anna Rossi", "202": "Bruno Verdi"},
    multiselections={"main": "Centralino"},
    menus={"main/day": "Giorno"},
    numbers={"100": "Centralino", "201": "Anna Rossi", "202": "Bruno Verdi"},
)
PLAN = plan(
    {"day": {}},
    extensions={"201": {"name": "Anna Rossi"}, "202": {"name": "Bruno Verdi"}},
    hunt_groups={
        "sales": {"name": "Vendite", "members": ["201", {"outside": "3331234567", "name": "Carla"}]}
    },
    announcements={"welcome": {"file": "welcome.wav"}, "spoken": {"text": "Chiuso"}},
    trunks={"carrier": {"server": "sip.example.net"}},
    outside_calls={"trunk": "carrier", "allow": ["+39"]},
)
TEXT = """\
version: 1
company: {name: Studio}
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {otherwise: {menu: day}}
    menus: {day: {announcement: invalid}}
"""
"""What stands in the plan's file; calls are served with PLAN."""

STATUS = Status(
    ready=True,
    version="1",
    plan="/plan.yaml",
    company="Studio",
    calls=1,
    numbers={"100": "Centralino"},
    extensions={"201": "Anna Rossi"},
    registered=["201"],
    trunks={"carrier": TrunkView(TrunkState.REJECTED, NOW, "wrong password")},
    counts={"begun": 2},
    live=PlanView(
        revision=3,
        since=NOW,
        last=Outcome(
            live=False,
            new=False,
            revision=None,
            seconds=0.1,
            findings=[FindingView("plan.yaml", 1, 2, Severity.ERROR, Code.YAML, "is none")],
            notes=[],
            error="refused",
            remedy="mend it",
        ),
        last_at=NOW,
        next=None,
    ),
    overrides={"main": OverrideView("day", NOW, None, "anna")},
)


def record(call_id: str, seconds: float = 0, **caller: str) -> CallRecord:
    """A call that has reached a menu."""
    who = {"dialled": "100", "number": "3331234567", "endpoint": "trunk-carrier"} | caller
    origin = Origin.TRUNK if who["endpoint"].startswith("trunk-") else Origin.PHONE
    call = CallRecord(
        Caller(call_id, origin=origin, **who), NOW + timedelta(seconds=seconds), f"sip-{call_id}"
    )
    told(call, 0, Fact.MULTISELECTION, multiselection="main")
    return told(call, 0, Fact.MENU, menu="day")


def told(call: CallRecord, after: float, fact: Fact, /, **about: str) -> CallRecord:
    """The same call, with a note so long after its beginning."""
    call.note(call.began + timedelta(seconds=after), Note(fact, about))
    return call


def over(call: CallRecord, seconds: float = 10, outcome: str = "connected") -> CallRecord:
    """The same call, closed."""
    call.close(call.began + timedelta(seconds=seconds), outcome)
    return call


async def healthy() -> Health:
    return Health(overloaded=False, seconds=0.001)


class Running:
    """What the API is asked about, and how it is served; ``port`` while it is."""

    def __init__(self, data: DataFolder, door: Door, revisions: MemoryRevisions) -> None:
        self.data = data
        self.door = door
        self.revisions = revisions
        self.log = FollowedCallLog(MemoryCallLog())
        self.board = MemoryLineBoard()
        ari = AriClient(username="", password="")  # it is not opened, for nobody asks it
        self.exchange = Exchange(
            ari=ari,
            service=lambda: Service(PLAN, Catalogue({})),
            lines=self.board,
            outside=OutsideLines(lambda: PLAN.plan, TrunkBoard()),
            log=self.log,
            clock=lambda: NOW,
            owners=Owners(),
            hunts=Hunts(self.board, lambda: PLAN, lambda: NOW),
            studio=Studio(None, Drafts(data.drafts), functools.partial(recordings.save, door)),  # type: ignore[arg-type]
        )
        self.dispatcher = Dispatcher(self.exchange)
        schedule = Schedule(door, revisions, lambda: datetime.now(UTC))
        plans = PlanAnswers(door, schedule, revisions, lambda: NOW)
        self.answers = Answers(
            self.exchange,
            self.dispatcher,
            TrunkBoard(),
            self.log,
            plans,
            lambda: True,
            Doctor(ari.probe, self.exchange.admission, lambda: True),
            StreamCounts(),
        )
        self.drafts = Drafts(data.drafts)
        self.called: list[tuple[str, str]] = []
        self.saved: list[Label] = []
        self.facade = replace(
            self.answers.facade(),
            status=lambda language: STATUS,
            health=healthy,
            names=lambda: NAMES,
            recordings=RecordingDesk(lambda: PLAN, self.drafts, self._save, self._call),
        )
        self.token = data.secret(TOKEN_FILE)
        self.port = 0

    async def _save(self, label: Label) -> None:
        """Stands for what lets callers hear a draft."""
        draft = self.drafts.get(label)
        assert draft is not None
        if label.announcement == "spoilt":
            raise AnnouncementError("the disk is full")
        self.saved.append(label)
        self.drafts.discard(draft)

    def _call(self, phone: str, announcement: str) -> str:
        self.called.append((phone, announcement))
        return "c1"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        async with serving(self.facade, self.token, 0) as self.port:
            self.data.write_state("run", {"pid": 1, "http_port": self.port})
            yield
        self.data.forget_state("run")

    def finished(self, call: CallRecord) -> None:
        self.log.begin(call)
        self.log.finish(call)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


async def opened(data: DataFolder) -> Running:
    """An application with a plan of its own in the data folder."""
    plan_path = data.root / "plan" / "plan.yaml"
    plan_path.parent.mkdir(exist_ok=True)
    plan_path.write_text(TEXT)
    revisions = MemoryRevisions()
    door = Door(Workshop(plan_path, None, data, "127.0.0.1"), revisions, lambda: NOW)
    await door.open()
    return Running(data, door, revisions)


@pytest.fixture
async def running(data: DataFolder) -> AsyncIterator[Running]:
    made = await opened(data)
    async with made.serve():
        yield made
