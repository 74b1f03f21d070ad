"""The measured calls: the same call to the native dialplan and to the project, turn by turn."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from bench import plan
from bench.figures import Sample, System
from bench.stage import Stage
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.tones import FRAME_SECONDS

WARM_UP_ROUNDS = 3
"""Rounds that are not kept: connections are opened, code and files come into memory."""

_HEAR_SECONDS = 5.0
_LISTENED_SECONDS = (0.10, 0.20)
_PAUSE_SECONDS = 0.05
"""Between calls: each system also clears up after a call, and not at the expense of the next one."""


async def measure(stage: Stage, rounds: int, progress: Callable[[str], None]) -> list[Sample]:
    """Place ``rounds`` calls to each system, after a warm-up; ``progress`` is called after each round,
    also of the warm-up.

    The system that goes first changes with each round. Raises PhoneError for a call that fails: a figure of
    the calls that happened to work would say nothing.
    """
    samples: list[Sample] = []
    for number in range(-WARM_UP_ROUNDS, rounds):
        order = tuple(System) if number % 2 == 0 else tuple(reversed(System))
        for system in order:
            await asyncio.sleep(_PAUSE_SECONDS)
            values = await visit(stage, plan.NUMBERS[system])
            if number >= 0:
                samples += [Sample(figure, system, number, value) for figure, value in values.items()]
        progress(f"call {number + 1} of {rounds}")
    return samples


async def visit(stage: Stage, number: str) -> dict[str, float]:
    """One visit: two menus, then a member's phone rings and answers. Returns each figure's value in ms.

    Raises PhoneError for a call that fails.
    """
    call = stage.caller.call(number)
    welcome = await call.rtp.heard.hear(plan.TONES["welcome"], within=_HEAR_SECONDS)
    heard_ns = welcome.first_ns
    await _listen(call)
    first_key_ns = await call.press("1")
    following = await call.rtp.heard.hear(plan.TONES["following"], within=_HEAR_SECONDS, after=first_key_ns)
    stopped_ns = welcome.last_ns
    await _listen(call)
    second_key_ns = await call.press("2")
    offered = await stage.member.incoming(within=_HEAR_SECONDS)
    offered.ring()
    await _listen(call)
    answered_ns = time.monotonic_ns()
    offered.answer()
    await offered.answered()
    offered.rtp.say_tone(plan.MEMBERS_HZ)
    call.rtp.say_tone(plan.CALLERS_HZ)
    heard_both_ns = max(
        await call.rtp.hear(plan.MEMBERS_HZ, within=_HEAR_SECONDS),
        await offered.rtp.hear(plan.CALLERS_HZ, within=_HEAR_SECONDS),
    )
    await call.hang_up()
    await offered.ended(within=_HEAR_SECONDS)
    spans = {
        "B1": call.answered_ns - call.invited_ns,
        "B2": heard_ns - call.invited_ns,
        "B3": following.first_ns - first_key_ns,
        "B5": stopped_ns - first_key_ns,
        "B6": offered.invited_ns - second_key_ns,
        "B7": heard_both_ns - answered_ns,
    }
    return {figure: ns / 1e6 for figure, ns in spans.items()}


async def _listen(call: OutgoingCall) -> None:
    """Listen for a moment, then go on speaking in a phase of our own.

    Both ends send a packet every 20 ms. Without this, a key's END would always meet the prompt at the same
    point between two of its packets, which the answer has fixed.
    """
    await asyncio.sleep(random.uniform(*_LISTENED_SECONDS))
    call.rtp.stop()
    await asyncio.sleep(random.uniform(2, 3) * FRAME_SECONDS)
    call.rtp.say_silence()
