"""What the programs of the fault bench have in common: what they are given, and the office they try."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from officesmart_ivr.asterisk import ports
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan import secrets
from officesmart_ivr.calls.exchange import AS_IT_IS, Circumstances
from tests.live import plan
from tests.live.station import Held, Station, station_with


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: Asterisk and the test tools, an empty folder, how often, and the seed of chance."""

    box: Toolbox
    folder: Path
    count: int
    seed: int


Program = Callable[[Trial], Coroutine[Any, Any, str]]
"""Brings a fault about ``count`` times. Returns a line of figures; raises for whatever does not hold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that must be survived; ``quick`` and ``full`` are how often, in tests and by itself."""

    name: str
    holds: str
    program: Program
    quick: int
    full: int


@asynccontextmanager
async def office(
    trial: Trial,
    text: str,
    *,
    known_secrets: str = "",
    calls: int = 0,
    circumstances: Circumstances = AS_IT_IS,
) -> AsyncIterator[tuple[Station, Held]]:
    """The whole system with a plan, and what it holds at rest."""
    path = plan.write(trial.folder / "plan", text)
    if known_secrets:
        file = path.parent / secrets.FILE_NAME
        file.touch(mode=0o600)
        file.write_text(known_secrets)
    async with station_with(path, trial.box, calls=calls, circumstances=circumstances) as station:
        yield station, await station.settle()


async def nothing_left(station: Station, before: Held) -> str:
    """Wait until all is as before; return the figure of what Asterisk itself has lost meanwhile."""
    now = await station.settle(before, but_for_events=True)
    return f"{max(0, now.events - before.events)} eventfds lost by Asterisk"


PERSON = "127.0.0.2"
"""Where people outside are, whom a trunk without registration leads to."""


def person_port() -> int:
    """A free port for somebody outside."""
    return ports.settle(PERSON, sip_port=0, ari_port=0, rtp_ports=(0, 0)).sip
