"""How long work beside the calls holds them up: events of calls, and a probe on the loop that serves them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from officesmart_ivr.ari.events import decode

EVENTS_PER_SECOND = 800
"""Those of some 20 calls a second, each with its menus, keys and phones."""

_PROBE_SECONDS = 0.001
_BURST = 8
_EVENT = (
    b'{"type":"ChannelDtmfReceived","timestamp":"2026-03-02T10:00:00.000+0000","digit":"1","duration_ms":80,'
    b'"application":"officesmart","asterisk_id":"x","channel":{"id":"1700000000.1","name":"PJSIP/trunk-1",'
    b'"state":"Up","protocol_id":"abc","caller":{"name":"","number":"3331234567"},"connected":{"name":"",'
    b'"number":""},"accountcode":"","dialplan":{"context":"trunks","exten":"100","priority":3,"app_name":'
    b'"Stasis","app_data":"officesmart"},"creationtime":"2026-03-02T10:00:00.000+0000","language":"it"}}'
)


@dataclass
class Lags:
    """How late the loop was, in ms, since it was asked last."""

    values: list[float] = field(default_factory=list)

    def worst(self) -> float:
        """Return the worst, and begin anew."""
        worst = max(self.values, default=0.0)
        self.values.clear()
        return worst


@asynccontextmanager
async def calls_served() -> AsyncIterator[Lags]:
    """Events of calls, and a probe that tells how late they are."""
    lags = Lags()

    async def probe() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_PROBE_SECONDS)
            lags.values.append((time.perf_counter() - began - _PROBE_SECONDS) * 1000)

    async def events() -> None:
        mailbox: asyncio.Queue[object] = asyncio.Queue()
        while True:
            for _ in range(_BURST):
                mailbox.put_nowait(decode(_EVENT))
            while not mailbox.empty():
                await mailbox.get()
            await asyncio.sleep(_BURST / EVENTS_PER_SECOND)

    tasks = [asyncio.create_task(work()) for work in (probe, events)]
    try:
        yield lags
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
