"""Transfers, hold and picking up on live calls: who is with whom, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.call_log import CallQuery, CallRecord

from .office import Office, office, until


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


async def rings(here: Office, phone: str) -> None:
    """Wait until a phone rings."""
    await until(lambda: phone in here.exchange.ringing.values())


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
        await rings(here, phone)
    picker = dials(here, "201", "*8")
    await until(lambda: with_(here, second) == {second, picker})
    assert not with_(here, first)
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
