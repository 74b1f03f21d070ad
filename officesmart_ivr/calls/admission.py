"""Whether a new call is let in: more than can be served well would spoil the calls that are there.

A call that is not let in costs one request, before anything is made for it, and its caller learns at once
that there is no way through, so that a carrier may try another one. What the limits are worth is measured in
docs/adr/0022-recovery-and-overload.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from officesmart_ivr.callplan.model import Limits
from officesmart_ivr.observe.call_figures import Reason
from officesmart_ivr.observe.durations import Durations

_log = logging.getLogger(__name__)

BURST_SECONDS = 2.0
"""So many seconds' worth of calls may come at once."""

TICK_SECONDS = 0.1
LAG_BEGINS_SECONDS = 0.05
LAG_ENDS_SECONDS = 0.01
"""How late the event loop is, on average, when calls are refused first, and when they are let in again."""

_SMOOTHING = 0.1
_MOST_LAG_SECONDS = 0.2
"""One pause, however long, counts no more than this: two in a row do not make a machine busy yet."""

QUIET_SECONDS = 5.0
"""Refusals with less than this between them are told as one."""


_WORDS = {
    Reason.CALLS: "as many calls are up as the plan's limits.calls lets in",
    Reason.RATE: "more calls come than the plan's limits.calls_per_second lets in",
    Reason.LAG: "this machine is too busy to serve more calls well",
    Reason.DRAINING: "the application is about to stop",
}


class Admission:
    """The door for new calls. Run :meth:`run` beside the calls: it feels how busy this process is.

    ``clock`` gives monotonic seconds, of the real time whatever the calls' clock says. ``refused`` counts by
    reason, ``lags`` how late the event loop was.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.refused: Counter[Reason] = Counter()
        self.lags = Durations()
        self.is_draining = False
        self.is_overloaded = False
        self._clock = clock
        self._lag = 0.0
        self._tokens: float | None = None
        self._filled = clock()
        self._phase: Counter[Reason] = Counter()
        self._refused_last = 0.0

    def refuses(self, calls: int, limits: Limits) -> Reason | None:
        """Say why one more call is not let in beside so many; None when it is, which counts it."""
        reason = self._reason(calls, limits)
        if reason is not None:
            if not self._phase:
                _log.warning("calls are refused from now on: %s", _WORDS[reason])
            self._phase[reason] += 1
            self.refused[reason] += 1
            self._refused_last = self._clock()
        return reason

    def _reason(self, calls: int, limits: Limits) -> Reason | None:
        if self.is_draining:
            return Reason.DRAINING
        if calls >= limits.calls:
            return Reason.CALLS
        if self.is_overloaded:
            return Reason.LAG
        now, most = self._clock(), limits.calls_per_second * BURST_SECONDS
        tokens = most if self._tokens is None else self._tokens
        tokens = min(most, tokens + (now - self._filled) * limits.calls_per_second)
        is_let_in = tokens >= 1
        self._tokens, self._filled = tokens - is_let_in, now
        return None if is_let_in else Reason.RATE

    def late(self, seconds: float) -> None:
        """Take note that the event loop was late by so much."""
        self.lags.add(seconds)
        self._lag += _SMOOTHING * (min(seconds, _MOST_LAG_SECONDS) - self._lag)
        if self._lag > LAG_BEGINS_SECONDS:
            self.is_overloaded = True
        elif self._lag < LAG_ENDS_SECONDS:
            self.is_overloaded = False
        if self._phase and self._clock() - self._refused_last > QUIET_SECONDS:
            told = ", ".join(f"{count} for '{reason}'" for reason, count in self._phase.items())
            _log.warning("calls are let in again; refused were %s", told)
            self._phase.clear()

    async def run(self) -> NoReturn:
        """Feel again and again how late the event loop is."""
        while True:
            due = self._clock() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self.late(max(0.0, self._clock() - due))
