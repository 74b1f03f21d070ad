"""Who rings after whom: each strategy against the naive model, with phones that behave as people do.

``OFFICESMART_HUNTS=1`` makes 200 calls for each strategy, in place of a few.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from zlib import crc32

import pytest

from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.core.strategies import SHIPPED
from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from tests.live import plan
from tests.live.hunting import WHOLE, is_free, phones, record_of, talks
from tests.live.station import Station, station_with, until
from tests.unit.core.strategy_model import Model, ModelLine

CALLS = 200 if WHOLE else 8
NEVER_THERE = "F"
MEMBERS = {"A": 10, "B": 20, "C": 0, "D": 70, "E": 10, NEVER_THERE: 40}
"""Each group's members with their weights."""
ANSWERS = "answers"
BEHAVIOURS = {
    ANSWERS: behaviours.answer(after=0.25),
    "busy": behaviours.reject(486),
    "declines": behaviours.reject(603),
    "not now": behaviours.reject(480),
    "redirects": behaviours.redirect("sip:100@127.0.0.1"),
    "never answers": behaviours.ring(),
}
LIKELY = (30, 20, 20, 10, 10, 10)


def number(strategy: str, member: str = "") -> str:
    """The number of a strategy's group, or the extension of one of its members."""
    group = 20 + list(SHIPPED).index(strategy)
    return f"{group}{list(MEMBERS).index(member)}" if member else f"5{group}"


def _plan() -> str:
    strategies = list(SHIPPED)
    extensions = [
        f'  "{number(strategy, member)}": {{name: {strategy} {member}}}'
        for strategy in strategies
        for member in MEMBERS
    ]
    groups: list[str] = []
    for strategy in strategies:
        members = ", ".join(
            f'{{extension: "{number(strategy, member)}", weight: {weight}}}'
            for member, weight in MEMBERS.items()
        )
        groups.append(
            f'  {strategy.replace("_", "-")}: {{name: {strategy}, numbers: ["{number(strategy)}"], '
            f"strategy: {strategy}, ring_seconds: 1, hunt_direct_calls: true, members: [{members}]}}"
        )
    return "\n".join(
        [
            "version: 1",
            "company: {name: Prova, language: it}",
            'trunks: {tester: {from_addresses: ["127.0.0.1/32"]}}',
            "announcements:",
            "ANNOUNCEMENTS",
            "multiselections:",
            '  main: {name: Centralino, numbers: ["100"], week: {otherwise: {menu: day}},',
            "    menus: {day: {announcement: welcome}}}",
            "extensions:",
            *extensions,
            "hunt_groups:",
            *groups,
            "",
        ]
    )


