"""What the signals of the system mean to a program that serves calls."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)

APOLOGY_SECONDS = 15.0
"""How long callers who are released at the end of the application may take to hear why."""


async def until_told(
    work: Coroutine[Any, Any, None],
    reload: Callable[[], Coroutine[Any, Any, object]],
    drain: Callable[[], Coroutine[Any, Any, object]],
) -> None:
    """Do ``work`` until it ends or SIGINT or SIGTERM tells us to stop; SIGHUP has the plan reloaded.

    The first signal to stop has the calls drained before, the second one stops at once.
    """
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    beside: set[asyncio.Task[object]] = set()
    told = False

    def begin(what: Callable[[], Coroutine[Any, Any, object]]) -> asyncio.Task[object]:
        task = loop.create_task(what())
        beside.add(task)
        task.add_done_callback(beside.discard)
        return task

    def stop() -> None:
        nonlocal told
        if told:
            working.cancel()
        else:
            told = True
            begin(drain).add_done_callback(lambda _: working.cancel())

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, hang_up_means(lambda: begin(reload), stop))
    try:
        await working
    except asyncio.CancelledError:
        _log.info("stopping")


def hang_up_means(reload: Callable[[], object], stop: Callable[[], object]) -> Callable[[], None]:
    """Return what SIGHUP does: a reload, but the end where it tells that our terminal is gone."""
    had_terminal = os.isatty(0)

    def act() -> None:
        if had_terminal and not os.isatty(0):
            stop()
        else:
            reload()

    return act
