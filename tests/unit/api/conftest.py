"""An application of which only the call log and the board are real, and its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.answers import Answers
from officesmart_ivr.api.client import TOKEN_FILE
from officesmart_ivr.api.schema import Status, TrunkView
from officesmart_ivr.api.server import serving
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.exchange import Exchange, Service
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Caller, Origin
from officesmart_ivr.observe.names import Names
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.followed import FollowedCallLog
from officesmart_ivr.state.memory import MemoryCallLog, MemoryLineBoard
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
    trunks={"carrier": {"server": "sip.example.net"}},
    outside_calls={"trunk": "carrier", "allow": ["+39"]},
)
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


class Running:
    """What the API is asked about, and how it is served; ``port`` while it is."""

    def __init__(self, data: DataFolder) -> None:
        self.data = data
        self.log = FollowedCallLog(MemoryCallLog())
        self.board = MemoryLineBoard()
        self.exchange = Exchange(
            ari=None,  # type: ignore[arg-type]
            service=lambda: Service(PLAN, Catalogue({})),
            lines=self.board,
            outside=OutsideLines(lambda: PLAN.plan, TrunkBoard()),
            log=self.log,
            clock=lambda: NOW,
            owners=Owners(),
            hunts=Hunts(self.board, lambda: PLAN, lambda: NOW),
        )
        self.dispatcher = Dispatcher(self.exchange)
        answers = Answers(
            self.exchange, self.dispatcher, TrunkBoard(), self.log, Path("plan.yaml"), lambda: True
        )
        self.facade = replace(answers.facade(), status=lambda: STATUS, names=lambda: NAMES)
        self.token = data.secret(TOKEN_FILE)
        self.port = 0

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


@pytest.fixture
async def running(data: DataFolder) -> AsyncIterator[Running]:
    made = Running(data)
    async with made.serve():
        yield made
