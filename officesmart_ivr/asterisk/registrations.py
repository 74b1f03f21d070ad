"""Our registrations at carriers, as Asterisk keeps them; only the manager interface (AMI) tells of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import NoReturn

from officesmart_ivr.ari.stream import backoff
from officesmart_ivr.asterisk.ami import Ami, AmiAccess, Packet, logged_in
from officesmart_ivr.asterisk.provisioning import registered_address
from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.core.target import trunk_endpoint, trunk_of
from officesmart_ivr.errors import AmiError
from officesmart_ivr.state.trunks import Registration, TrunkBoard

_log = logging.getLogger(__name__)

NO_ACCESS = "only Asterisk's manager interface (AMI) tells of the registration, and no access was given to it"
"""What the status says where the application was given no access."""

LONGEST_WAIT_SECONDS = 15.0

_REGISTRATIONS = {"Registered": Registration.REGISTERED, "Rejected": Registration.REJECTED}
"""Asterisk's words; any other (``Unregistered``) means that no answer has come yet."""


class Registrations:
    """Follows the registrations and reports them to the board.

    ``trunks`` gives the trunks of the plan that holds now. ``delays`` and ``sleep`` are for tests.
    """

    def __init__(
        self,
        access: AmiAccess,
        board: TrunkBoard,
        trunks: Callable[[], Mapping[str, Trunk]],
        clock: Callable[[], datetime],
        *,
        delays: Callable[[], Iterator[float]] = lambda: backoff(limit=LONGEST_WAIT_SECONDS),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._access = access
        self._board = board
        self._trunks = trunks
        self._clock = clock
        self._delays = delays
        self._sleep = sleep
        self._ami: Ami | None = None

    async def run(self) -> NoReturn:
        """Follow for ever, connecting again after every loss; each row of failures is logged once."""
        delays = self._delays()
        told = ""
        while True:
            try:
                async with logged_in(self._access) as ami:
                    delays, told = self._delays(), ""
                    await self._follow(ami)
            except AmiError as error:
                why = error
            except Exception:
                # A state that nobody follows any more could refuse calls for ever.
                _log.exception("following the registrations failed by a fault")
                why = AmiError("the application failed to follow the registrations")
            self._board.registrations_unknown(why.message, self._clock())
            if why.message != told:
                _log.warning("the state of registrations is not known, trying again: %s", why)
                told = why.message
            await self._sleep(next(delays))

    def try_again(self, trunk: str) -> None:
        """Have Asterisk register now instead of at its next turn, as when a carrier is back."""
        known = self._trunks().get(trunk)
        if self._ami is not None and known and known.registers:
            self._ami.send("PJSIPRegister", Registration=trunk_endpoint(trunk))

    async def _follow(self, ami: Ami) -> NoReturn:
        """Take what Asterisk says until the connection is lost. Raises AmiError."""
        self._board.registrations_followed(self._clock())
        ami.send("PJSIPShowRegistrationsOutbound")
        self._ami = ami
        try:
            while True:
                self._receive(await ami.packet())
        finally:
            self._ami = None

    def _receive(self, packet: Packet) -> None:
        match packet.get("Event"):
            case "OutboundRegistrationDetail":
                if name := trunk_of(packet.get("ObjectName", "")):
                    self._report(name, packet)
            case "Registry":
                # The event names the account, not the object.
                for name, trunk in self._trunks().items():
                    if trunk.registers and registered_address(trunk) == packet.get("Username"):
                        self._report(name, packet)

    def _report(self, trunk: str, packet: Packet) -> None:
        status = _REGISTRATIONS.get(packet.get("Status", ""), Registration.TRYING)
        self._board.registration(trunk, status, self._clock())
