"""Our registrations at carriers, as Asterisk keeps them; only the manager interface (AMI) tells of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from officesmart_ivr.asterisk.ami import Ami, Packet
from officesmart_ivr.asterisk.provisioning import registered_address
from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.core.target import trunk_endpoint, trunk_of
from officesmart_ivr.state.trunks import Registration, TrunkBoard

NO_ACCESS = "only Asterisk's manager interface (AMI) tells of the registration, and no access was given to it"
"""What the status says where the application was given no access."""

_REGISTRATIONS = {"Registered": Registration.REGISTERED, "Rejected": Registration.REJECTED}
"""Asterisk's words; any other (``Unregistered``) means that no answer has come yet."""


class Registrations:
    """Listens for the registrations and reports them to the board.

    ``trunks`` gives the trunks of the plan that holds now.
    """

    def __init__(
        self, board: TrunkBoard, trunks: Callable[[], Mapping[str, Trunk]], clock: Callable[[], datetime]
    ) -> None:
        self._board = board
        self._trunks = trunks
        self._clock = clock
        self._ami: Ami | None = None

    async def connected(self, ami: Ami) -> None:
        """Ask for the state of all registrations."""
        self._board.registrations_followed(self._clock())
        self._ami = ami
        self.ask()

    def lost(self, why: str) -> None:
        """Know nothing of registrations any more."""
        self._ami = None
        self._board.registrations_unknown(why, self._clock())

    def try_again(self, trunk: str) -> None:
        """Have Asterisk register now instead of at its next turn, as when a carrier is back."""
        known = self._trunks().get(trunk)
        if self._ami is not None and known and known.registers:
            self._ami.send("PJSIPRegister", Registration=trunk_endpoint(trunk))

    def ask(self) -> None:
        """Ask Asterisk for the state of all registrations, as when trunks were changed."""
        if self._ami is not None:
            self._ami.send("PJSIPShowRegistrationsOutbound")

    def receive(self, packet: Packet) -> None:
        """Take a packet if it is about a registration."""
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
