"""Watching phones and trunks: what Asterisk tells of them, told to who keeps their state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import Event
from officesmart_ivr.asterisk.ami import AmiAccess
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


class Watch:
    """Follows the phones and trunks of one Asterisk.

    ``access`` is None where the manager interface is not to be used. ``trunks`` gives the trunks of the plan
    that holds now; ``registered`` is told which extension's phone can be reached, or can no more. To be used
    in this order at each connection: :meth:`subscribe`, provisioning, :meth:`look`, :meth:`look_again`.
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
        self._reachability = Reachability(ari, self._reached, phones.heard)
        self._registrations = Registrations(access, board, trunks, clock) if access else None
        self._board = board
        self._phones = phones
        self._registered = registered
        self._clock = clock

    async def run(self) -> None:
        """Follow the registrations until cancelled; where nobody can, say so and end."""
        if self._registrations is None:
            self._board.registrations_unknown(NO_ACCESS, self._clock())
        else:
            await self._registrations.run()

    def receive(self, event: Event) -> bool:
        """Take an event of the stream if it is about a phone or trunk; say whether it was."""
        return self._reachability.receive(event)

    async def subscribe(self) -> None:
        """Have the events sent, which starts anew with each connection. Raises AriError."""
        await self._reachability.subscribe()
        self._phones.forget()

    async def look(self) -> None:
        """Look up what happened while nobody listened. Raises AriError."""
        await self._reachability.look(settled=False)

    async def look_again(self) -> None:
        """Wait until all trunks have been asked, and see which did not answer."""
        await asyncio.sleep(SETTLED_SECONDS)
        try:
            await self._reachability.look(settled=True)
        except AriError as error:
            _log.warning("the state of the trunks could not be looked up: %s", error)

    def _reached(self, endpoint: str, is_reachable: bool) -> None:
        trunk = trunk_of(endpoint)
        if trunk is None:
            self._registered(endpoint, is_reachable)
        elif self._board.reached(trunk, is_reachable, self._clock()) and self._registrations:
            # A carrier that was away may have lost our registration; Asterisk would wait for its next turn.
            self._registrations.try_again(trunk)
