"""Transfers and picking up in the moment in which something else happens: a fault, a lost reply, a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from officesmart_ivr.ari.events import (
    BridgeAttendedTransfer,
    BridgeBlindTransfer,
    ChannelDtmfReceived,
    Event,
    StasisStart,
)
from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.calls.legs import Legs
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.events import Arrived, TimerFired
from officesmart_ivr.core.state import Ringing
from officesmart_ivr.state.call_log import FAULT

from .office import Office, office, until
from .test_handover import all_leave, calls, dials, lines, rung, with_

CANNOT_HAPPEN = Arrived()
"""Ends a call that is under way by a fault."""


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    extensions = {number: {"name": number, "max_calls": "2"} for number in ("201", "202", "203")}
    async with office(monkeypatch, extensions=extensions, service_codes={"pick_up": "*8"}) as made:
        yield made


async def kept_back(here: Office, kind: type[Event]) -> list[Event]:
    """What the dispatcher keeps back, once something of this kind is among it."""
    held = here.dispatcher._held
    assert held is not None
    await until(lambda: any(isinstance(event, kind) for event in held))
    return held


async def test_a_caller_may_transfer_as_the_reply_is_lost_that_he_was_connected(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = here.fake.order(Fault("/bridges/*/addChannel", release=asyncio.Event()))
    caller, leg = await calls(here, "201", "202")
    here.dispatcher.hold()
    here.fake.transfer(caller, "203")
    await kept_back(here, BridgeBlindTransfer)
    failed = Legs.failed

    def fails(legs: Legs, which: str) -> None:
        here.dispatcher.resume()
        failed(legs, which)

    monkeypatch.setattr(Legs, "failed", fails)
    await here.forward(6)
    await until(lambda: leg not in here.fake.world.channels)
    assert connect.release
    connect.release.set()
    await all_leave(here)


async def test_a_fault_in_the_moment_of_a_transfer_leaves_nothing(here: Office) -> None:
    caller, _ = await calls(here, "201", "202")
    (session,) = here.dispatcher.sessions
    here.dispatcher.hold()
    here.fake.transfer(caller, "203")
    await kept_back(here, BridgeBlindTransfer)
    here.dispatcher.resume()
    session.post(CANNOT_HAPPEN)
    await until(lambda: here.dispatcher.outcomes() == {FAULT: 1})
    here.dispatcher.counts.clear()
    here.assert_nothing_left()


async def test_a_fault_frees_the_line_outside_of_one_in_the_place_of_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = {
        "trunks": {"carrier": {"server": "sip.example.net"}},
        "outside_calls": {"trunk": "carrier", "allow": ["+39"]},
    }
    async with office(monkeypatch, **outside) as here:
        here.fake.register("PJSIP/+393337654321@trunk-carrier")
        caller = dials(here, "201", "03337654321")
        await until(lambda: here.leg)
        here.fake.member_answers(here.leg)
        await until(lambda: len(with_(here, caller)) == 2)
        here.fake.transfer(caller, "203")
        await rung(here, "203")
        assert len(here.exchange.outside) == 1
        (session,) = here.dispatcher.sessions
        session.post(CANNOT_HAPPEN)
        await until(lambda: here.dispatcher.outcomes() == {FAULT: 1})
        assert len(here.exchange.outside) == 0


async def test_who_transfers_just_as_he_changes_hands_is_found_by_the_call_that_has_him(here: Office) -> None:
    channel, leg = await here.talking()
    second, consulted = await calls(here, "201", "202")
    here.dispatcher.hold()
    here.fake.transfer_to(leg, second)
    here.fake.transfer(consulted, "203")
    held = await kept_back(here, BridgeBlindTransfer)
    joined = next(at for at, event in enumerate(held) if isinstance(event, BridgeAttendedTransfer))
    later = held[joined:]
    del held[joined:]
    here.dispatcher.resume()
    await until(lambda: all(session.is_idle for session in here.dispatcher.sessions))
    for event in later:
        here.dispatcher.receive(event)
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert FAULT not in here.dispatcher.outcomes()
    phone = await rung(here, "203")
    here.fake.member_answers(phone)
    await until(lambda: with_(here, channel) == {channel, phone})
    await all_leave(here)


async def test_one_whose_connecting_is_lost_is_no_business_of_the_call_that_has_given_him(
    here: Office,
) -> None:
    channel, leg = await here.talking()
    reply = asyncio.Event()
    here.fake.order(Fault("/bridges/*/addChannel", release=reply))
    second, consulted = await calls(here, "201", "202")
    here.fake.transfer_to(leg, second)
    await until(lambda: with_(here, channel) == {channel, consulted})
    await here.forward(6)
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert lines(here) == {"202": "talking"}
    reply.set()
    await all_leave(here)


async def test_one_who_is_given_while_he_waits_to_be_connected_is_connected_by_the_other_call_alone(
    here: Office,
) -> None:
    channel, leg = await here.talking()
    create = here.fake.order(Fault("/bridges*", "POST", hold=asyncio.Event()))
    second = dials(here, "201", "202")
    consulted = await rung(here, "202")
    here.fake.member_answers(consulted)
    await until(lambda: lines(here)["202"] == "talking")
    here.fake.transfer_to(leg, second)
    await until(lambda: with_(here, channel) == {channel, consulted})
    assert create.hold
    create.hold.set()
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert here.requests("POST", "/addChannel") == 2, "one for each who talked to the caller"
    await all_leave(here)


async def test_the_time_of_one_who_rings_is_not_up_for_the_call_that_has_him(here: Office) -> None:
    channel, leg = await here.talking()
    second = dials(here, "201", "202")
    consulted = await rung(here, "202")
    here.fake.member_rings(consulted)
    await until(lambda: consulted in here.exchange.ringing)
    (giver,) = (each for each in here.dispatcher.sessions if isinstance(each.state, Ringing))
    assert isinstance(giver.state, Ringing)
    here.dispatcher.hold()
    here.fake.transfer_to(leg, second)
    await kept_back(here, BridgeAttendedTransfer)
    here.dispatcher.resume()
    giver.post(TimerFired(giver.state.timer))
    await until(lambda: here.channel(channel).ringing)
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert lines(here) == {"202": "ringing"}
    assert here.exchange.ringing == {consulted: "202"}
    await all_leave(here)


async def test_a_key_that_is_pressed_as_a_menu_is_joined_rings_nobody(here: Office) -> None:
    channel, leg = await calls(here, "202", "203")
    second = dials(here, "203", "100")
    await until(lambda: here.playing(second))
    here.dispatcher.hold()
    here.fake.transfer_to(leg, second)
    held = await kept_back(here, BridgeAttendedTransfer)
    (local,) = (
        event.channel
        for event in held
        if isinstance(event, StasisStart) and event.replace_channel and event.replace_channel.id == second
    )
    held.append(ChannelDtmfReceived(channel=local, digit="1", duration_ms=100))
    here.dispatcher.resume()
    await until(lambda: here.heard(channel) == "day")
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert here.requests("POST", "/dial") == 1
    await all_leave(here)


async def test_a_call_that_is_being_released_is_passed_over(here: Office) -> None:
    first = dials(here, "201", "202")
    here.fake.member_rings(await rung(here, "202"))
    await until(lambda: here.exchange.ringing)
    (ending,) = here.dispatcher.sessions
    second = dials(here, "204", "203")
    here.fake.member_rings(await rung(here, "203"))
    await until(lambda: len(here.exchange.ringing) == 2)
    slowly = here.fake.order(Fault(f"/channels/{first}", "DELETE", hold=asyncio.Event()))
    ending.post(CANNOT_HAPPEN)
    await until(slowly.met.is_set)
    picker = dials(here, "201", "*8")
    await until(lambda: with_(here, second) == {second, picker})
    assert slowly.hold
    slowly.hold.set()
    await until(lambda: FAULT in here.dispatcher.outcomes())
    here.dispatcher.counts.clear()
    await all_leave(here)


@pytest.mark.parametrize("first", ["202", "203"])
async def test_each_of_two_who_called_keeps_his_line_when_the_process_is_replaced(
    here: Office, first: str
) -> None:
    await picked_up(here, first)
    await here.start_anew()
    await reconcile(here.exchange, here.dispatcher)
    assert lines(here) == {"202": "talking", "203": "talking"}
    await all_leave(here)


async def test_one_who_is_written_to_be_in_another_call_is_where_asterisk_has_him(here: Office) -> None:
    called = await picked_up(here, "202")
    here.log = type(here.log)(())
    await here.start_anew()
    here.lines.occupy("202", "a pick-up", called["202"], datetime.now(UTC))
    await reconcile(here.exchange, here.dispatcher)
    assert lines(here) == {"202": "talking", "203": "talking"}
    assert with_(here, called["203"]) == set(called.values())
    await all_leave(here)


async def picked_up(here: Office, first: str) -> dict[str, str]:
    """203 has called 201, and talks to 202, who has picked it up; their channels.

    ``first`` is whom Asterisk tells first of those in the bridge.
    """
    caller = dials(here, "203", "201")
    here.fake.member_rings(await rung(here, "201"))
    await until(lambda: here.exchange.ringing)
    called = {"203": caller, "202": dials(here, "202", "*8201")}
    await until(lambda: with_(here, caller) == set(called.values()))
    await until(lambda: len(here.dispatcher.sessions) == 1)
    for phone, channel in called.items():
        here.channel(channel).name = f"PJSIP/{phone}-0000000a"
    (bridge,) = here.fake.world.bridges.values()
    bridge.channels.sort(key=lambda channel: channel != called[first])
    return called
