"""Heavy work beside calls: what would hold the event loop up is kept short, or put off."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter while the loop waits for it; Python's own is 5 ms."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a thread work on many objects without holding up the loop for long; not to be nested.

    The garbage collector would stop everything to look through a plan's hundreds of thousands of objects
    (85 ms for 1,000 menus). So it rests, and what is there at the end it never looks at again: a plan has no
    cycles, it goes when the last call has let go of it. See :func:`tidy`.
    """
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
        sys.setswitchinterval(interval)


def tidy() -> None:
    """Look through everything for garbage once, as at a moment without calls: it holds the loop up."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
