"""Whether calls are served: a real question to Asterisk, asked for monitoring and for systemd's watchdog."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from http import HTTPStatus

from officesmart_ivr import notify
from officesmart_ivr.api.schema import Health
from officesmart_ivr.calls.admission import Admission
from officesmart_ivr.errors import ApiError, AriError, AriNotFoundError, AriUnavailableError

QUESTION_SECONDS = 2.0
"""A question that Asterisk answers in a millisecond; after so long it counts as stuck."""

PINGS = 3
"""The watchdog is told so many times within the time that it allows."""


class Asterisk(StrEnum):
    """What became of the question."""

    ANSWERS = "answers"
    STUCK = "stuck"
    AWAY = "away"


class Doctor:
    """Asks how Asterisk does.

    ``probe`` asks for what there is not (``AriClient.probe``). ``ready`` tells whether we are ready to serve
    calls.
    """

    def __init__(
        self, probe: Callable[[], Awaitable[None]], admission: Admission, ready: Callable[[], bool]
    ) -> None:
        self._probe = probe
        self._admission = admission
        self._ready = ready
        self.last = Asterisk.AWAY

    async def asterisk(self) -> Asterisk:
        """Look for a channel that there never is: a stuck Asterisk still answers pings, but not this."""
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                await self._probe()
            self.last = Asterisk.ANSWERS
        except TimeoutError:
            self.last = Asterisk.STUCK
        except AriNotFoundError:
            self.last = Asterisk.ANSWERS
        except AriUnavailableError:
            self.last = Asterisk.AWAY
        except AriError:
            self.last = Asterisk.ANSWERS
        return self.last

    async def health(self) -> Health:
        """Say that calls are served. Raises ApiError (503) where they are not: why, and what helps."""
        began = time.monotonic()
        asterisk = await self.asterisk()
        if asterisk is Asterisk.STUCK:
            what = f"it has not answered a question within {QUESTION_SECONDS:g} s"
            raise _ailment(
                "asterisk",
                what,
                "It hangs. 'up' starts it again by itself; else restart it. Talks end by that.",
            )
        if asterisk is Asterisk.AWAY:
            raise _ailment("asterisk", "it cannot be reached", "See whether it runs, and what its log says.")
        if self._admission.is_draining:
            raise _ailment("application", "it is about to stop, and takes no new calls", "None is needed.")
        if not self._ready():
            what = "it and Asterisk are being made to agree"
            raise _ailment("application", what, "If this lasts, its log says why.")
        return Health(self._admission.is_overloaded, time.monotonic() - began)

    async def watch(self) -> None:
        """Tell systemd again and again that calls can be served, where it wants to know.

        An Asterisk that is away comes back by itself, and we with it. One that hangs does not: then we are
        silent, so that the service counts as failed, and its log and its restarts tell of it.
        """
        seconds = notify.watchdog_seconds()
        if seconds is None:
            return
        while True:
            if await self.asterisk() is not Asterisk.STUCK:
                notify.tell(notify.WATCHDOG)
            await asyncio.sleep(seconds / PINGS)


def _ailment(where: str, what: str, remedy: str) -> ApiError:
    return ApiError(what, status=HTTPStatus.SERVICE_UNAVAILABLE, where=where, remedy=remedy)
