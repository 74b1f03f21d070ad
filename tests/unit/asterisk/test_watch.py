"""Phones and trunks as the event stream and the list of endpoints tell of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from officesmart_ivr.ari import AriClient
from officesmart_ivr.ari.events import ContactStatusChange, PeerStatusChange
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.ari.models import ContactInfo, Endpoint, Peer
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
        self.board = TrunkBoard()
        self.addresses = PhoneBoard()
        self.board.follow(TRUNKS, NOW)
        self.watch = Watch(
            ari,
            None,
            self.board,
            self.addresses,
            lambda: TRUNKS,
            lambda *told: self.phones.append(told),
            lambda: NOW,
        )

    def hear(self, resource: str, state: str) -> None:
        endpoint = Endpoint("PJSIP", resource, state)
        self.watch.receive(PeerStatusChange(endpoint=endpoint, peer=Peer(peer_status="")))

    def contact(self, resource: str, address: str, status: str) -> None:
        contact = ContactInfo(uri=address, contact_status=status, aor=resource)
        endpoint = Endpoint("PJSIP", resource, "online")
        self.watch.receive(ContactStatusChange(endpoint=endpoint, contact_info=contact))


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
    office.hear("201", "offline")
    assert office.phones[-1] == ("201", False)


async def test_what_is_heard_while_looking_is_newer_than_what_is_seen(fake: FakeAri, office: Office) -> None:
    fake.register("PJSIP/201")
    fault = fake.order(Fault("/endpoints/PJSIP", release=asyncio.Event()))
    looking = asyncio.create_task(office.watch.look())
    await asyncio.wait_for(fault.met.wait(), 5)
    office.hear("201", "offline")
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
        contact = ContactInfo(uri="sip:192.0.2.1", contact_status=status)
        endpoint = Endpoint("PJSIP", "trunk-carrier", "offline")
        office.watch.receive(ContactStatusChange(endpoint=endpoint, contact_info=contact))
        assert office.board.state("carrier") is state


async def test_the_addresses_of_phones_are_followed_and_forgotten_with_the_connection(
    fake: FakeAri, office: Office
) -> None:
    async def ask() -> list[str]:
        return ["sip:a"]

    await office.watch.subscribe()
    await office.addresses.addresses("201", ask)
    for address, status in (("sip:b", "NonQualified"), ("sip:c", "Reachable"), ("sip:a", "Unreachable")):
        office.contact("201", address, status)
    assert await office.addresses.addresses("201", ask) == ("sip:b", "sip:c")
    office.contact("201", "sip:b", "Removed")
    assert await office.addresses.addresses("201", ask) == ("sip:c",)
    await office.watch.subscribe()
    assert await office.addresses.addresses("201", ask) == ("sip:a",)
