"""A call that is over is gone: nothing of it waits for the garbage collector, which may never look again."""

from __future__ import annotations

import gc
import weakref

from .office import Office, until


async def test_a_call_that_is_over_needs_no_garbage_collector(here: Office) -> None:
    channel, _ = await here.talking()
    session = weakref.ref(next(iter(here.dispatcher.sessions)))
    gc.disable()
    try:
        here.fake.hang_up(channel)
        await until(lambda: not here.dispatcher.sessions)
        await until(lambda: session() is None)
    finally:
        gc.enable()
