"""R16: Asterisk refuses a request (500, 409), answers late or never; every call ends and leaves nothing.

A set of calls is made on the fake Asterisk, again and again: each time another one of all the requests that
they send meets each of the fates. What the calls do is tried, and goes on as far as it can.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import product
from random import Random
from typing import Any

import pytest

from officesmart_ivr.ari.fake import Fault
from tests.faults.trial import Trial
from tests.unit.calls.office import Office, office

FATES: tuple[int | str, ...] = (500, 409, "late", "never")
PROBE = "/officesmart-probe"
"""How the requests end by which the office's clock waits for others: no call's own."""

PATIENCE = 60
"""Turns of a millisecond in which what a request leads to may come about."""

GROUPS: dict[str, Any] = {
    "all": {"name": "Tutti", "numbers": ["500"], "strategy": "ring_all", "members": ["201", "202"]},
    "queue": {
        "name": "Coda",
        "numbers": ["501"],
        "members": ["201"],
        "music": "default",
        "queue": {"places": "5", "max_seconds": "20", "announcement": "day"},
    },
}
CODES = {"pick_up": "*8", "login": "*45"}


class Act:
    """What callers and phones do, as far as the calls let them."""

    def __init__(self, here: Office) -> None:
        self.here = here

    async def sees(self, condition: Callable[[], object]) -> bool:
        """Give something the time to come true; say whether it has."""
        for _ in range(PATIENCE):
            if condition():
                return True
            await asyncio.sleep(0.001)
        return False

    async def calls(self, number: str, phone: str = "") -> str:
        """Somebody calls; return the channel when it hears or rings something, or does not."""
        args = ["inbound", number, "phone", phone] if phone else None
        channel = self.here.fake.call_in(number, number=phone or "0612345678", args=args)
        await self.sees(lambda: self.is_here(channel) and (self.here.playing(channel) or self.here.leg))
        return channel

    def is_here(self, channel: str) -> bool:
        return channel in self.here.fake.world.channels

    def presses(self, channel: str, key: str) -> None:
        if self.is_here(channel):
            self.here.fake.press(channel, key)

    def leaves(self, channel: str) -> None:
        if self.is_here(channel):
            self.here.fake.hang_up(channel)

    @property
    def ringing(self) -> list[str]:
        """The legs that were dialled and have not answered, in the order in which they were made."""
        return [
            each.id for each in self.here.fake.world.channels.values() if each.dialled and each.state != "Up"
        ]

    async def answers(self) -> str:
        """A phone that rings answers, if there is one; return its leg when it talks, or does not."""
        if not await self.sees(lambda: self.ringing):
            return ""
        leg = self.ringing[0]
        self.here.fake.member_rings(leg)
        self.here.fake.member_answers(leg)
        await self.sees(lambda: leg in self.here.together)
        return leg

    async def talk(self) -> tuple[str, str]:
        """Somebody reaches 201 through the menu; the two channels."""
        channel = await self.calls("100")
        self.presses(channel, "1")
        return channel, await self.answers()


async def walks_the_menus(act: Act) -> None:
    channel = await act.calls("100")
    act.presses(channel, "2")
    await act.sees(lambda: act.is_here(channel) and act.here.heard(channel) == "sales")
    act.leaves(channel)


async def hears_that_it_is_busy(act: Act) -> None:
    act.presses(await act.calls("100"), "3")


async def talks_and_leaves(act: Act) -> None:
    channel, _ = await act.talk()
    act.leaves(channel)


async def is_left_by_the_other(act: Act) -> None:
    _, leg = await act.talk()
    act.leaves(leg)


async def rings_in_vain(act: Act) -> None:
    act.presses(await act.calls("100"), "1")
    await act.sees(lambda: act.ringing)
    act.here.clock.forward(21)


async def leaves_while_it_rings(act: Act) -> None:
    channel = await act.calls("100")
    act.presses(channel, "1")
    await act.sees(lambda: act.ringing)
    act.leaves(channel)


async def calls_a_group(act: Act) -> None:
    channel = await act.calls("500")
    await act.sees(lambda: len(act.ringing) == 2)
    await act.answers()
    act.leaves(channel)


async def leaves_a_group(act: Act) -> None:
    channel = await act.calls("500")
    await act.sees(lambda: len(act.ringing) == 2)
    act.leaves(channel)


async def waits_in_a_queue(act: Act) -> None:
    _, leg = await act.talk()
    channel = await act.calls("501")
    act.here.clock.forward(5)
    await act.sees(lambda: act.is_here(channel) and not act.here.playing(channel))
    act.leaves(leg)
    await act.answers()
    act.leaves(channel)


async def is_transferred(act: Act) -> None:
    channel, leg = await act.talk()
    if leg in act.here.together:
        act.here.fake.transfer(leg, "202")
        act.leaves(leg)
        await act.answers()
    act.leaves(channel)


async def is_picked_up(act: Act) -> None:
    channel = await act.calls("202")
    await act.sees(lambda: act.ringing)
    for leg in act.ringing[:1]:
        act.here.fake.member_rings(leg)
    picked = await act.calls("*8202", "203")
    await act.sees(lambda: {channel, picked} <= act.here.together)
    act.leaves(picked)


async def dials_a_code(act: Act) -> None:
    await act.calls("*45", "201")


CALLS: tuple[Callable[[Act], Awaitable[None]], ...] = (
    walks_the_menus,
    hears_that_it_is_busy,
    talks_and_leaves,
    is_left_by_the_other,
    rings_in_vain,
    leaves_while_it_rings,
    calls_a_group,
    leaves_a_group,
    waits_in_a_queue,
    is_transferred,
    is_picked_up,
    dials_a_code,
)


async def run(trial: Trial) -> str:
    """Let so many requests fail, or all if there are fewer. Returns the figures."""
    # The virtual clock moves a loop's own time, which uvloop does not let us.
    return await asyncio.to_thread(asyncio.run, _run(trial))


async def _run(trial: Trial) -> str:
    seen: Counter[str] = Counter()
    numbers = [(calls, number) for calls in CALLS for number in await _requests(calls)]
    chosen = list(product(numbers, FATES))
    Random(trial.seed).shuffle(chosen)
    for (calls, number), fate in chosen[: trial.count]:
        try:
            seen[await _meets(calls, number, fate)] += 1
        except BaseException as error:
            error.add_note(f"{calls.__name__}, request {number}, {fate}")
            raise
    missed = seen.pop("", 0)
    kinds = ", ".join(f"{count} {kind}" for kind, count in seen.most_common())
    return (
        f"{seen.total()} times one of {len(numbers)} requests of {len(CALLS)} kinds of calls met one of "
        f"{len(FATES)} fates ({missed} times it was not sent any more); each call "
        f"ended and left nothing: {kinds}"
    )


async def _requests(calls: Callable[[Act], Awaitable[None]]) -> list[int]:
    """Return the places of the requests that these calls send when nothing fails, from 0."""
    with pytest.MonkeyPatch.context() as patch:
        async with office(patch, hunt_groups=GROUPS, service_codes=CODES) as here:
            _register(here)
            before = len(here.fake.requests)
            await calls(Act(here))
            await here.over()
            sent = enumerate(here.fake.requests[before:])
            return [place for place, request in sent if not request.path.endswith(PROBE)]


async def _meets(calls: Callable[[Act], Awaitable[None]], number: int, fate: int | str) -> str:
    """Let a request of these calls meet its fate; return what kind it was, empty if it was never sent."""
    with pytest.MonkeyPatch.context() as patch:
        async with office(patch, hunt_groups=GROUPS, service_codes=CODES) as here:
            _register(here)
            for _ in range(number):
                here.fake.order(Fault())
            before = len(here.fake.requests)
            fault = here.fake.order(Fault())
            if isinstance(fate, int):
                fault.status = fate
            else:
                fault.release = asyncio.Event()
            late = asyncio.create_task(_comes_late(here, fault)) if fate == "late" else None
            await calls(Act(here))
            await here.over()
            if fault.release:
                fault.release.set()
            if late:
                late.cancel()
            here.assert_nothing_left()
            outcomes = [record.outcome for record in here.log]
            assert outcomes
            assert all(record.ended for record in here.log)
            assert not {"", "fault"} & set(outcomes), outcomes
            return _kind(here, before + number) if fault.met.is_set() else ""


async def _comes_late(here: Office, fault: Fault) -> None:
    await fault.met.wait()
    assert fault.release
    here.clock.forward(1)
    fault.release.set()


def _register(here: Office) -> None:
    for line in ("201", "202", "203"):
        here.lines.update(line, datetime.now(UTC), registered=True)


def _kind(here: Office, place: int) -> str:
    request = here.fake.requests[place]
    first, *rest = request.path.strip("/").split("/")
    what = rest[-1] if len(rest) > 1 else "create" if rest == ["create"] else ""
    return " ".join(filter(None, (request.method, first, what)))
