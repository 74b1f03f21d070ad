"""What a phone and its calls send through: one socket, its transactions, the phone's identity."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from officesmart_ivr.testcall.address import NameAddress
from officesmart_ivr.testcall.digest import authorization, best_challenge
from officesmart_ivr.testcall.errors import MessageError
from officesmart_ivr.testcall.message import Message, Request, Response, parse_message
from officesmart_ivr.testcall.tones import Detector
from officesmart_ivr.testcall.transactions import ClientTransaction, ServerTransaction, Timers, Transactions
from officesmart_ivr.testcall.udp import HostPort, UdpSocket


@dataclass(frozen=True)
class Credentials:
    """Who a phone is, and the password that proves it; an empty one proves nothing."""

    user: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Trace:
    """One message as it was sent or as it arrived; ``at_ns`` is monotonic."""

    at_ns: int
    sent: bool
    message: Message

    def __str__(self) -> str:
        return f"{'->' if self.sent else '<-'} {self.message.first_line()}"


class UserAgent:
    """Sends and receives SIP for one phone, answering digest challenges, and records every message."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        host: str,
        port: int,
        timers: Timers,
        detector: Detector,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request], None],
    ) -> None:
        self.credentials, self.timers, self.detector = credentials, timers, detector
        self.unplugged = False
        self.unreadable = 0
        self.records: dict[str, list[Trace]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = UdpSocket(host, port, self._on_datagram)
        self.host, self.port = self._socket.address
        self.transactions = Transactions(
            self._send,
            sent_by=f"{self.host}:{self.port}",
            timers=timers,
            on_request=on_request,
            on_ack=on_ack,
        )

    @property
    def contact(self) -> str:
        """The address at which this phone takes requests."""
        return str(NameAddress(f"sip:{self.credentials.user}@{self.host}:{self.port}"))

    async def exchange(
        self,
        request: Request,
        to: HostPort,
        *,
        next_number: Callable[[], int],
        on_start: Callable[[ClientTransaction], None] = lambda transaction: None,
        on_provisional: Callable[[Response], None] | None = None,
    ) -> tuple[ClientTransaction, Response]:
        """Send a request, once more with credentials if asked for them, and return the final response.

        ``on_start`` gets the transaction of each attempt. Raises WaitedInVainError without an answer.
        """
        transaction = self.transactions.start(request, to, on_provisional=on_provisional)
        on_start(transaction)
        response = await transaction.final()
        if response.status in (401, 407) and self.credentials.password:
            again = self._with_credentials(request, response, next_number())
            transaction = self.transactions.start(again, to, on_provisional=on_provisional)
            on_start(transaction)
            response = await transaction.final()
        return transaction, response

    def send_ack(self, transaction: ClientTransaction, ack: Request, to: HostPort) -> None:
        """Acknowledge a 2xx; its ACK is a request of its own, with a Via of its own."""
        ack.headers.put_first("Via", self.transactions.new_via())
        transaction.acknowledge(ack, to)

    def record(self, call_id: str) -> list[Trace]:
        """Begin to record the messages of a call; :meth:`forget` ends it."""
        return self.records.setdefault(call_id, [])

    def forget(self, call_id: str) -> None:
        """End the record of a call; the list stays with whoever has it."""
        self.records.pop(call_id, None)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside until it ends or the phone closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all work and close the socket."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.transactions.close()
        self._socket.close()

    def _with_credentials(self, request: Request, response: Response, number: int) -> Request:
        at_server = response.status == 401
        asked, given = (
            ("WWW-Authenticate", "Authorization")
            if at_server
            else ("Proxy-Authenticate", "Proxy-Authorization")
        )
        challenge = best_challenge(response.headers.all(asked))
        again = Request(request.method, request.uri, body=request.body)
        for name, value in request.headers:
            if name not in ("Via", "CSeq"):
                again.headers.add(name, value)
        again.headers.add("CSeq", f"{number} {request.method}")
        proof = authorization(
            challenge,
            user=self.credentials.user,
            password=self.credentials.password,
            method=request.method,
            uri=request.uri,
        )
        again.headers.add(given, proof)
        return again

    def _send(self, message: Message, to: HostPort) -> None:
        if self.unplugged:
            return
        now_ns = time.monotonic_ns()  # before sending: an answer can arrive while sendto is still returning
        self._socket.send(message.render(), to)
        self._note(message, now_ns, sent=True)

    def _on_datagram(self, data: bytes, sender: HostPort, arrived_ns: int) -> None:
        if self.unplugged or not data.strip():  # bare line ends keep a NAT open
            return
        try:
            message = parse_message(data)
            message.arrived_ns = arrived_ns
            self._note(message, arrived_ns, sent=False)
            self.transactions.receive(message, sender)
        except MessageError:
            self.unreadable += 1

    def _note(self, message: Message, at_ns: int, *, sent: bool) -> None:
        record = self.records.get(message.call_id)
        if record is not None:
            record.append(Trace(at_ns, sent, message))
