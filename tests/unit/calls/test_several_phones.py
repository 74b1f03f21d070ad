"""Lines with several phones: they ring together, and one talks."""

from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.notes import Fact

from .office import Office, until
from .test_recovery import end, reconnect

DESK, DOOR, HOME = "sip:201@192.0.2.1:5060", "sip:201@192.0.2.2:5060;transport=tcp", "sip:201@192.0.2.3"


def rung(here: Office) -> list[str]:
    """The channels of phones, the leg's own first."""
    dialled = (channel.id for channel in here.fake.world.channels.values() if channel.dialled)
    return sorted(dialled, key=lambda channel: ("-phone" in channel, channel))


async def ringing(here: Office, *addresses: str) -> tuple[str, list[str]]:
    """A call that rings the phones of 201 at these addresses; the caller's channel and theirs."""
    here.fake.register("PJSIP/201", contacts=addresses)
    channel = await here.menu()
    here.fake.press(channel, "1")
    await until(lambda: len(rung(here)) == len(addresses))
    return channel, rung(here)


def creations(here: Office) -> list[str]:
    return [each.params["endpoint"] for each in here.fake.requests if each.path == "/channels/create"]


def cancelled(here: Office) -> dict[str, str]:
    """The causes with which channels were hung up."""
    return {
        each.path.removeprefix("/channels/"): each.params.get("reason_code", "")
        for each in here.fake.requests
        if each.method == "DELETE" and "-leg" in each.path
    }


@pytest.mark.parametrize("first", [0, 1, 2])
async def test_all_ring_and_the_first_that_answers_has_the_call(here: Office, first: int) -> None:
    channel, phones = await ringing(here, DESK, DOOR, HOME)
    assert sorted(creations(here)) == [f"PJSIP/201/{address}" for address in sorted((DESK, DOOR, HOME))]
    here.fake.member_rings(phones[1])
    await until(lambda: here.exchange.ringing == {phones[0]: "201"})
    here.fake.member_answers(phones[first])
    await until(lambda: here.together == {channel, phones[first]})
    others = {phone: "26" for phone in phones if phone != phones[first]}
    await until(lambda: here.fake.world.channels.keys() == {channel, phones[first]})
    assert cancelled(here) == others
    assert here.facts.count(Fact.ANSWERED) == 1
    here.fake.hang_up(phones[first])
    await here.over()
    assert here.record.outcome == "connected"
    here.assert_nothing_left()


async def test_a_line_with_one_phone_is_rung_by_its_name_and_not_asked_about_again(here: Office) -> None:
    for _ in range(2):
        channel, _ = await ringing(here, DESK)
        here.fake.hang_up(channel)
        await until(lambda: not here.fake.world.channels)
    assert creations(here) == ["PJSIP/201", "PJSIP/201"]
    assert here.requests("GET", "/variable") == 1


async def test_a_phone_that_refuses_does_not_keep_another_from_answering(here: Office) -> None:
    channel, (desk, door) = await ringing(here, DESK, DOOR)
    here.fake.member_rejects(desk, cause=21, sip_status=603)
    (session,) = here.dispatcher.sessions
    await until(lambda: desk not in session.channels)
    here.fake.member_answers(door)
    await until(lambda: here.together == {channel, door})
    await here.over()
    here.assert_nothing_left()


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        (((20, 480), (17, 486)), LegOutcome.BUSY),
        (((21, 603), (17, 486)), LegOutcome.REJECTED),
        (((17, 486), (21, 603)), LegOutcome.REJECTED),
        (((19, 487), (20, 480)), LegOutcome.NO_ANSWER),
    ],
)
async def test_a_line_ends_when_its_last_phone_has_with_the_end_that_says_most(
    here: Office, ends: tuple[tuple[int, int], ...], outcome: LegOutcome
) -> None:
    channel, phones = await ringing(here, DESK, DOOR)
    for phone, (cause, status) in zip(phones, ends, strict=True):
        assert Fact.NOT_REACHED not in here.facts
        here.fake.member_rejects(phone, cause=cause, sip_status=status)
    await until(lambda: here.heard(channel) == "transfer-failed")
    assert here.note(Fact.NOT_REACHED).about["outcome"] == outcome
    await end(here, channel)


