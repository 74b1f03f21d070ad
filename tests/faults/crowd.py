"""The people of the soak: a process of its own with many phones, which does at random what people do.

It reads its orders from standard input, one JSON object a line: first a :class:`Place`, then a :class:`Batch`
at a time. After each batch, once all its calls are over, it writes what happened, as a JSON object of counts.
It ends when the input does.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from random import Random

import msgspec
import uvloop

from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import Call
from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.tones import Detector

AT_ONCE = 70
"""Callers at once; the next one waits until somebody has left."""

PATIENCE_SECONDS = 1.3
"""How long callers stay, in the mean; some stay until the other side ends the call."""
LONGEST_SECONDS = 8.0
LAST_CALL_SECONDS = 60.0
"""How long the last calls of a batch may take to end."""


class Place(msgspec.Struct, frozen=True):
    """Where the office is, whose phones these are, and what they call.

    ``passwords`` are those of the extensions; ``person_host`` and ``person_port`` where the office calls the
    world outside; ``switchers`` are the extensions that turn their switches by service codes.
    """

    server: tuple[str, int]
    passwords: dict[str, str]
    person_host: str
    person_port: int
    numbers: list[str]
    outside: list[str]
    codes: list[str]
    switchers: list[str]
    pin: str
    seed: int


class Batch(msgspec.Struct, frozen=True):
    """So many calls are to be begun, so many a second at most."""

    calls: int
    rate: float


class Crowd:
    """Everybody's phones, and the chance that moves them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.chance = Random(place.seed)
        self.counts: Counter[str] = Counter()
        self.phones: dict[str, Phone] = {}
        self.world: Phone
        self.person: Phone
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def enter(self, stack: AsyncExitStack) -> None:
        """Plug all phones in."""
        detector = Detector()
        server = self.place.server

        def phone(user: str, password: str = "", host: str = "127.0.0.1", port: int = 0) -> Phone:
            made = Phone(user, password, server=server, host=host, port=port, detector=detector)
            made.behaviour = self._reacts(made)
            return made

        self.world = await stack.enter_async_context(phone("3331234567"))
        self.person = await stack.enter_async_context(
            phone("outside", host=self.place.person_host, port=self.place.person_port)
        )
        for extension, password in self.place.passwords.items():
            made = await stack.enter_async_context(phone(extension, password))
            await made.register()
            self.phones[extension] = made

    async def make(self, batch: Batch) -> dict[str, int]:
        """Make the calls of a batch, wait until everybody is silent, and return what happened."""
        self.counts.clear()
        for _ in range(batch.calls):
            await self._room.acquire()
            self._run(self._calls())
            await asyncio.sleep(self.chance.expovariate(batch.rate))
        while self._running:
            await asyncio.wait(self._running)
        everybody = (self.world, self.person, *self.phones.values())
        try:
            async with asyncio.timeout(LAST_CALL_SECONDS):
                while any(phone.calls for phone in everybody):  # noqa: ASYNC110 - nothing tells the last one
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        self.counts["stuck"] = sum(len(phone.calls) for phone in everybody)
        self.counts.update(f"stuck: {_described(call)}" for phone in everybody for call in phone.calls)
        return dict(self.counts)

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # --- who calls

    async def _calls(self) -> None:
        """Somebody calls, presses keys as he likes, and leaves when he likes."""
        try:
            phone, number = self._who_and_what()
            if phone is self.world:
                call = phone.call(number, from_user=f"333{self.chance.randrange(10**7):07}")
            else:
                call = phone.call(number)
            self.counts["calls"] += 1
            stays = self.chance.random() < 0.25
            leaves_at = LONGEST_SECONDS if stays else self.chance.expovariate(1 / PATIENCE_SECONDS)
            await self._guarded(self._walks(call, min(leaves_at, LONGEST_SECONDS)))
            await self._guarded(call.hang_up())
            self.counts["answered" if call.answered_ns else f"not answered, {_status(call)}"] += 1
        finally:
            self._room.release()

    def _who_and_what(self) -> tuple[Phone, str]:
        chance = self.chance
        inside = chance.random() < 0.35
        extension = chance.choice(list(self.phones))
        phone = self.phones[extension] if inside else self.world
        kind = chance.random()
        if inside and kind < 0.12:
            switcher = self.phones[chance.choice(self.place.switchers)]
            return switcher, chance.choice(self.place.codes)
        if inside and kind < 0.2:
            return phone, chance.choice(("*8", f"*8{chance.choice(list(self.phones))}"))
        if inside and kind < 0.35:
            return phone, chance.choice(self.place.outside)
        if kind > 0.75:
            return phone, chance.choice(list(self.phones))
        return phone, chance.choice(self.place.numbers)

    async def _walks(self, call: OutgoingCall, seconds: float) -> None:
        """Press keys at random moments until it is time to leave, or the call is over."""
        async with asyncio.timeout(seconds):
            await call.answered(within=seconds)
            while call.ending is None:
                await asyncio.sleep(self.chance.expovariate(3))
                if call.dialog.remote.uri.startswith("sip:*28") and self.chance.random() < 0.7:
                    keys = f"{self.place.pin}#{self.chance.choice('012')}"
                else:
                    keys = self.chance.choice("0123456789*#")
                await call.press(keys, by_info=self.chance.random() < 0.1, seconds=0.06, gap=0.06)

    # --- who is called

    def _reacts(self, phone: Phone) -> Behaviour:
        async def react(call: IncomingCall) -> None:
            phone.received.remove(call)
            self.counts["rung"] += 1
            chance = self.chance
            await asyncio.sleep(chance.choice((0, 0, 0.05, 0.3)))
            kind = chance.random()
            if kind < 0.5:
                call.ring()
                await asyncio.sleep(chance.expovariate(4))
                call.answer()
                await self._guarded(self._talks(phone, call))
                await self._guarded(call.hang_up())
            elif kind < 0.75:
                call.reject(chance.choice((486, 486, 480, 603, 404)))
            elif kind < 0.8:
                call.redirect(f"sip:{chance.choice(self.place.numbers)}@{self.place.server[0]}")
            elif kind < 0.84:
                await asyncio.sleep(2)  # a phone that hangs, and comes to
                call.ring()
            elif kind < 0.9:
                call.progress()
            else:
                call.ring()

        return react

    async def _talks(self, phone: Phone, call: IncomingCall) -> None:
        """Do what people do who talk."""
        await call.answered(within=3)
        chance = self.chance
        self.counts["talks"] += 1
        await asyncio.sleep(chance.choice((0, 0, 0.01, chance.expovariate(2))))
        kind = chance.random()
        if kind < 0.35:
            return  # hangs up
        if kind < 0.6 or phone is self.person:
            await call.ended(within=LONGEST_SECONDS)
        elif kind < 0.75:
            await call.hold()
            self.counts["held"] += 1
            await asyncio.sleep(chance.expovariate(3))
            await call.resume()
        elif kind < 0.88:
            self.counts["blind transfers"] += 1
            await call.transfer(self._somebody(), within=3)
        else:
            await self._joins(phone, call)

    async def _joins(self, phone: Phone, call: IncomingCall) -> None:
        """Ask somebody, and let the two talk to each other."""
        if self.chance.random() < 0.5:
            await call.hold()
        asked = phone.call(self._somebody())
        self.counts["calls"] += 1
        try:
            await (asked.answered if self.chance.random() < 0.6 else asked.ringing)(within=2)
            self.counts["attended transfers"] += 1
            await call.transfer_to(asked, within=3)
        finally:
            await self._guarded(asked.hang_up())

    def _somebody(self) -> str:
        return self.chance.choice(
            (self.chance.choice(list(self.phones)), self.chance.choice(self.place.numbers), "999")
        )

    async def _guarded(self, work: Awaitable[object]) -> None:
        """Let a call go wrong, as calls do whose other side leaves; count how."""
        try:
            await work
        except (PhoneError, TimeoutError) as error:
            self.counts[type(error).__name__] += 1


def _status(call: Call) -> str:
    return str(call.ending.status) if call.ending else "open"


def _described(call: Call) -> str:
    """Tell how far a call is, and which messages of SIP were its last."""
    way = "to" if isinstance(call, OutgoingCall) else "from"
    said = ", ".join(map(str, call.messages[-5:]))
    return f"{call.state} {way} {call.dialog.remote.uri}: {said}"


async def _main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    crowd = Crowd(msgspec.json.decode(await lines.readline(), type=Place))
    async with AsyncExitStack() as stack:
        await crowd.enter(stack)
        while line := await lines.readline():
            told = await crowd.make(msgspec.json.decode(line, type=Batch))
            print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
