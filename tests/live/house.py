"""A system of processes that a test may kill or stop, with the phones around it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.render import ARI_USER
from officesmart_ivr.callplan import secrets
from officesmart_ivr.livetest.rig import LOOPBACK
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector
from tests.live import plan
from tests.live.station import SETTLED_SECONDS
from tests.live.test_up import process, up

TALKERS = [str(301 + number) for number in range(10)]
MEMBERS = ("201", "202")

PLAN = f"""\
version: 1
company: {{name: Prova, language: it, emergency_destination: "{TALKERS[-1]}"}}
extensions:
  "201": {{name: Anna}}
  "202": {{name: Bruno}}
{"".join(f'  "{number}": {{name: Interno {number}}}{chr(10)}' for number in TALKERS)}
trunks:
  tester: {{from_addresses: ["127.0.0.1/32"]}}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["100"]
    week: {{otherwise: {{menu: day}}}}
    default_keys: {{"*": previous_menu}}
    menus:
      day: {{announcement: welcome, keys: {{"1": {{menu: sales}}}}, no_input: {{seconds: 60}}}}
      sales: {{announcement: sales, keys: {{"1": {{menu: offers}}}}, no_input: {{seconds: 60}}}}
      offers: {{announcement: offers, no_input: {{seconds: 60}}}}
hunt_groups:
  desk:
    name: Banco
    numbers: ["500"]
    members: ["201", "202"]
    ring_seconds: 60
    total_seconds: 120
    queue: {{places: 20, max_seconds: 120}}
limits: {{calls: 100, calls_per_second: 1000}}
"""

_OPEN = "SELECT content FROM open_calls"


@dataclass
class House:
    """A system of processes, the phones that call it, and those that it calls."""

    data: DataFolder
    ari: AriClient
    outside: Phone
    phones: dict[str, Phone] = field(default_factory=dict)

    @property
    def application(self) -> int:
        """The id of the process that serves calls."""
        told = self.data.read_state("run")
        assert told is not None
        return int(told["pid"])

    @property
    def server(self) -> tuple[str, int]:
        """Where phones send their calls."""
        told = self.data.read_state("up")
        assert told is not None
        return LOOPBACK, int(told["sip_port"])

    @property
    def fallback(self) -> int:
        """The id of the process that serves calls while the application is away; 0 while there is none."""
        return process(self.data.root, "officesmart_ivr.fallback")

    @property
    def draining(self) -> bool:
        """Whether the application says that it is about to stop."""
        return "stopping" in (self.data.logs / "run.log").read_text()

    async def left(self) -> dict[str, object]:
        """What is left of calls, in Asterisk and in the application."""
        api = ApiClient(self.data)
        status, lines = await asyncio.to_thread(lambda: (api.status(), api.lines()))
        found = {
            "channels": [channel.name for channel in await self.ari.channels.list()],
            "bridges": [bridge.id for bridge in await self.ari.bridges.list()],
            "calls": status.calls,
            "lines": [line.extension for line in lines if line.legs],
        }
        return {what: which for what, which in found.items() if which}

    def places(self) -> Counter[str]:
        """Where the calls are, as it was written: their way through menus, or what else happens to them."""
        with closing(sqlite3.connect(self.data.database)) as database:
            written = [json.loads(content)["place"] for (content,) in database.execute(_OPEN)]
        return Counter(
            "/".join(place["journey"]["trail"]) if place["way"]["type"] == "heading" else place["way"]["type"]
            for place in written
            if place is not None
        )

    async def settled(self) -> None:
        """Wait until nothing is left of any call. Fails with what stays."""
        deadline = asyncio.get_running_loop().time() + SETTLED_SECONDS
        while left := await self.left():
            assert asyncio.get_running_loop().time() < deadline, f"left: {left}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def house(folder: Path, *more: str) -> AsyncIterator[House]:
    data = DataFolder(folder / "data")
    plan_path = plan.write(folder / "plan", PLAN)
    detector = Detector((*plan.TONES.values(), *plan.VOICES, plan.RINGING_TONE))
    async with up(plan_path, data.root, *more), AsyncExitStack() as stack:
        told = data.read_state("up")
        assert told is not None
        server = (LOOPBACK, int(told["sip_port"]))
        passwords = secrets.load(plan_path.parent / secrets.FILE_NAME)
        url = f"http://{LOOPBACK}:{told['ari_port']}"
        password = (data.root / "ari-password").read_text()
        ari = await stack.enter_async_context(AriClient(url, username=ARI_USER, password=password))
        made = House(
            data, ari, await stack.enter_async_context(Phone("333", server=server, detector=detector))
        )
        for number in (*MEMBERS, *TALKERS):
            does = behaviours.ring() if number in MEMBERS else behaviours.answer()
            phone = Phone(
                number, passwords[f"extension-{number}"], server=server, behaviour=does, detector=detector
            )
            made.phones[number] = await stack.enter_async_context(phone)
            await phone.register()
        yield made


async def in_menu(house: House) -> Call:
    """A call in the second menu."""
    call = house.outside.call("100")
    await call.rtp.hear(plan.TONES["welcome"], within=10)
    await call.press("1")
    await call.rtp.hear(plan.TONES["sales"], within=10)
    return call


async def talks(house: House, number: str) -> tuple[Call, IncomingCall]:
    call = house.outside.call(number)
    incoming = await house.phones[number].incoming(within=10)
    await incoming.answered()
    incoming.rtp.say_tone(plan.VOICES[0])
    await call.rtp.hear(plan.VOICES[0], within=10)
    return call, incoming