async def test_a_phone_that_cannot_be_rung_does_not_hold_up_the_others(here: Office) -> None:
    here.fake.order(Fault("/channels/create", status=500))
    here.fake.register("PJSIP/201", contacts=(DESK, DOOR))
    channel = await here.menu()
    here.fake.press(channel, "1")
    await until(lambda: rung(here))
    (phone,) = rung(here)
    here.fake.member_answers(phone)
    await until(lambda: here.together == {channel, phone})
    await here.over()
    here.assert_nothing_left()


async def test_a_phone_made_after_another_has_answered_is_not_dialled(here: Office) -> None:
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.register("PJSIP/201", contacts=(DESK, DOOR))
    channel = await here.menu()
    here.fake.press(channel, "1")
    await until(lambda: rung(here))
    (phone,) = rung(here)
    here.fake.member_answers(phone)
    await until(lambda: here.together == {channel, phone})
    assert create.hold
    create.hold.set()
    await until(lambda: here.requests("POST", "/create") == 2)
    await until(lambda: here.fake.world.channels.keys() == {channel, phone})
    assert here.requests("POST", "/dial") == 1
    await here.over()
    here.assert_nothing_left()


async def test_phones_may_be_made_in_any_order(here: Office) -> None:
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.register("PJSIP/201", contacts=(DESK, DOOR))
    channel = await here.menu()
    here.fake.press(channel, "1")
    await until(lambda: rung(here))
    assert create.hold
    create.hold.set()
    await until(lambda: len(rung(here)) == 2)
    await end(here, channel)


async def test_two_answers_at_once_make_one_conversation(here: Office) -> None:
    channel, (desk, door) = await ringing(here, DESK, DOOR)
    here.fake.member_answers(door)
    here.fake.member_answers(desk)
    await until(lambda: here.fake.world.channels.keys() == {channel, door})
    assert here.facts.count(Fact.ANSWERED) == 1
    await until(lambda: here.together == {channel, door})
    await here.over()
    here.assert_nothing_left()


async def test_a_caller_who_leaves_lets_no_phone_ring_on(here: Office) -> None:
    channel, _ = await ringing(here, DESK, DOOR, HOME)
    await end(here, channel)


async def test_phones_that_left_while_nobody_listened_are_noticed(here: Office) -> None:
    channel, (desk, door) = await ringing(here, DESK, DOOR)
    here.fake.cut_stream()
    here.fake.member_rejects(door)
    await reconnect(here)
    here.fake.member_rejects(desk)
    await until(lambda: here.heard(channel) == "transfer-failed")
    await end(here, channel)


async def test_a_call_of_the_second_phone_is_adopted_under_the_name_of_its_leg(here: Office) -> None:
    channel, (desk, door) = await ringing(here, DESK, DOOR)
    here.fake.member_answers(door)
    await until(lambda: here.together == {channel, door})
    await here.start_anew()
    await reconcile(here.exchange, here.dispatcher)
    (session,) = here.dispatcher.sessions
    assert session.legs[-1].id == desk
    assert session.channels == {channel, door}
    here.fake.transfer(door, "202")
    await until(lambda: "PJSIP/202-" in " ".join(each.name for each in here.fake.world.channels.values()))
    await here.over()
    here.assert_nothing_left()


async def test_ringing_phones_are_orphans_of_a_process_that_is_no_more(here: Office) -> None:
    await ringing(here, DESK, DOOR)
    await here.start_anew()
    (waiting,) = await reconcile(here.exchange, here.dispatcher)
    assert list(here.fake.world.channels) == [waiting.channel.id]
    assert not here.dispatcher.sessions
