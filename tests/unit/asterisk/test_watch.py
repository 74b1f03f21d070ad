"""Phones and trunks as the event stream and the list of endpoints tell of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.asterisk import watch
from officesmart_ivr.asterisk.watch import Watch
from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.state.phones import PhoneBoard
from officesmart_ivr.state.trunks import TrunkBoard, TrunkState

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TRUNKS = {"carrier": Trunk.model_validate({"server": "192.0.2.1"})}


class Office:
    def __init__(self, ari: AriClient) -> None:
        self.phones: list[tuple[str, bool]] = []
        self.told = asyncio.Event()
        self.board = TrunkBoard()
        self.addresses = PhoneBoard()
        self.board.follow(TRUNKS, NOW)
        self.watch = Watch(
            ari,
            None,
            self.board,
            self.addresses,
            lambda: TRUNKS,
            self.tell,
            lambda: NOW,
        )

    def tell(self, phone: str, is_reachable: bool) -> None:
        self.phones.append((phone, is_reachable))
        self.told.set()

    async def learns(self, phone: str, is_reachable: bool) -> None:
        async with asyncio.timeout(5):
            while (phone, is_reachable) not in self.phones:
                self.told.clear()
                await self.told.wait()

    def hear(self, **packet: str) -> None:
        for listener in self.watch.listeners:
            listener.receive(packet)

    def endpoint(self, resource: str, status: str) -> None:
        self.hear(Event="PeerStatus", Peer=f"PJSIP/{resource}", PeerStatus=status)

    def contact(self, resource: str, address: str, status: str) -> None:
        self.hear(Event="ContactStatus", EndpointName=resource, URI=address, ContactStatus=status)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAri]:
    async with FakeAri() as fake:
        yield fake


@pytest.fixture
async def office(fake: FakeAri) -> AsyncIterator[Office]:
    async with AriClient(fake.base_url, username=fake.username, password=fake.password) as ari:
        yield Office(ari)


async def test_after_a_connection_every_phone_is_told_of(fake: FakeAri, office: Office) -> None:
    fake.register("PJSIP/201")
    fake.register("PJSIP/202", online=False)
    await office.watch.look()
    assert sorted(office.phones) == [("201", True), ("202", False)]
    office.endpoint("201", "Unreachable")
    assert office.phones[-1] == ("201", False)


async def test_what_is_heard_while_looking_is_newer_than_what_is_seen(fake: FakeAri, office: Office) -> None:
    fake.register("PJSIP/201")
    fault = fake.order(Fault("/endpoints/PJSIP", release=asyncio.Event()))
    looking = asyncio.create_task(office.watch.look())
    await asyncio.wait_for(fault.met.wait(), 5)
    office.endpoint("201", "Unreachable")
    assert fault.release
    fault.release.set()
    await looking
    assert office.phones == [("201", False)]


async def test_a_new_trunk_has_its_time_to_answer(
    fake: FakeAri, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SETTLED_SECONDS", 0)
    fake.register("PJSIP/trunk-carrier", online=False)
    await office.watch.look()
    assert office.board.state("carrier") is TrunkState.TRYING
    await office.watch.look_again()
    assert office.board.state("carrier") is TrunkState.UNREACHABLE
    fake.register("PJSIP/trunk-carrier")
    await office.watch.look()
    assert office.board.state("carrier") is TrunkState.REACHABLE


async def test_a_trunk_that_never_answered_is_known_by_its_contact(office: Office) -> None:
    for status, state in (("NonQualified", TrunkState.TRYING), ("Unreachable", TrunkState.UNREACHABLE)):
        office.contact("trunk-carrier", "sip:192.0.2.1", status)
        assert office.board.state("carrier") is state


async def test_one_phone_of_several_that_is_silent_does_not_take_the_line_away(office: Office) -> None:
    office.contact("201", "sip:a", "Unreachable")
    assert office.phones == []


async def test_the_addresses_of_phones_are_followed_and_forgotten_when_changes_were_missed(
    fake: FakeAri, office: Office
) -> None:
    async def ask() -> list[str]:
        return ["sip:a"]

    await office.addresses.addresses("201", ask)
    for address, status in (("sip:b", "NonQualified"), ("sip:c", "Reachable"), ("sip:a", "Unreachable")):
        office.contact("201", address, status)
    assert await office.addresses.addresses("201", ask) == ("sip:b", "sip:c")
    office.contact("201", "sip:b", "Removed")
    assert await office.addresses.addresses("201", ask) == ("sip:c",)
    await office.watch.look()
    assert await office.addresses.addresses("201", ask) == ("sip:a",)


async def test_where_nobody_tells_of_changes_they_are_looked_up(
    fake: FakeAri, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS_UNTOLD", 0.01)
    fake.register("PJSIP/201")
    looking = asyncio.create_task(office.watch.run())
    try:
        await office.learns("201", True)
        fake.register("PJSIP/201", online=False)
        await office.learns("201", False)
    finally:
        looking.cancel()
