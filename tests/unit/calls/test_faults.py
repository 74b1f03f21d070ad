"""Requests that fail, come late or get no answer: whatever it is, the call ends and nothing is left."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest

from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.core.notes import Fact

from .office import Office, until

Act = Callable[[Office, str, str], object]


def key(keys: str) -> Act:
    return lambda office, channel, leg: office.fake.press(channel, keys)


def ring_time_is_over(office: Office, channel: str, leg: str) -> None:
    office.clock.forward(21)


def caller_leaves(office: Office, channel: str, leg: str) -> None:
    office.fake.hang_up(channel)


def phone_leaves(office: Office, channel: str, leg: str) -> None:
    office.fake.hang_up(leg)


def phone_answers(office: Office, channel: str, leg: str) -> None:
    office.fake.member_answers(leg)


def arrives(office: Office, channel: str, leg: str) -> None:
    office.fake.call_in("100")


REQUESTS: dict[str, tuple[str, Act, str, str]] = {
    "answer": ("away", arrives, "POST", "/channels/*/answer"),
    "play": ("away", arrives, "POST", "/channels/*/play*"),
    "play tone": ("menu", key("3"), "POST", "/channels/*/play*"),
    "stop prompt": ("menu", key("2"), "DELETE", "/playbacks/*"),
    "let caller hear ringing": ("menu", key("1"), "POST", "/channels/*/ring"),
    "make bridge": ("menu", key("1"), "POST", "/bridges*"),
    "make leg": ("menu", key("1"), "POST", "/channels/create"),
    "dial": ("menu", key("1"), "POST", "/channels/*/dial"),
    "stop ringing": ("ringing", ring_time_is_over, "DELETE", "/channels/*/ring"),
    "cancel leg": ("ringing", ring_time_is_over, "DELETE", "/channels/*-leg*"),
    "cancel leg without caller": ("ringing", caller_leaves, "DELETE", "/channels/*-leg*"),
    "connect": ("ringing", phone_answers, "POST", "/bridges/*/addChannel"),
    "end leg": ("talking", caller_leaves, "DELETE", "/channels/*-leg*"),
    "hang up": ("menu", key("9"), "DELETE", "/channels/*"),
    "hang up after talking": ("talking", phone_leaves, "DELETE", "/channels/*"),
    "release bridge": ("talking", caller_leaves, "DELETE", "/bridges/*"),
}
"""In which state what happens makes the call send which request."""

FATES = (500, 409, 404, "late", "never")
UNTRUE = ("release bridge", 404)
"""That there is no bridge is true, so nobody looks after it again."""


async def in_state(office: Office, state: str) -> tuple[str, str]:
    """The channels of a caller and of a leg of a call in this state, where there are any."""
    match state:
        case "menu":
            return await office.menu(), ""
        case "ringing":
            return await office.ringing()
        case "talking":
            return await office.talking()
    return "", ""


@pytest.mark.parametrize(
    ("request_", "fate"), [each for each in itertools.product(REQUESTS, FATES) if each != UNTRUE]
)
async def test_the_call_ends_and_leaves_nothing(here: Office, request_: str, fate: int | str) -> None:
    state, act, method, path = REQUESTS[request_]
    channel, leg = await in_state(here, state)
    fault = here.fake.order(Fault(path, method))
    if isinstance(fate, int):
        fault.status = fate
    else:
        fault.release = asyncio.Event()
    act(here, channel, leg)
    await until(fault.met.is_set)
    if fault.release and fate == "late":
        await here.forward(1)
        fault.release.set()
    await here.over()
    if fault.release:
        fault.release.set()
    here.assert_nothing_left()
    assert here.record.ended
    assert here.record.outcome not in ("", "fault")


@pytest.mark.parametrize("path", ["/channels/create", "/channels/*/dial"])
async def test_a_phone_that_cannot_be_dialled_brings_the_caller_back(here: Office, path: str) -> None:
    channel = await here.menu()
    here.fake.order(Fault(path, "POST", status=500))
    here.fake.press(channel, "1")
    await until(lambda: here.heard(channel) == "transfer-failed")
    assert here.note(Fact.NOT_REACHED).about["outcome"] == "unreachable"
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    await leave(here, channel)


@pytest.mark.parametrize("path", ["/bridges*", "/bridges/*/addChannel"])
async def test_a_caller_who_cannot_be_connected_comes_back_and_can_try_again(here: Office, path: str) -> None:
    channel = await here.menu()
    here.fake.order(Fault(path, "POST", status=500))
    here.fake.press(channel, "1")
    await until(lambda: here.leg)
    here.fake.member_answers(here.leg)
    await until(lambda: here.heard(channel) == "transfer-failed" and not here.leg)
    here.fake.press(channel, "1")
    await until(lambda: here.leg)
    here.fake.member_answers(here.leg)
    await until(lambda: channel in here.together)
    await leave(here, channel)


@pytest.mark.parametrize("how", ["refused", "missing file"])
async def test_a_prompt_that_cannot_play_starts_the_no_input_clock(here: Office, how: str) -> None:
    if how == "refused":
        here.fake.order(Fault("/channels/*/play*", "POST", status=500))
    else:
        here.fake.world.missing_media.add("sound:/s/day")
    here.fake.call_in("100")
    await until(lambda: here.dispatcher.sessions and Fact.NOT_PLAYED in here.facts)
    await here.forward(5)
    await until(lambda: Fact.NO_ENTRY in here.facts)
    await here.over()
    here.assert_nothing_left()


async def test_a_fault_of_ours_ends_that_call_only(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    other = await here.menu()
    with monkeypatch.context() as patch:
        patch.setattr("officesmart_ivr.calls.session.step", lambda *_: 1 / 0)
        channel = here.fake.call_in("100")
        await until(lambda: here.dispatcher.counts["ended fault"])
    assert channel not in here.fake.world.channels
    here.fake.press(other, "2")
    await until(lambda: here.heard(other) == "sales")
    here.dispatcher.counts.clear()
    await leave(here, other)


async def leave(office: Office, channel: str) -> None:
    office.fake.hang_up(channel)
    await until(lambda: not office.dispatcher.sessions)
    office.assert_nothing_left()
