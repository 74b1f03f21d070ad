"""Things that happen in the same moment, each in the order that hurts."""

from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.calls.prompts import GRACE_SECONDS
from officesmart_ivr.core.notes import Fact

from .office import SECONDS, Office, until

REQUEST_SECONDS = 5.0
"""How long the client waits for a reply."""


async def test_a_caller_who_leaves_while_the_leg_is_made_leaves_no_phone_ringing(here: Office) -> None:
    channel = await here.menu()
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.press(channel, "1")
    await until(create.met.is_set)
    here.fake.hang_up(channel)
    await until(lambda: here.requests("DELETE", "-leg2"))
    assert create.hold
    create.hold.set()
    await until(lambda: not here.dispatcher.sessions)
    assert not here.requests("POST", "/dial")
    here.assert_nothing_left()


async def test_a_leg_that_is_made_after_it_was_given_up_is_hung_up(here: Office) -> None:
    channel = await here.menu()
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.press(channel, "1")
    await until(create.met.is_set)
    here.fake.hang_up(channel)
    await here.over()
    assert create.hold
    create.hold.set()
    await until(lambda: here.dispatcher.counts["unowned StasisStart"])
    await until(lambda: not here.fake.world.channels)
    here.assert_nothing_left()


async def test_a_leg_that_is_made_while_a_call_ends_by_a_fault_is_hung_up(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await here.menu()
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.press(channel, "1")
    await until(create.met.is_set)
    ending = here.fake.order(Fault("/bridges/*", "DELETE", hold=asyncio.Event()))
    with monkeypatch.context() as patch:
        patch.setattr("officesmart_ivr.calls.session.step", lambda *_: 1 / 0)
        here.fake.press(channel, "2")
        await until(lambda: ending.met.is_set() and here.requests("DELETE", "-leg2"))
    await here.ari.is_responsive()
    assert create.hold
    create.hold.set()
    await until(lambda: here.dispatcher.counts["unowned StasisStart"])
    assert ending.hold
    ending.hold.set()
    await until(lambda: not here.fake.world.channels and not here.dispatcher.sessions)


async def test_a_leg_that_is_made_after_its_request_was_given_up_is_hung_up(here: Office) -> None:
    channel = await here.menu()
    create = here.fake.order(Fault("/channels/create", hold=asyncio.Event()))
    here.fake.press(channel, "1")
    await until(create.met.is_set)
    await here.forward(REQUEST_SECONDS + 1)
    await until(lambda: here.heard(channel) == "transfer-failed")
    assert create.hold
    create.hold.set()
    await until(lambda: here.requests("DELETE", "-leg2") == 2)
    await until(lambda: here.fake.world.channels.keys() == {channel})
    await here.over()
    here.assert_nothing_left()


async def test_a_phone_that_talks_is_not_hung_up_for_the_lost_reply_to_its_dialling(here: Office) -> None:
    leg, reply = await talking_undialled(here)
    await here.forward(REQUEST_SECONDS + 1)
    await until(lambda: all(session.is_idle for session in here.dispatcher.sessions))
    assert leg in here.together
    reply.set()
    await here.over()
    here.assert_nothing_left()


async def test_a_phone_that_transfers_before_the_reply_to_its_dialling_is_none_that_failed(
    here: Office,
) -> None:
    leg, reply = await talking_undialled(here)
    here.fake.transfer(leg, "202")
    await until(lambda: here.requests("POST", "/dial") == 2)
    await here.forward(REQUEST_SECONDS + 1)
    await here.over()
    reply.set()
    here.assert_nothing_left()


async def talking_undialled(here: Office) -> tuple[str, asyncio.Event]:
    """A call talks to 201, and no reply has come that it was dialled; the leg, and what lets it come."""
    reply = asyncio.Event()
    dial = here.fake.order(Fault("/channels/*/dial", release=reply))
    channel = await here.menu()
    here.fake.press(channel, "1")
    await until(dial.met.is_set)
    leg = here.leg
    here.fake.member_answers(leg)
    await until(lambda: here.together == {channel, leg})
    return leg, reply


async def test_a_phone_gone_before_the_reply_to_its_making_is_not_dialled(here: Office) -> None:
    channel = await here.menu()
    create = here.fake.order(Fault("/channels/create", release=asyncio.Event()))
    here.fake.press(channel, "1")
    await until(create.met.is_set)
    (leg,) = here.fake.world.channels.keys() - {channel}
    here.fake.hang_up(leg)
    await until(lambda: here.heard(channel) == "transfer-failed")
    assert create.release
    create.release.set()
    here.fake.hang_up(channel)
    await until(lambda: not here.dispatcher.sessions)
    assert not here.requests("POST", "/dial")
    here.assert_nothing_left()


async def test_a_phone_that_answers_just_after_its_time_is_released(here: Office) -> None:
    channel, leg = await here.ringing()
    await here.forward(21)
    here.fake.member_answers(leg)
    await until(lambda: here.heard(channel) == "transfer-failed" and leg not in here.fake.world.channels)
    await here.over()
    assert Fact.ANSWERED not in here.facts
    here.assert_nothing_left()


async def test_a_phone_that_answers_just_in_time_talks(here: Office) -> None:
    channel, leg = await here.ringing()
    here.fake.member_answers(leg)
    await until(lambda: Fact.ANSWERED in here.facts)
    await here.forward(21)
    await until(lambda: here.together == {channel, leg})
    await here.over()
    here.assert_nothing_left()


async def test_a_caller_who_leaves_while_being_connected_frees_the_phone(here: Office) -> None:
    channel, leg = await here.ringing()
    connect = here.fake.order(Fault("/bridges/*/addChannel", hold=asyncio.Event()))
    here.fake.member_answers(leg)
    await until(connect.met.is_set)
    here.fake.hang_up(channel)
    await until(lambda: leg not in here.fake.world.channels)
    assert connect.hold
    connect.hold.set()
    await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()


async def test_a_key_that_overtakes_the_request_to_play_still_stops_the_prompt(here: Office) -> None:
    play = here.fake.order(Fault("/channels/*/play*", hold=asyncio.Event()))
    channel = here.fake.call_in("100")
    await until(play.met.is_set)
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    assert play.hold
    play.hold.set()
    await until(lambda: here.requests("DELETE", "-p1") == 2)
    await until(lambda: [each.state for each in here.playing(channel)] == ["playing", "done"])
    await here.over()
    here.assert_nothing_left()


async def test_a_prompt_that_a_key_stops_before_the_answer_is_never_played(here: Office) -> None:
    answer = here.fake.order(Fault("/channels/*/answer", hold=asyncio.Event()))
    channel = here.fake.call_in("100")
    await until(answer.met.is_set)
    here.fake.press(channel, "2")
    await until(lambda: here.requests("DELETE", "-p1"))
    assert answer.hold
    answer.hold.set()
    await until(lambda: here.heard(channel) == "sales")
    await here.over()
    assert here.requests("POST", "/play") == 1
    here.assert_nothing_left()


async def test_that_the_caller_left_is_told_once(here: Office) -> None:
    here.fake.hang_up(await here.menu())
    await until(lambda: not here.dispatcher.sessions)
    assert here.facts.count(Fact.CALLER_LEFT) == 1
    assert not here.dispatcher.counts["late"]


async def test_a_prompt_cut_short_is_played_once_more_and_only_once(here: Office) -> None:
    channel = await here.menu()
    (first,) = here.playing(channel)
    here.fake.finish_playback(first.id)
    await until(lambda: here.playing(channel))
    (second,) = here.playing(channel)
    assert (second.id, second.media) == (f"{first.id}-again", first.media)
    here.fake.finish_playback(second.id)
    await here.over()
    assert here.requests("POST", "/play") == 2
    assert Fact.NO_ENTRY in here.facts
    here.assert_nothing_left()


async def test_a_prompt_that_reports_no_end_does_not_hold_the_menu_up(here: Office) -> None:
    channel = await here.menu()
    await here.forward(SECONDS + GRACE_SECONDS)
    await here.over()
    assert Fact.NO_ENTRY in here.facts
    assert channel not in here.fake.world.channels