class Office:
    """The members of one group, and what the model believes of them."""

    def __init__(self, station: Station, strategy: str, caller: Phone, members: dict[str, Phone]) -> None:
        self.station = station
        self.strategy = strategy
        self.caller = caller
        self.phones = members
        self.chance = Random(f"{strategy} 1")
        lines = {member: ModelLine() for member in MEMBERS}
        lines[NEVER_THERE].registered = False
        self.model = Model(strategy, False, 0, list(MEMBERS), dict(MEMBERS), lines)
        self.talking: dict[str, tuple[OutgoingCall, bool]] = {}
        self.seen: list[list[str]] = []

    def line(self, member: str) -> str:
        return number(self.strategy, member)

    async def live(self, calls: int) -> None:
        """Make calls, with all that happens between them."""
        for _ in range(calls):
            await self._something_happens()
            await self._call()
        for member in list(self.talking):
            await self._hang_up(member)

    async def _something_happens(self) -> None:
        happens = self.chance.random()
        member = self.chance.choice(list(self.phones))
        if member in self.talking:
            if happens < 0.7:
                await self._hang_up(member)
        elif happens < 0.2:
            await self._register(member, not self.model.lines[member].registered)
        elif happens < 0.5:
            # A call that has nothing to do with the group.
            call = self.phones[member].call("100")
            await call.answered()
            await talks(self.station, self.line(member))
            self._talks(member, call, own=False)

    async def _register(self, member: str, there: bool) -> None:
        phone, line = self.phones[member], self.line(member)
        await (phone.register() if there else phone.unregister())
        await until(lambda: (line in self.station.status.registered) == there)
        self.model.lines[member].registered = there

    async def _call(self) -> None:
        """Make a call to the group, or to a member that cannot take it, and compare who rang."""
        does = {member: self.chance.choices(list(BEHAVIOURS), LIKELY)[0] for member in sorted(self.phones)}
        for member, phone in self.phones.items():
            phone.behaviour = BEHAVIOURS[does[member]]
        cannot = [member for member, line in self.model.lines.items() if line.talks or not line.registered]
        called = self.chance.choice(cannot) if self.chance.random() < 0.3 else ""
        before = {member: len(phone.received) for member, phone in self.phones.items()}
        call = self.caller.call(number(self.strategy, called))
        await self._answered_or_over(call)
        rung = [
            (incoming.invited_ns, member)
            for member, phone in self.phones.items()
            for incoming in phone.received[before[member] :]
        ]
        offers = [member for _, member in sorted(rung)]
        if self.strategy == "ring_all":
            offers.sort()
        seed = crc32((await record_of(self.station, call)).caller.call_id.encode())
        takers = {member for member, what in does.items() if what == ANSWERS}
        wanted, _ = self.model.hunt(called, seed, datetime.now(UTC), takers)
        assert offers == wanted, f"{self.strategy}, call {len(self.seen)}, {called=}, {does=}"
        self.seen.append(offers)
        if call.ending is None:
            await self._winner_talks(call)

    async def _answered_or_over(self, call: OutgoingCall) -> None:
        try:
            await call.answered(within=20)
        except RefusedError:
            await until(lambda: not any(self.station.legs(self.line(member)) for member in self._idle()))

    async def _winner_talks(self, call: OutgoingCall) -> None:
        def winners() -> list[str]:
            return [member for member in self._idle() if self.station.legs(self.line(member)) == ["talking"]]

        await until(winners)
        (winner,) = winners()
        await is_free(self.station, *(self.line(member) for member in self._idle() if member != winner))
        # Who hangs up before the two are joined costs Asterisk a descriptor now and then.
        await until(lambda: call.rtp.segments)
        self._talks(winner, call, own=True)
        if self.chance.random() < 0.6:
            await self._hang_up(winner)

    def _idle(self) -> list[str]:
        return [member for member in MEMBERS if member not in self.talking]

    def _talks(self, member: str, call: OutgoingCall, *, own: bool) -> None:
        self.talking[member] = call, own
        self.model.lines[member].talks = True

    async def _hang_up(self, member: str) -> None:
        call, own = self.talking.pop(member)
        line = self.model.lines[member]
        await call.hang_up()
        await is_free(self.station, self.line(member))
        line.talks = False
        line.ends.append((datetime.now(UTC), own))


@pytest.fixture(scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory, box: Toolbox) -> AsyncIterator[Station]:
    path = plan.write(tmp_path_factory.mktemp("order") / "plan", _plan())
    async with station_with(path, box) as station:
        yield station


@pytest.mark.timeout(60 + 5 * CALLS)
async def test_phones_ring_in_the_order_of_the_model(station: Station) -> None:
    before = await station.settle()
    extensions = [number(strategy, member) for strategy in SHIPPED for member in MEMBERS]
    there = [extension for extension in extensions if not extension.endswith("5")]
    async with phones(station, dict.fromkeys(there)) as registered, station.caller() as caller:
        offices = [
            Office(
                station,
                strategy,
                caller,
                {member: registered[number(strategy, member)] for member in MEMBERS if member != NEVER_THERE},
            )
            for strategy in SHIPPED
        ]
        # Groups that share no line do not know of each other: all at once takes no longer than the longest.
        await asyncio.gather(*(office.live(CALLS) for office in offices))
        assert all(len(office.seen) == CALLS for office in offices)
        assert all(any(len(offers) > 1 for offers in office.seen) for office in offices)
    await station.settle(before)
