"""SIGHUP reloads, but where it tells that the terminal is gone."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from officesmart_ivr.signals import hang_up_means, until_told


@pytest.mark.parametrize(
    ("began_with", "has_now", "does"),
    [(False, False, "reload"), (True, True, "reload"), (True, False, "stop")],
)
def test_what_it_means(monkeypatch: pytest.MonkeyPatch, began_with: bool, has_now: bool, does: str) -> None:
    done: list[str] = []
    monkeypatch.setattr(os, "isatty", lambda descriptor: began_with)
    act = hang_up_means(lambda: done.append("reload"), lambda: done.append("stop"))
    monkeypatch.setattr(os, "isatty", lambda descriptor: has_now)
    act()
    assert done == [does]


@pytest.mark.parametrize("is_patient", [True, False])
async def test_work_goes_on_over_a_reload_and_ends_when_told(is_patient: bool) -> None:
    reloaded, begun, drained, lasts = (asyncio.Event() for _ in range(4))

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def reload() -> None:
        reloaded.set()

    async def drain() -> None:
        drained.set()
        await lasts.wait()

    serving = asyncio.create_task(until_told(work(), reload, drain))
    await begun.wait()
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.wait_for(reloaded.wait(), 5)
    assert not serving.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(drained.wait(), 5)
    assert not serving.done()
    if is_patient:
        lasts.set()
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 5)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.remove_signal_handler(number)
