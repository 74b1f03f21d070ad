"""A phone that calls a phone over the loopback, without a server in between."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.agent import Trace
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import CallState, Ending
from officesmart_ivr.testcall.errors import RefusedError, WaitedInVainError
from officesmart_ivr.testcall.message import Request
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.rtp import RtpEndpoint
from officesmart_ivr.testcall.sdp import G722, PCMU
from officesmart_ivr.testcall.tones import Detector
from officesmart_ivr.testcall.transactions import Timers

DETECTOR = Detector((400, 700))
FAST = Timers(t1=0.02, t2=0.1)


@pytest_asyncio.fixture
async def bob() -> AsyncIterator[Phone]:
    async with Phone("bob", server=("127.0.0.1", 9), detector=DETECTOR, timers=FAST) as phone:
        yield phone


@pytest_asyncio.fixture
async def alice(bob: Phone) -> AsyncIterator[Phone]:
    async with Phone("alice", server=bob.address, detector=DETECTOR, timers=FAST, name="Alice") as phone:
        yield phone


def lines(messages: list[Trace]) -> list[str]:
    """Each message in short: ``-> INVITE``, ``<- 200``."""
    shorts = []
    for trace in messages:
        words = trace.message.first_line().split()
        name = words[0] if isinstance(trace.message, Request) else words[1]
        shorts.append(f"{'->' if trace.sent else '<-'} {name}")
    return shorts


async def test_both_hear_the_others_tone_and_key(alice: Phone, bob: Phone) -> None:
    bob.behaviour = behaviours.answer(after=0.02)
    call = alice.call("bob", headers=[("X-Trunk", "1")])
    rung = await bob.incoming()
    await call.answered()
    await rung.answered()
    call.rtp.say_tone(400)
    rung.rtp.say_tone(700)
    await call.rtp.hear(700, within=2)
    await rung.rtp.hear(400, within=2)
    await call.press("7", seconds=0.04, gap=0.02)
    await rung.press("*", seconds=0.04, gap=0.02)
    assert (await rung.rtp.hear_keys(within=2), await call.rtp.hear_keys(within=2)) == ("7", "*")
    assert (rung.caller.user, rung.caller.name, rung.invite.headers.get("X-Trunk")) == ("alice", "Alice", "1")
    await rung.hang_up()
    assert await call.ended() == Ending(200, by_us=False)
    assert rung.ending == Ending(200, by_us=True)
    assert lines(call.messages) == ["-> INVITE", "<- 180", "<- 200", "-> ACK", "<- BYE", "-> 200"]
    assert call.invited_ns < call.ringing_ns < call.answered_ns < call.ended_ns


async def test_hold_resume_keys_by_info_and_a_refused_transfer(alice: Phone, bob: Phone) -> None:
    bob.behaviour = behaviours.answer()
    call = alice.call("bob")
    await call.answered()
    await call.hold()
    assert "a=recvonly" in call.messages[-2].message.body
    await call.resume()
    assert "a=sendrecv" in call.messages[-2].message.body
    await call.press("5", by_info=True)
    assert "Signal=5" in call.messages[-2].message.body
    with pytest.raises(RefusedError, match="603"):  # a test phone lets nobody transfer it
        await call.transfer("201")
    await call.hang_up()


async def test_cancel_before_the_answer(alice: Phone, bob: Phone) -> None:
    call = alice.call("bob")
    await call.ringing()
    await call.hang_up()
    assert call.ending == Ending(487, by_us=True)
    assert bob.received[0].ending == Ending(487, by_us=False)
    with pytest.raises(RefusedError, match="487"):
        await call.answered()


async def test_cancel_waits_for_the_first_response(alice: Phone, bob: Phone) -> None:
    bob.behaviour = behaviours.no_reply()
    call = alice.call("bob")
    rung = await bob.incoming()
    hanging_up = asyncio.ensure_future(call.hang_up())
    await asyncio.sleep(0)
    assert "-> CANCEL" not in lines(call.messages)
    rung.ring()
    await hanging_up
    assert call.ending == Ending(487, by_us=True)


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        (behaviours.reject(486), 486),
        (behaviours.reject(603), 603),
        (behaviours.redirect("sip:carol@127.0.0.1"), 302),
    ],
)
async def test_refusals(alice: Phone, bob: Phone, behaviour: Behaviour, status: int) -> None:
    bob.behaviour = behaviour
    call = alice.call("bob")
    assert await call.ended() == Ending(status, by_us=False)
    assert lines(call.messages) == ["-> INVITE", f"<- {status}", "-> ACK"]


async def test_early_media_is_heard_before_the_answer(alice: Phone, bob: Phone) -> None:
    bob.behaviour = behaviours.early_media(700)
    call = alice.call("bob")
    await call.rtp.hear(700, within=2)
    assert (call.state, call.answered_ns) == (CallState.RINGING, 0)
    bob.received[0].reject(480)
    assert (await call.ended()).status == 480


async def test_a_dead_phone_ends_in_408(alice: Phone, bob: Phone) -> None:
    bob.unplug()
    call = alice.call("bob")
    assert await call.ended() == Ending(408, by_us=False)
    assert lines(call.messages).count("-> INVITE") > 3
    assert bob.received == []


async def test_a_lost_ack_is_sent_again_and_a_doubled_answer_is_one_call(alice: Phone, bob: Phone) -> None:
    bob.behaviour = behaviours.answer(times=2)
    call = alice.call("bob")
    await call.answered()
    rung = await bob.incoming()
    await rung.answered()
    acks = lines(call.messages).count("-> ACK")
    rung.repeat_answer()
    await call.hang_up()
    assert lines(call.messages).count("<- 200") == 4  # three for the INVITE, one for the BYE
    assert lines(call.messages).count("-> ACK") == acks + 1
    assert len(bob.received) == 1


async def test_a_lost_answer_is_sent_again(alice: Phone, bob: Phone) -> None:
    call = alice.call("bob")
    await call.ringing()
    rung = await bob.incoming()
    bob.unplug()
    rung.answer()
    bob.plug_in()
    await call.answered()
    await rung.answered()
    await call.hang_up()


async def test_an_answer_without_ack_ends_the_call(alice: Phone, bob: Phone) -> None:
    call = alice.call("bob")
    await call.ringing()
    alice.unplug()
    rung = await bob.incoming()
    rung.answer()
    assert await rung.ended(within=5) == Ending(408, by_us=True)


async def test_no_common_coding(bob: Phone) -> None:
    bob.behaviour = behaviours.answer()
    async with Phone("wide", server=bob.address, codecs=(G722,)) as wide:
        assert (await wide.call("bob").ended()).status == 488


async def test_the_called_phone_chooses_the_coding(alice: Phone) -> None:
    answering = behaviours.answer()
    async with Phone("c", server=("127.0.0.1", 9), codecs=(PCMU,), behaviour=answering) as carol:
        alice.server = carol.address
        call = alice.call("carol")
        await call.answered()
        (rung,) = carol.received
        call.rtp.say_tone(400, 0.2)
        await rung.rtp.hear(400, within=2)


async def test_reasons_are_read() -> None:
    elsewhere = Ending(487, False, ('SIP;cause=200;text="Call completed elsewhere"', "Q.850;cause=26"))
    assert (elsewhere.cause, elsewhere.answered_elsewhere) == (26, True)
    given_up = Ending(487, False, ("Q.850;cause=16",))
    assert (given_up.cause, given_up.answered_elsewhere) == (16, False)


async def test_waiting_in_vain(alice: Phone, bob: Phone) -> None:
    with pytest.raises(WaitedInVainError):
        await bob.incoming(within=0.01)
    call = alice.call("bob")
    with pytest.raises(WaitedInVainError):
        await call.answered(within=0.05)


async def test_closing_ends_all_calls_and_leaves_no_task_and_no_port(bob: Phone) -> None:
    before = asyncio.all_tasks()
    bob.behaviour = behaviours.answer()
    async with Phone("alice", server=bob.address, timers=FAST) as alice:
        talking = alice.call("bob")
        await talking.answered()
        bob.behaviour = behaviours.answer(after=60)
        ringing = alice.call("bob")
        await ringing.ringing()
    assert (talking.ending, ringing.ending) == (Ending(200, by_us=True), Ending(487, by_us=True))
    await bob.close()
    assert asyncio.all_tasks() == before
    for call in (talking, ringing, *bob.received):
        RtpEndpoint(port=call.rtp.port).close()  # the port is free again
    assert bob.calls == []
