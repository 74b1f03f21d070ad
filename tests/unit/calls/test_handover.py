"""Transfers, hold and picking up on live calls: who is with whom, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import random
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
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Ringing
from officesmart_ivr.state.call_log import FAULT, CallQuery, CallRecord

from .office import Office, office, until

CANNOT_HAPPEN = Arrived()
"""Ends a call that is under way by a fault."""


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    extensions = {number: {"name": number, "max_calls": "2"} for number in ("201", "202", "203")}
    async with office(monkeypatch, extensions=extensions, service_codes={"pick_up": "*8"}) as made:
        yield made


def dials(here: Office, phone: str, number: str) -> str:
    """A phone of the office dials; its channel."""
    return here.fake.call_in(number, number=phone, args=["inbound", number, "phone", phone])


async def rung(here: Office, phone: str, *but: str) -> str:
    """The leg that rings a phone, once it was dialled; ``but`` are older ones."""

    def found() -> str:
        return next(
            (
                channel.id
                for channel in here.fake.world.channels.values()
                if channel.dialled and channel.name.startswith(f"PJSIP/{phone}-") and channel.id not in but
            ),
            "",
        )

    await until(found)
    return found()


async def calls(here: Office, phone: str, number: str) -> tuple[str, str]:
    """A phone has called another, and they talk; the channels of both."""
    caller = dials(here, phone, number)
    leg = await rung(here, number)
    here.fake.member_answers(leg)
    await until(lambda: with_(here, caller) == {caller, leg})
    return caller, leg


def with_(here: Office, channel: str) -> set[str]:
    """Those who are in the bridge of a channel."""
    bridges = here.fake.world.bridges.values()
    return {each for bridge in bridges if channel in bridge.channels for each in bridge.channels}


def lines(here: Office) -> dict[str, str]:
    """The lines that are in use, and how far they are."""
    view = here.lines.view(datetime.now(UTC))
    return {line.id: leg.phase.value for line in view.lines for leg in line.legs}


async def record(here: Office, number: str) -> CallRecord:
    (found,) = await here.log.find(CallQuery(number=number))
    return found


async def all_leave(here: Office) -> None:
    """Everybody hangs up; nothing is left."""
    for channel in [*here.fake.world.channels.values()]:
        if channel.id in here.fake.world.channels:
            here.fake.hang_up(channel.id)
    await nobody(here)


async def nobody(here: Office) -> None:
    await until(lambda: not here.dispatcher.sessions and not here.fake.world.channels)
    assert not here.exchange.ringing
    here.assert_nothing_left()


async def kept_back(here: Office, kind: type[Event]) -> list[Event]:
    """What the dispatcher keeps back, once something of this kind is among it."""
    held = here.dispatcher._held
    assert held is not None
    await until(lambda: any(isinstance(event, kind) for event in held))
    return held


# --- blind


async def test_a_transferred_caller_talks_to_the_next_phone_alone(here: Office) -> None:
    channel, leg = await here.talking()
    here.fake.transfer(leg, "202")
    second = await rung(here, "202")
    assert here.channel(channel).ringing
    assert not with_(here, channel)
    here.fake.member_answers(second)
    await until(lambda: with_(here, channel) == {channel, second})
    assert here.fake.world.channels.keys() == {channel, second}
    assert lines(here) == {"202": "talking"}
    await all_leave(here)


async def test_who_was_called_is_served_as_the_caller_when_that_one_transfers(here: Office) -> None:
    caller, leg = await calls(here, "201", "202")
    here.fake.transfer(caller, "203")
    second = await rung(here, "203")
    assert here.channel(leg).ringing
    assert here.channel(second).originator == leg
    here.fake.member_answers(second)
    await until(lambda: with_(here, leg) == {leg, second})
    assert lines(here) == {"202": "talking", "203": "talking"}
    here.fake.hang_up(leg)
    await nobody(here)
    assert here.record.outcome == "connected"


async def test_the_transferring_phone_is_rung_again_at_once_though_it_has_not_hung_up(here: Office) -> None:
    channel, leg = await here.talking()
    here.fake.transfer(leg, "999")
    again = await rung(here, "201", leg)
    here.fake.member_answers(again)
    await until(lambda: with_(here, channel) == {channel, again})
    await all_leave(here)


@pytest.mark.parametrize("who", ["transferer", "caller", "both"])
async def test_who_hangs_up_in_the_moment_of_the_transfer_leaves_nothing(here: Office, who: str) -> None:
    channel, leg = await here.talking()
    here.fake.transfer(leg, "202")
    if who != "caller":
        here.fake.hang_up(leg)
    if who == "transferer":
        here.fake.member_answers(await rung(here, "202"))
        await until(lambda: len(here.together) == 2)
    here.fake.hang_up(channel)
    await nobody(here)


async def test_a_caller_who_hung_up_just_before_is_not_transferred(here: Office) -> None:
    channel, leg = await here.talking()
    here.dispatcher.hold()
    here.fake.transfer(leg, "202")
    here.fake.hang_up(channel)
    await until(lambda: here.dispatcher._held and "StasisEnd" in str(here.dispatcher._held[-2:]))
    here.dispatcher.resume()
    await nobody(here)


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
    here.clock.forward(6)
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


# --- attended


async def test_the_two_that_a_phone_talked_to_are_joined_in_one_bridge(here: Office) -> None:
    channel, leg = await here.talking()
    second, consulted = await calls(here, "201", "202")
    here.fake.transfer_to(leg, second)
    await until(lambda: with_(here, channel) == {channel, consulted})
    await until(lambda: here.fake.world.channels.keys() == {channel, consulted})
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert (await record(here, "202")).outcome == "transferred"
    assert lines(here) == {"202": "talking"}
    here.fake.hang_up(consulted)
    await nobody(here)
    first = await record(here, "100")
    assert (first.outcome, [leg.line for leg in first.legs]) == ("connected", ["201", "202"])


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
    here.clock.forward(6)
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


async def test_it_matters_not_from_which_call_the_phone_transfers_nor_who_called_whom(here: Office) -> None:
    first, one = await calls(here, "201", "202")
    # 203 has called 201, which puts it through.
    caller, second = await calls(here, "203", "201")
    here.fake.transfer_to(second, first)
    await until(lambda: with_(here, one) == {one, caller})
    await until(lambda: here.fake.world.channels.keys() == {one, caller})
    await until(lambda: len(here.dispatcher.sessions) == 1)
    assert lines(here) == {"202": "talking", "203": "talking"}
    assert (await record(here, "201")).outcome == "transferred"
    here.fake.hang_up(caller)
    await nobody(here)
    assert (await record(here, "202")).outcome == "connected"


@pytest.mark.parametrize("who", ["caller", "consulted", "transferer"])
async def test_who_leaves_while_two_are_being_joined_leaves_nothing(here: Office, who: str) -> None:
    channel, leg = await here.talking()
    second, consulted = await calls(here, "201", "202")
    here.fake.transfer_to(leg, second)
    here.fake.hang_up({"caller": channel, "consulted": consulted, "transferer": leg}[who])
    if who == "transferer":
        await until(lambda: with_(here, channel) == {channel, consulted})
    await until(lambda: leg not in here.fake.world.channels)
    if channel in here.fake.world.channels:
        here.fake.hang_up(channel)
    await nobody(here)


async def test_one_who_rings_is_waited_for_and_may_refuse(here: Office) -> None:
    channel, leg = await here.talking()
    second = dials(here, "201", "202")
    consulted = await rung(here, "202")
    here.fake.member_rings(consulted)
    here.fake.transfer_to(leg, second)
    await until(lambda: not with_(here, channel) and here.channel(channel).ringing)
    assert lines(here) == {"202": "ringing"}
    here.fake.member_rejects(consulted)
    again = await rung(here, "201", leg)
    here.fake.member_answers(again)
    await until(lambda: with_(here, channel) == {channel, again})
    await all_leave(here)


async def test_one_who_refuses_in_the_moment_of_the_transfer_is_not_waited_for(here: Office) -> None:
    channel, leg = await here.talking()
    second = dials(here, "201", "202")
    consulted = await rung(here, "202")
    here.fake.transfer_to(leg, second)
    here.fake.member_rejects(consulted)
    here.fake.member_answers(await rung(here, "201", leg))
    await until(lambda: len(with_(here, channel)) == 2 and leg not in with_(here, channel))
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


async def test_one_who_rings_answers_the_caller(here: Office) -> None:
    channel, leg = await here.talking()
    second = dials(here, "201", "202")
    consulted = await rung(here, "202")
    here.fake.transfer_to(leg, second)
    here.fake.member_answers(consulted)
    await until(lambda: with_(here, channel) == {channel, consulted})
    await all_leave(here)


async def test_a_caller_joined_with_a_menu_hears_it(here: Office) -> None:
    channel, leg = await here.talking()
    second = dials(here, "201", "100")
    await until(lambda: here.playing(second))
    here.fake.press(second, "2")
    await until(lambda: here.heard(second) == "sales")
    here.fake.transfer_to(leg, second)
    await until(lambda: here.heard(channel) == "sales")
    assert not with_(here, channel)
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


async def test_a_transfer_that_fails_changes_nothing(here: Office) -> None:
    connect = here.fake.order(Fault("/bridges/*/addChannel", status=500))
    channel, leg = await here.ringing()
    here.fake.member_answers(leg)
    await until(connect.met.is_set)
    await until(lambda: here.heard(channel) == "transfer-failed")
    await all_leave(here)


# --- picking up


async def test_of_two_phones_that_pick_up_one_talks_and_the_other_is_refused(here: Office) -> None:
    channel, leg = await here.ringing()
    here.fake.member_rings(leg)
    await until(lambda: here.exchange.ringing)
    here.dispatcher.hold()
    tries = dials(here, "202", "*8201"), dials(here, "203", "*8")
    await until(lambda: here.dispatcher.arrivals() == set(tries))
    here.dispatcher.resume()
    await until(lambda: with_(here, channel) == {channel, tries[0]})
    await until(lambda: here.heard(tries[1]) == "not-allowed")
    assert here.channel(tries[0]).state == "Up"
    assert here.channel(tries[1]).state == "Ring"
    assert leg not in here.fake.world.channels
    assert lines(here) == {"202": "talking", "203": "talking"}
    here.fake.hang_up(channel)
    await here.over()
    await nobody(here)
    assert (await record(here, "*8201")).outcome == "connected"


async def test_the_call_that_has_rung_longest_is_picked_up(here: Office) -> None:
    first, second = dials(here, "201", "202"), dials(here, "202", "203")
    for phone in ("203", "202"):
        here.fake.member_rings(await rung(here, phone))
        await until(lambda line=phone: line in here.exchange.ringing.values())
    picker = dials(here, "201", "*8")
    await until(lambda: with_(here, second) == {second, picker})
    assert not with_(here, first)
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


@pytest.mark.parametrize("who", ["caller", "picker"])
async def test_who_leaves_in_the_moment_of_a_pick_up_leaves_nothing(here: Office, who: str) -> None:
    channel, leg = await here.ringing()
    here.fake.member_rings(leg)
    await until(lambda: here.exchange.ringing)
    picker = dials(here, "202", "*8201")
    here.fake.hang_up(channel if who == "caller" else picker)
    await here.over()
    await nobody(here)


async def test_a_phone_that_answers_as_it_is_picked_up_is_released(here: Office) -> None:
    channel, leg = await here.ringing()
    here.fake.member_rings(leg)
    await until(lambda: here.exchange.ringing)
    here.dispatcher.hold()
    picker = dials(here, "202", "*8201")
    await until(lambda: here.dispatcher.arrivals())
    here.fake.member_answers(leg)
    here.dispatcher.resume()
    await until(lambda: len(with_(here, channel)) == 2)
    await here.over()
    await nobody(here)
    assert picker


# --- all of it together


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_happens_in_whatever_order_nothing_is_left(here: Office, seed: int) -> None:
    """Calls come, phones answer, refuse, hold, transfer, pick up and hang up, also in the same moment."""
    chance = random.Random(seed)
    for _ in range(60):
        happen(here, chance)
        if chance.random() < 0.5:
            await here.ari.is_responsive()
    await all_leave(here)


def happen(here: Office, chance: random.Random) -> None:
    channels = [
        channel for channel in here.fake.world.channels.values() if not channel.name.startswith("Local/")
    ]
    ringing = [each.id for each in channels if each.dialled and each.state != "Up"]
    talking = [each for each in channels if len(with_(here, each.id)) == 2]
    match chance.choice(HAPPENINGS):
        case "arrive" if len(channels) < 8:
            here.fake.call_in("100")
        case "dial" if len(channels) < 8:
            dials(here, chance.choice(PHONES), chance.choice([*PHONES, "100"]))
        case "pick up":
            dials(here, chance.choice(PHONES), chance.choice(["*8", "*8201"]))
        case "key" if channels:
            here.fake.press(chance.choice(channels).id, chance.choice("12"))
        case "ring" if ringing:
            here.fake.member_rings(chance.choice(ringing))
        case "answer" if ringing:
            here.fake.member_answers(chance.choice(ringing))
        case "refuse" if ringing:
            here.fake.member_rejects(chance.choice(ringing))
        case "hold" if talking:
            here.fake.hold(chance.choice(talking).id)
        case "transfer" if talking:
            here.fake.transfer(chance.choice(talking).id, chance.choice([*PHONES, "100", "999"]))
        case "join" if talking and len(channels) > 2:
            first = chance.choice(talking)
            seconds = [each for each in channels if each.inbound and each is not first and not each.replaced]
            if seconds and (second := chance.choice(seconds)).id not in with_(here, first.id):
                here.fake.transfer_to(first.id, second.id)
        case "hang up" if channels:
            here.fake.hang_up(chance.choice(channels).id)


HAPPENINGS = [
    *("arrive", "pick up", "ring", "refuse", "hold", "hang up"),
    *(("dial", "key", "transfer") * 2),
    *(("answer", "join") * 4),
]
PHONES = ("201", "202", "203")


# --- after the process was replaced


async def test_two_whom_a_transfer_has_joined_talk_on_when_the_process_is_replaced(here: Office) -> None:
    caller, leg = await calls(here, "201", "202")
    here.fake.transfer(caller, "203")
    second = await rung(here, "203")
    here.fake.member_answers(second)
    await until(lambda: here.fake.world.channels.keys() == {leg, second} and len(with_(here, leg)) == 2)
    await here.start_anew()
    await reconcile(here.exchange, here.dispatcher)
    assert with_(here, leg) == {leg, second}
    assert lines(here) == {"202": "talking", "203": "talking"}
    here.fake.transfer(leg, "201")
    third = await rung(here, "201")
    here.fake.member_answers(third)
    await until(lambda: with_(here, second) == {second, third})
    assert Fact.TRANSFERS in here.facts
    await all_leave(here)


async def test_a_consulted_person_talks_on_when_the_process_is_replaced(here: Office) -> None:
    channel, leg = await here.talking()
    second, consulted = await calls(here, "201", "202")
    here.fake.transfer_to(leg, second)
    await until(lambda: here.fake.world.channels.keys() == {channel, consulted})
    await until(lambda: len(here.dispatcher.sessions) == 1)
    await here.start_anew()
    await reconcile(here.exchange, here.dispatcher)
    assert with_(here, channel) == {channel, consulted}
    here.fake.hang_up(consulted)
    await nobody(here)


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


# --- lines with several phones


async def ring_both(here: Office, caller: str) -> tuple[str, str, str]:
    """201 calls 202, which has two phones; the channels of the caller and of both."""
    here.fake.register("PJSIP/202", contacts=("sip:202@192.0.2.1", "sip:202@192.0.2.2"))
    channel = dials(here, caller, "202")
    first = await rung(here, "202")
    return channel, first, await rung(here, "202", first)


async def test_the_second_phone_of_a_line_can_transfer(here: Office) -> None:
    channel, _, second = await ring_both(here, "201")
    here.fake.member_answers(second)
    await until(lambda: with_(here, channel) == {channel, second})
    here.fake.transfer(second, "203")
    third = await rung(here, "203")
    here.fake.member_answers(third)
    await until(lambda: with_(here, channel) == {channel, third})
    assert here.fake.world.channels.keys() == {channel, third}
    await all_leave(here)


async def test_a_line_that_is_given_while_its_phones_ring_rings_on_with_all_of_them(here: Office) -> None:
    channel, anna = await here.talking()
    asking, first, second = await ring_both(here, "201")
    here.fake.member_rings(first)
    await until(lambda: here.exchange.ringing)
    here.fake.transfer_to(anna, asking)
    await until(lambda: here.fake.world.channels.keys() == {channel, first, second})
    here.fake.member_rejects(first)
    here.fake.member_answers(second)
    await until(lambda: with_(here, channel) == {channel, second})
    await until(lambda: lines(here) == {"202": "talking"})
    await all_leave(here)


async def test_a_line_is_not_given_while_one_of_its_phones_is_being_made(here: Office) -> None:
    channel, anna = await here.talking()
    here.fake.register("PJSIP/202", contacts=("sip:202@192.0.2.1", "sip:202@192.0.2.2"))
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    asking = dials(here, "201", "202")
    await rung(here, "202")
    here.fake.transfer_to(anna, asking)
    here.fake.member_answers(await rung(here, "201", anna))
    await until(lambda: len(with_(here, channel)) == 2 and anna not in with_(here, channel))
    assert create.hold
    create.hold.set()
    await until(lambda: lines(here) == {"201": "talking"})
    await all_leave(here)


async def test_picking_up_ends_the_ringing_of_all_phones(here: Office) -> None:
    channel, _, second = await ring_both(here, "201")
    here.fake.member_rings(second)
    await until(lambda: here.exchange.ringing)
    picker = dials(here, "203", "*8202")
    await until(lambda: with_(here, channel) == {channel, picker})
    await until(lambda: here.fake.world.channels.keys() == {channel, picker})
    await all_leave(here)


async def test_the_second_phone_of_a_line_may_be_the_one_who_is_handed_over(here: Office) -> None:
    channel, anna = await here.talking()
    asking, _, second = await ring_both(here, "201")
    here.fake.member_answers(second)
    await until(lambda: with_(here, asking) == {asking, second})
    here.fake.transfer_to(anna, asking)
    await until(lambda: with_(here, channel) == {channel, second})
    await until(lambda: lines(here) == {"202": "talking"})
    await all_leave(here)
