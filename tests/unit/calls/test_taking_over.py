"""Calls that were not talking when their process died go on in the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.call_log import INTERRUPTED

from .office import SECONDS, Office, office, until
from .test_recovery import end, reconnect

GROUP = {
    "name": "Vendite",
    "numbers": ["500"],
    "members": ["201", "202"],
    "queue": {"places": "9"},
}


@pytest.fixture
async def selling(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with office(monkeypatch, hunt_groups={"sales": GROUP}, service_codes={"login": "*45"}) as made:
        yield made


def ringing(office: Office) -> list[str]:
    """The lines whose phones were dialled, one for each leg that is there."""
    legs = [each for each in office.fake.world.channels.values() if each.dialled]
    return sorted(each.name.partition("/")[2].rpartition("-")[0] for each in legs)


def places(office: Office) -> dict[str, list[str]]:
    """The places that callers were told in the queue, by their numbers."""
    told: dict[str, list[str]] = {}
    for record in office.log:
        for step in record.steps:
            if step.note.fact is Fact.WAITS:
                told.setdefault(record.caller.number, []).append(step.note.about["place"])
    return told


async def test_a_caller_in_a_menu_hears_it_from_its_start_and_goes_on_from_there(here: Office) -> None:
    channel = await here.menu()
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    (before,) = here.playing(channel)
    await here.start_anew()
    await here.take_over()
    await until(lambda: here.heard(channel) == "sales" and here.playing(channel) != [before])
    assert len(here.playing(channel)) == 1, "the old prompt was stopped"
    assert here.note(Fact.GOES_ON)
    assert here.record.path == ["main/day", "main/sales"]
    await end(here, channel)


async def test_the_way_back_through_the_menus_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(monkeypatch, multiselection={"default_keys": {"*": "previous_menu"}}) as here:
        channel = await here.menu()
        here.fake.press(channel, "2")
        await until(lambda: here.heard(channel) == "sales")
        await here.start_anew()
        await here.take_over()
        await until(lambda: Fact.GOES_ON in here.facts and here.heard(channel) == "sales")
        here.fake.press(channel, "*")
        await until(lambda: here.heard(channel) == "day")
        await end(here, channel)


async def test_a_caller_of_whom_nothing_was_written_begins_at_the_number(here: Office) -> None:
    channel = await here.menu()
    here.log = type(here.log)(())
    await here.start_anew()
    await here.take_over()
    await until(lambda: Fact.BEGINS_ANEW in here.facts and len(here.playing(channel)) == 2)
    here.fake.finish_playback(here.playing(channel)[0].id)
    await until(lambda: here.heard(channel) == "day")
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    assert here.record.caller.dialled == "100"
    await end(here, channel)


async def test_a_menu_that_the_plan_has_no_more_is_left_for_the_number(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await here.menu()
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    (before,) = here.playing(channel)
    del here.exchange.service().plan.menus["main", "sales"]  # type: ignore[attr-defined]
    await here.start_anew()
    await here.take_over()
    await until(lambda: here.heard(channel) == "day")
    assert before not in here.playing(channel)
    assert here.note(Fact.BEGINS_ANEW)
    await end(here, channel)


async def test_a_phone_that_rang_is_released_before_it_is_rung_again(here: Office) -> None:
    channel, leg = await here.ringing()
    await here.start_anew()
    await here.take_over()
    assert leg not in here.fake.world.channels
    await until(lambda: here.leg)
    assert ringing(here) == ["201"]
    assert here.record.legs[0].outcome == INTERRUPTED
    here.fake.member_answers(here.leg)
    await until(lambda: here.together == {channel, here.leg})
    assert [leg.outcome for leg in here.record.legs] == [INTERRUPTED, "answered"]
    await end(here, channel)


async def test_a_phone_that_answered_meanwhile_is_connected(here: Office) -> None:
    channel, leg = await here.ringing()
    await here.start_anew()
    here.fake.member_answers(leg)
    await here.take_over()
    await until(lambda: here.together == {channel, leg})
    assert [each.phase for each in here.lines.view(here.exchange.clock()).line("201").legs] == ["talking"]
    here.fake.hang_up(leg)
    await until(lambda: not here.dispatcher.sessions)
    assert here.record.outcome == "connected"
    here.assert_nothing_left()


async def test_a_group_hunts_again_and_rings_nobody_twice(selling: Office) -> None:
    channel = selling.fake.call_in("500")
    await until(lambda: ringing(selling) == ["201"])
    leg = selling.leg
    await selling.start_anew()
    await selling.take_over()
    await until(lambda: selling.leg not in ("", leg))
    assert ringing(selling) == ["201"]
    assert selling.facts.count(Fact.HUNT_GROUP) == 2
    await end(selling, channel)


async def test_those_who_waited_keep_their_order(selling: Office) -> None:
    callers = []
    for number in range(4):
        callers.append(selling.fake.call_in("500", number=f"033{number}"))
        await until(lambda: len(ringing(selling)) + len(places(selling)) == len(callers))
    await selling.start_anew()
    await selling.take_over()
    await until(lambda: places(selling) == {"0332": ["1", "1"], "0333": ["2", "2"]})
    await until(lambda: ringing(selling) == ["201", "202"])
    for caller in callers:
        selling.fake.hang_up(caller)
    await until(lambda: not selling.dispatcher.sessions)
    selling.assert_nothing_left()


async def test_who_was_typing_a_pin_is_released_with_an_apology(monkeypatch: pytest.MonkeyPatch) -> None:
    async with office(monkeypatch, pin="1234", service_codes={"login": "*45"}) as here:
        channel = here.fake.call_in("*45202", args=["inbound", "*45202", "phone", "201"])
        await until(lambda: here.heard(channel) == "enter-pin")
        await here.start_anew()
        await here.take_over()
        await until(lambda: here.heard(channel) == "too-many-steps")
        await here.forward(SECONDS)
        here.fake.finish_playback(here.playing(channel)[0].id)
        await until(lambda: channel not in here.fake.world.channels)
        await until(lambda: not here.dispatcher.sessions)
        here.assert_nothing_left()


async def test_a_caller_whose_partner_left_meanwhile_is_released(here: Office) -> None:
    channel, leg = await here.talking()
    await here.start_anew()
    here.fake.hang_up(leg)
    await here.take_over()
    await until(lambda: not here.dispatcher.sessions)
    assert channel not in here.fake.world.channels
    assert here.record.outcome == "connected"
    here.assert_nothing_left()


async def test_a_caller_who_leaves_before_he_is_taken_over_leaves_nothing(here: Office) -> None:
    channel = await here.menu()
    await here.start_anew()
    here.dispatcher.hold()
    (waiting,) = await reconcile(here.exchange, here.dispatcher)
    here.fake.hang_up(channel)
    here.dispatcher.take_over(waiting.left, waiting.channel)
    here.dispatcher.resume()
    await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()


async def test_a_call_that_cannot_be_gone_on_with_keeps_no_other_waiting(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = here.fake.call_in("100", args=["inbound", "100", "phone", "203"])
    await until(lambda: here.playing(phone))
    other = await here.menu()
    await here.start_anew()
    monkeypatch.setattr(here.lines, "occupy", lambda *_: 1 / 0)
    await here.take_over()
    await until(lambda: phone not in here.fake.world.channels)
    here.fake.press(other, "2")
    await until(lambda: here.heard(other) == "sales")
    await end(here, other)


# --- the process lives on, its event stream was away


async def test_a_prompt_whose_end_was_lost_does_not_leave_a_silent_menu(here: Office) -> None:
    channel = await here.menu()
    await here.forward(SECONDS * 0.6)  # long enough to count as heard, and far from overdue
    here.fake.cut_stream()
    here.fake.finish_playback(here.playing(channel)[0].id)
    await reconnect(here)
    (session,) = here.dispatcher.sessions
    await until(lambda: session.state.timer)  # type: ignore[attr-defined]
    await here.forward(5)  # the time without input, which begins at the prompt's end
    await until(lambda: channel not in here.fake.world.channels)
    await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()


async def test_an_answer_that_was_lost_connects(here: Office) -> None:
    channel, leg = await here.ringing()
    here.fake.cut_stream()
    here.fake.member_answers(leg)
    await reconnect(here)
    await until(lambda: here.together == {channel, leg})
    assert ringing(here) == ["201"]
    await end(here, channel)
