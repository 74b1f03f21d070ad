"""The phones of the office and the world outside: callers, and carriers with people behind them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.livetest.codewords import TONE_SECONDS, Codewords
from officesmart_ivr.livetest.derived import CALLERS
from officesmart_ivr.livetest.people import VOICE, Person, called_number
from officesmart_ivr.testcall.g711 import SAMPLE_RATE
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.udp import HostPort

_CARRIERS = "127.0.0.3"
_NOBODY = "anonymous"
_VOICES_OUTSIDE = 16
"""So many people outside are told apart by their voice; more of them share one."""


def voices_of(plan: CallPlan) -> list[str]:
    """Return the names of the words that the people of a plan speak."""
    return [f"{VOICE}{line}" for line in plan.extensions] + [
        f"{VOICE}outside {number}" for number in range(_VOICES_OUTSIDE)
    ]


class Town:
    """Everybody whom a plan can reach, and callers outside. ``stir`` is called when something happens."""

    def __init__(self, plan: CallPlan, codewords: Codewords, caller: Phone) -> None:
        self.codewords = codewords
        self.stir: Callable[[], None] = lambda: None
        self._plan = plan
        self._caller = caller
        self._people: dict[str, Person] = {}
        self._outside = 0
        self._registered: set[str] = set()
        self._carriers: dict[str, Phone] = {}

    @property
    def servers(self) -> Mapping[str, str]:
        """Where the stand-in of each trunk listens."""
        return {name: f"{phone.address[0]}:{phone.address[1]}" for name, phone in self._carriers.items()}

    def person(self, line: str) -> Person:
        """Return who takes the calls to a line."""
        if line not in self._people:
            name = f"{VOICE}outside {self._outside % _VOICES_OUTSIDE}"
            self._outside += 1
            self._people[line] = self._new(line, name)
        return self._people[line]

    def ringing(self) -> Counter[str]:
        """Count the calls that ring, by line."""
        return +Counter({line: person.ringing for line, person in self._people.items()})

    def call(self, sender: str, number: str) -> OutgoingCall:
        """Call the office: from an extension's phone, or from a number outside, which may be empty."""
        if sender in self._plan.extensions and (phone := self.person(sender).phone):
            return phone.call(number)
        return self._caller.call(number, from_user=sender or _NOBODY)

    async def register(self, line: str, *, there: bool) -> None:
        """Have the phone of an extension registered, or not."""
        phone = self.person(line).phone
        if phone is None or there == (line in self._registered):
            return
        if there:
            await phone.register()
            self._registered.add(line)
        else:
            self._registered.discard(line)
            await phone.unregister()

    async def register_all(self) -> None:
        """Have all phones registered."""
        async with asyncio.TaskGroup() as registering:
            for line in self._plan.extensions:
                registering.create_task(self.register(line, there=True))

    async def hang_up(self) -> None:
        """End all calls."""
        phones = [self._caller, *self._carriers.values(), *self._phones()]
        calls = [call for phone in phones for call in phone.calls]
        for call in calls:
            if isinstance(call, IncomingCall) and not call.answered_ns:
                call.reject()
        await asyncio.gather(*(call.hang_up() for call in calls), return_exceptions=True)

    async def settle(self) -> None:
        """Have everybody as at the beginning."""
        for person in self._people.values():
            person.forget()
        await self.register_all()

    def _phones(self) -> list[Phone]:
        return [person.phone for person in self._people.values() if person.phone is not None]

    def _new(self, line: str, name: str, phone: Phone | None = None) -> Person:
        voice = self.codewords.sound(name, rate=SAMPLE_RATE, last_seconds=TONE_SECONDS)
        return Person(line, name, voice, lambda: self.stir(), phone)

    def _add_carrier(self, trunk: str, phone: Phone) -> None:
        async def called(call: IncomingCall) -> None:
            await self.person(called_number(call)).called(call)

        phone.behaviour = called
        self._carriers[trunk] = phone

    def _add_phone(self, line: str, phone: Phone) -> None:
        person = self._people[line] = self._new(line, f"{VOICE}{line}", phone)
        phone.behaviour = person.called


@asynccontextmanager
async def town(plan: CallPlan, codewords: Codewords, server: HostPort) -> AsyncIterator[Town]:
    """Set up the world outside an office; :func:`furnish` adds the office's phones."""
    async with AsyncExitStack() as stack:
        caller = Phone("caller", server=server, host=CALLERS, detector=codewords.detector)
        made = Town(plan, codewords, await stack.enter_async_context(caller))
        for name, trunk in plan.trunks.items():
            if trunk.server is not None:
                phone = Phone("carrier", server=server, host=_CARRIERS, detector=codewords.detector)
                made._add_carrier(name, await stack.enter_async_context(phone))
        yield made


@asynccontextmanager
async def furnished(town: Town, passwords: Callable[[str], str], server: HostPort) -> AsyncIterator[None]:
    """Give each extension a phone, not yet registered, with its password."""
    async with AsyncExitStack() as stack:
        for line in town._plan.extensions:
            phone = Phone(line, passwords(line), server=server, detector=town.codewords.detector)
            town._add_phone(line, await stack.enter_async_context(phone))
        yield
