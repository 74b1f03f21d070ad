"""Watching phones and trunks: what Asterisk tells of them, told to who keeps their state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.asterisk.ami import AmiAccess
from officesmart_ivr.asterisk.manager import Listener, Manager
from officesmart_ivr.asterisk.provisioning import QUALIFY_TIMEOUT_SECONDS, TRUNK_QUALIFY_SECONDS
from officesmart_ivr.asterisk.reachability import Reachability
from officesmart_ivr.asterisk.registrations import NO_ACCESS, Registrations
from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.core.target import trunk_of
from officesmart_ivr.errors import AriError
from officesmart_ivr.state.phones import PhoneBoard
from officesmart_ivr.state.trunks import TrunkBoard

_log = logging.getLogger(__name__)

SETTLED_SECONDS = TRUNK_QUALIFY_SECONDS + QUALIFY_TIMEOUT_SECONDS + 1
"""By then every server of a trunk has been asked, and has had its time to answer."""


LOOK_SECONDS = 60.0
"""How often all endpoints are looked up although each change is told: an event may be missed."""

LOOK_SECONDS_UNTOLD = 10.0
"""How often where nobody tells of changes."""


class Watch:
    """Follows the phones and trunks of one Asterisk.

    ``access`` is None where the manager interface is not to be used. ``trunks`` gives the trunks of the plan
    that holds now; ``registered`` is told which extension's phone can be reached, or can no more. To be used
    in this order at each connection to ARI: provisioning, :meth:`look`, :meth:`look_again`. ``listeners`` are
    told what the manager interface says.
    """

    def __init__(
        self,
        ari: AriClient,
        access: AmiAccess | None,
        board: TrunkBoard,
        phones: PhoneBoard,
        trunks: Callable[[], Mapping[str, Trunk]],
        registered: Callable[[str, bool], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._reachability = Reachability(ari, self._reached, phones.heard, phones.forget)
        self._registrations = Registrations(board, trunks, clock)
        self.listeners: Sequence[Listener] = (self._registrations, self._reachability)
        self._manager = Manager(access, self.listeners) if access else None
        self._board = board
        self._registered = registered
        self._clock = clock
        self._settled = False

    async def run(self) -> None:
        """Follow phones and registrations until cancelled."""
        if self._manager is None:
            self._board.registrations_unknown(NO_ACCESS, self._clock())
            await self._look_again_and_again(LOOK_SECONDS_UNTOLD)
        else:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._manager.run())
                both.create_task(self._look_again_and_again(LOOK_SECONDS))

    async def look(self) -> None:
        """Look up what happened while nobody listened. Raises AriError."""
        self._settled = False
        await self._reachability.look(settled=False)

    async def look_at_new(self) -> None:
        """Look what became of trunks that an edit has made or changed."""
        self._settled = False
        self._registrations.ask()
        await self.look_again()

    async def look_again(self) -> None:
        """Wait until all trunks have been asked, and see which did not answer."""
        await asyncio.sleep(SETTLED_SECONDS)
        self._settled = True
        await self._try_to_look()

    async def _look_again_and_again(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._try_to_look()

    async def _try_to_look(self) -> None:
        try:
            await self._reachability.look(settled=self._settled)
        except AriError as error:
            _log.warning("the state of phones and trunks could not be looked up: %s", error)

    def _reached(self, endpoint: str, is_reachable: bool) -> None:
        trunk = trunk_of(endpoint)
        if trunk is None:
            self._registered(endpoint, is_reachable)
        elif self._board.reached(trunk, is_reachable, self._clock()):
            # A carrier that was away may have lost our registration; Asterisk would wait for its next turn.
            self._registrations.try_again(trunk)
