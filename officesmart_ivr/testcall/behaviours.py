"""What a test phone does when it is called: each behaviour is a function of the incoming call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from officesmart_ivr.testcall.incoming import IncomingCall

Behaviour = Callable[[IncomingCall], Awaitable[None]]


def answer(after: float = 0.0, *, ring: bool = True, times: int = 1) -> Behaviour:
    """Answer after some seconds, ringing until then; ``times`` sends the 200 that often."""

    async def behave(call: IncomingCall) -> None:
        if ring:
            call.ring()
        await asyncio.sleep(after)
        call.answer()
        if call.ending is None:
            for _ in range(times - 1):
                call.repeat_answer()

    return behave


def ring() -> Behaviour:
    """Ring for ever; the test may answer or reject the call itself."""

    async def behave(call: IncomingCall) -> None:
        call.ring()

    return behave


def early_media(frequency: int | None = None) -> Behaviour:
    """Send 183 with media, and a tone (Hz) before the answer, which never comes by itself."""

    async def behave(call: IncomingCall) -> None:
        call.progress()
        if frequency is not None and call.ending is None and call.rtp.connected:
            call.rtp.say_tone(frequency)

    return behave


def reject(status: int = 486, after: float = 0.0) -> Behaviour:
    """Refuse the call after some seconds: 486 busy, 603 decline, 480 not now, 404 unknown, …"""

    async def behave(call: IncomingCall) -> None:
        await asyncio.sleep(after)
        call.reject(status)

    return behave


def redirect(uri: str) -> Behaviour:
    """Send the caller to another SIP URI (302)."""

    async def behave(call: IncomingCall) -> None:
        call.redirect(uri)

    return behave


def no_reply() -> Behaviour:
    """Leave the INVITE alone, but answer everything else: a phone whose user agent hangs.

    A phone that is dead altogether is one with ``phone.unplug()``.
    """

    async def behave(call: IncomingCall) -> None:
        return

    return behave
