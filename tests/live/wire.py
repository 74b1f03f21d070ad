"""SIP over UDP as it is written: what a test phone would never send."""

from __future__ import annotations

from secrets import token_hex
from types import TracebackType
from typing import Self

from officesmart_ivr.testcall.address import parse_address
from officesmart_ivr.testcall.errors import MessageError
from officesmart_ivr.testcall.message import Request, Response, parse_message
from officesmart_ivr.testcall.udp import HostPort, UdpSocket
from officesmart_ivr.testcall.waiting import Signal

_COOKIE = "z9hG4bK-"


class Wire:
    """A socket of somebody who sends what he likes, from a loopback address of his own.

    ``requests`` are those that came in, ``responses`` the final ones by Call-ID. A call that is answered is
    hung up.
    """

    def __init__(self, server: HostPort, host: str = "127.0.0.1") -> None:
        self.server = server
        self.requests: list[Request] = []
        self.responses: dict[str, Response] = {}
        self._arrived = Signal()
        self._socket = UdpSocket(host, 0, self._receive)
        self.host, self.port = self._socket.address

    def send(self, message: bytes | str) -> None:
        """Send one datagram."""
        self._socket.send(message if isinstance(message, bytes) else message.encode(), self.server)

    async def response(self, call_id: str, *, within: float = 3.0) -> Response:
        """The final response to the request with this Call-ID. Raises WaitedInVainError."""
        return await self._arrived.until(
            lambda: self.responses.get(call_id), within=within, what=lambda: f"no answer to {call_id}"
        )

    def request(self, method: str, user: str, call_id: str, *more: str, sender: str = "") -> str:
        """A request to ``user`` that is in order; ``more`` are lines of its head, ``sender`` another From."""
        at = f"{self.host}:{self.port}"
        lines = [
            f"{method} sip:{user}@{self.server[0]}:{self.server[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {at};branch={_COOKIE}{token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: {sender or f'<sip:{user}@{at}>'};tag=1",
            f"To: <sip:{user}@{self.server[0]}>",
            f"Call-ID: {call_id}",
            f"CSeq: 1 {method}",
            f"Contact: <sip:{at}>",
            *more,
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""])

    def _receive(self, data: bytes, sender: HostPort, arrived_ns: int) -> None:
        try:
            message = parse_message(data)
        except MessageError:
            return  # an answer may quote what was wrong in the question
        if isinstance(message, Request):
            self.requests.append(message)
        elif message.status >= 200:
            self.responses[message.call_id] = message
            if message.cseq[1] == "INVITE" and message.status < 300:
                self._hang_up(message)
        self._arrived.notify()

    def _hang_up(self, answer: Response) -> None:
        """End a call that was answered: nobody talks here."""
        number, _ = answer.cseq
        for method, cseq in (("ACK", number), ("BYE", number + 1)):
            request = Request(method, parse_address(answer.headers.get("Contact")).uri)
            via = f"SIP/2.0/UDP {self.host}:{self.port};branch={_COOKIE}{token_hex(8)};rport"
            request.headers.add("Via", via)
            request.headers.add("Max-Forwards", "70")
            for name in ("From", "To", "Call-ID"):
                request.headers.add(name, answer.headers.get(name))
            request.headers.add("CSeq", f"{cseq} {method}")
            self.send(request.render())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
