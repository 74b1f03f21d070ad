"""Asterisk kept to the newest plan: its phones and trunks, and the variables that the dialplan reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk import provisioning
from officesmart_ivr.asterisk.provisioning import Objects
from officesmart_ivr.errors import AriError

_log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
_LONGEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Asterisk is to have: phones and trunks, and the variables of :mod:`.dialplan`."""

    objects: Objects
    variables: Mapping[str, str]


class Provisioner:
    """Teaches one Asterisk. ``newest`` says what it is to have at this moment.

    Run :meth:`run` beside the calls.
    """

    def __init__(self, ari: AriClient, newest: Callable[[], Wanted]) -> None:
        self._ari = ari
        self._newest = newest
        self._known: Wanted | None = None
        self._one_at_a_time = asyncio.Lock()
        self._behind = asyncio.Event()

    async def renew(self) -> None:
        """Teach everything anew, as after a connection: Asterisk may have been restarted. Raises AriError.

        Several may be raised as a group.
        """
        async with self._one_at_a_time:
            self._known = None
            await self._teach()

    async def follow(self) -> str:
        """Teach what has changed. Where that fails, return why, and try again until it is done."""
        why = ""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS), self._one_at_a_time:
                await self._teach()
        except* (AriError, TimeoutError) as errors:
            why = _reason(errors)
            self._behind.set()
        return why

    async def run(self) -> None:
        """Try again what has failed, for ever."""
        while True:
            await self._behind.wait()
            self._behind.clear()
            await asyncio.sleep(RETRY_SECONDS)
            if why := await self.follow():
                _log.debug("Asterisk does not know the newest plan yet: %s", why)
            else:
                _log.warning("Asterisk knows the newest plan's phones and trunks now")

    async def _teach(self) -> None:
        newest, known = self._newest(), self._known
        # Half of it may be done when it fails; then nobody knows what is known.
        self._known = None
        for name, value in newest.variables.items():
            if known is None or known.variables.get(name) != value:
                await self._ari.asterisk.set_variable(name, value)
        if known is None:
            await provisioning.reconcile(self._ari, newest.objects)
        else:
            await provisioning.follow(self._ari, newest.objects, known.objects)
        self._known = newest


def _reason(errors: BaseExceptionGroup[BaseException]) -> str:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.message if isinstance(error, AriError) else "it does not answer in time"
