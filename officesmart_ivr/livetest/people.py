"""Who is called: the phone of each extension, and the people outside that a carrier's stand-in reaches."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable

from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.testcall.call import CallState
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.phone import Phone

VOICE = "voice "
"""Begins the names of the words that people speak; no announcement can have such a name."""

_USER = re.compile(r"sips?:([^@;]+)@")


class Person:
    """Whoever takes the calls to a line. ``voice`` is what is said to callers, as 16-bit samples at 8 kHz.

    It rings until it is told to do something else. ``phone`` is that of an extension.
    """

    def __init__(
        self, line: str, name: str, voice: array[int], stir: Callable[[], None], phone: Phone | None = None
    ) -> None:
        self.line = line
        self.name = name
        self.does = Answering.FREE
        self.phone = phone
        self.takes_at_once = False
        self._voice = voice
        self._stir = stir
        self._calls: list[IncomingCall] = []
        self._undecided: list[IncomingCall] = []

    async def called(self, call: IncomingCall) -> None:
        """Ring; what a test phone does when it is called."""
        call.changed.listen(self._stir)
        call.rtp.heard.changed.listen(self._stir)
        call.ring()
        if self.takes_at_once:
            self.answer(call)
            return
        self._calls = [each for each in self._calls if each.ending is None]
        self._calls.append(call)
        self._undecided.append(call)
        self._stir()

    @property
    def ringing(self) -> int:
        """How many calls ring here."""
        return sum(_rings(call) for call in self._calls)

    def next_call(self) -> IncomingCall | None:
        """Return the call that has rung longest of those that nothing was decided about; each once."""
        while self._undecided:
            call = self._undecided.pop(0)
            if _rings(call):
                return call
        return None

    def answer(self, call: IncomingCall) -> None:
        """Take a call, and speak to whoever is there."""
        call.answer()
        if call.ending is None and call.rtp.connected:
            call.rtp.say(self._voice, for_ever=True)

    def forget(self) -> None:
        """Forget what was, as before the next test."""
        self.does = Answering.FREE
        self._calls.clear()
        self._undecided.clear()


def called_number(call: IncomingCall) -> str:
    """Return the number that a call to a carrier asks for."""
    found = _USER.match(call.invite.uri)
    return found[1] if found else ""


def _rings(call: IncomingCall) -> bool:
    return call.ending is None and not call.answered_ns and call.state is not CallState.ENDED
