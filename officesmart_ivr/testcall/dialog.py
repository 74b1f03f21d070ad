"""A SIP dialog: what both sides keep in order to talk about the same call (RFC 3261, section 12)."""

from __future__ import annotations

import secrets

from officesmart_ivr.testcall.address import NameAddress, host_port_of, parse_address
from officesmart_ivr.testcall.message import Request, Response
from officesmart_ivr.testcall.udp import HostPort


class Dialog:
    """Names both ends, and makes the requests between them.

    ``target`` is the URI that the other side wants requests at, ``routes`` the proxies in between.
    """

    def __init__(self, call_id: str, local: NameAddress, remote: NameAddress, target: str) -> None:
        self.call_id, self.local, self.remote, self.target = call_id, local, remote, target
        self.routes: list[str] = []
        self._number = secrets.randbelow(10_000)

    @classmethod
    def of_invite(cls, invite: Request) -> Dialog:
        """The dialog of a call that came in. Raises MessageError for an INVITE without usable addresses."""
        local = parse_address(invite.headers.get("To"))
        local.parameters["tag"] = new_tag()
        remote = parse_address(invite.headers.get("From"))
        target = parse_address(next(iter(invite.headers.items_of("Contact")), "")).uri
        dialog = cls(invite.call_id, local, remote, target)
        dialog.routes = invite.headers.items_of("Record-Route")
        return dialog

    def learn(self, response: Response) -> None:
        """Take over the other side's tag, target and route from a response to our INVITE."""
        self.remote = parse_address(response.headers.get("To"))
        self.learn_target(response)
        self.routes = list(reversed(response.headers.items_of("Record-Route")))

    def learn_target(self, message: Request | Response) -> None:
        """Take over the other side's Contact, which it may change during the call."""
        contacts = message.headers.items_of("Contact")
        if contacts:
            self.target = parse_address(contacts[0]).uri

    def request(self, method: str, *, number: int | None = None) -> Request:
        """A request in this dialog. ``number`` is that of the INVITE for its ACK, else a new one."""
        if number is None:
            number = self.next_number()
        request = Request(method, self.target)
        for route in self.routes:
            request.headers.add("Route", route)
        request.headers.add("Max-Forwards", "70")
        request.headers.add("From", str(self.local))
        request.headers.add("To", str(self.remote))
        request.headers.add("Call-ID", self.call_id)
        request.headers.add("CSeq", f"{number} {method}")
        return request

    def next_number(self) -> int:
        """The number of our next request."""
        self._number += 1
        return self._number

    def next_hop(self) -> HostPort:
        """Where our requests go. Raises MessageError where the target is no SIP URI."""
        return host_port_of(parse_address(self.routes[0]).uri if self.routes else self.target)


def new_tag() -> str:
    """A tag for a From or To."""
    return secrets.token_hex(6)


def new_call_id(host: str) -> str:
    """A Call-ID that no other call has."""
    return f"{secrets.token_hex(12)}@{host}"
