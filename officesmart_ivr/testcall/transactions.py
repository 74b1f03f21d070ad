"""SIP transactions over UDP (RFC 3261, section 17): sending again, matching, acknowledging failures.

Simplified where a test phone needs no more: a 2xx to INVITE is sent again by the same object as any other
final response, until its owner says that the ACK has come.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from officesmart_ivr.testcall.address import parse_parameters
from officesmart_ivr.testcall.errors import WaitedInVainError
from officesmart_ivr.testcall.message import Message, Request, Response
from officesmart_ivr.testcall.udp import HostPort

Send = Callable[[Message, HostPort], None]
_MAGIC_COOKIE = "z9hG4bK"


@dataclass(frozen=True)
class Timers:
    """``t1`` is the first time (s) after which a message is sent again, ``t2`` the longest."""

    t1: float = 0.5
    t2: float = 4.0

    @property
    def timeout(self) -> float:
        """How long (s) to try: timers B, F, H and J."""
        return 64 * self.t1


class _Repeater:
    """Sends a message at once and again, at doubling intervals, until stopped or out of time."""

    def __init__(
        self, send: Callable[[], None], timers: Timers, *, longest: float, out_of_time: Callable[[], None]
    ):
        self._loop = asyncio.get_running_loop()
        self._send, self._longest, self._out_of_time = send, longest, out_of_time
        self._gives_up_at = self._loop.time() + timers.timeout
        self._interval = timers.t1
        send()
        self._handle: asyncio.TimerHandle | None = self._loop.call_later(self._interval, self._again)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _again(self) -> None:
        if self._loop.time() >= self._gives_up_at:
            self._handle = None
            self._out_of_time()
            return
        self._send()
        self._interval = min(2 * self._interval, self._longest)
        self._handle = self._loop.call_later(self._interval, self._again)


class ClientTransaction:
    """A request of ours and what is answered to it. Await :meth:`final` for the final response."""

    def __init__(
        self,
        owner: Transactions,
        request: Request,
        to: HostPort,
        on_provisional: Callable[[Response], None] | None,
    ) -> None:
        self.request, self.to = request, to
        self.proceeding = False
        self._owner, self._on_provisional = owner, on_provisional
        self._final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._ack: tuple[Request, HostPort] | None = None
        is_invite = request.method == "INVITE"
        self._repeater = _Repeater(
            lambda: owner.send(request, to),
            owner.timers,
            longest=owner.timers.timeout if is_invite else owner.timers.t2,
            out_of_time=self._give_up,
        )

    async def final(self) -> Response:
        """The final response. Raises WaitedInVainError where none came (RFC 3261, timers B and F)."""
        return await asyncio.shield(self._final)

    def acknowledge(self, ack: Request, to: HostPort) -> None:
        """Send the ACK of a 2xx, and again whenever the 2xx comes again."""
        self._ack = (ack, to)
        self._owner.send(ack, to)

    def cancel(self, reason: str = "") -> ClientTransaction:
        """Send CANCEL for this INVITE; allowed only once a provisional response has come."""
        cancel = _repeating(self.request, "CANCEL", self.request.headers.get("To"))
        if reason:
            cancel.headers.add("Reason", reason)
        return self._owner.start(cancel, self.to, new_branch=False)

    def receive(self, response: Response) -> None:
        """A response to this request arrived."""
        if response.status < 200:
            self.proceeding = True
            if self.request.method == "INVITE":
                self._repeater.stop()
            if self._on_provisional is not None and not self._final.done():
                self._on_provisional(response)
            return
        self._repeater.stop()
        if self._final.done():
            if self._ack is not None:
                self._owner.send(*self._ack)
            return
        if self.request.method == "INVITE" and response.status >= 300:
            ack = _repeating(self.request, "ACK", response.headers.get("To"))
            self.acknowledge(ack, self.to)
        self._final.set_result(response)
        self._owner.forget_later(self)

    def close(self) -> None:
        """Stop sending; whoever awaits the final response is cancelled."""
        self._repeater.stop()
        self._final.cancel()

    def _give_up(self) -> None:
        self._owner.forget_later(self)
        if not self._final.done():
            where = f"{self.to[0]}:{self.to[1]}"
            self._final.set_exception(WaitedInVainError(f"{where} did not answer {self.request.method}"))
            self._final.exception()  # asked for here, so that an abandoned request makes no noise


class ServerTransaction:
    """A request of the other side and our answers to it."""

    def __init__(self, owner: Transactions, request: Request, sender: HostPort) -> None:
        self.request, self.sender = request, sender
        self.finished = False
        self.on_no_ack: Callable[[], None] | None = None
        self._owner = owner
        self._last: Response | None = None
        self._repeater: _Repeater | None = None

    def respond(self, response: Response) -> None:
        """Send a response; a final one to INVITE again and again until it is acknowledged."""
        if self.finished:
            return
        self._last = response
        if response.status < 200:
            self.repeat()
            return
        self.finished = True
        if self.request.method != "INVITE":
            self.repeat()
        else:
            self._repeater = _Repeater(
                self.repeat, self._owner.timers, longest=self._owner.timers.t2, out_of_time=self._give_up
            )
        self._owner.forget_later(self)

    def repeat(self) -> None:
        """Send the last response once more."""
        if self._last is not None:
            self._owner.send(self._last, self.sender)

    def acknowledged(self) -> None:
        """The ACK came."""
        if self._repeater is not None:
            self._repeater.stop()

    def close(self) -> None:
        """Stop sending."""
        self.acknowledged()

    def _give_up(self) -> None:
        if self.on_no_ack is not None:
            self.on_no_ack()


class Transactions:
    """All transactions of one socket. ``send`` puts a message on the wire.

    ``on_request`` gets each new request, ``on_ack`` each ACK (some phones use the INVITE's branch in it).
    """

    def __init__(
        self,
        send: Send,
        *,
        sent_by: str,
        timers: Timers,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request], None],
    ) -> None:
        self.send, self.timers = send, timers
        self._sent_by, self._on_request, self._on_ack = sent_by, on_request, on_ack
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}
        self._forgetting: set[asyncio.TimerHandle] = set()

    def start(
        self,
        request: Request,
        to: HostPort,
        *,
        on_provisional: Callable[[Response], None] | None = None,
        new_branch: bool = True,
    ) -> ClientTransaction:
        """Send a request, with our Via on top."""
        if new_branch:
            request.headers.put_first("Via", self.new_via())
        transaction = ClientTransaction(self, request, to, on_provisional)
        self._clients[_branch(request), request.method] = transaction
        return transaction

    def new_via(self) -> str:
        """A Via with a branch that no other request has."""
        return f"SIP/2.0/UDP {self._sent_by};rport;branch={_MAGIC_COOKIE}{secrets.token_hex(8)}"

    def receive(self, message: Request | Response, sender: HostPort) -> None:
        """A message arrived."""
        if isinstance(message, Response):
            client = self._clients.get((_branch(message), message.cseq[1]))
            if client is not None:  # else an answer to something long over
                client.receive(message)
            return
        known = self._servers.get(_server_key(message))
        if message.method == "ACK":
            if known is not None:
                known.acknowledged()
            self._on_ack(message)
        elif known is not None:
            known.repeat()
        else:
            server = ServerTransaction(self, message, sender)
            self._servers[_server_key(message)] = server
            self._on_request(server)

    def cancelled_by(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL is for, unless it has been answered finally."""
        branch, sent_by, _ = _server_key(cancel)
        invite = self._servers.get((branch, sent_by, "INVITE"))
        return None if invite is None or invite.finished else invite

    def forget_later(self, transaction: ClientTransaction | ServerTransaction) -> None:
        """Keep a finished transaction while copies of its messages may still come, then drop it."""

        def forget() -> None:
            self._forgetting.discard(handle)
            if isinstance(transaction, ClientTransaction):
                request = transaction.request
                self._clients.pop((_branch(request), request.method), None)
            else:
                self._servers.pop(_server_key(transaction.request), None)

        handle = asyncio.get_running_loop().call_later(self.timers.timeout, forget)
        self._forgetting.add(handle)

    def close(self) -> None:
        """Stop all sending and timers."""
        for handle in self._forgetting:
            handle.cancel()
        for client in self._clients.values():
            client.close()
        for server in self._servers.values():
            server.close()
        self._forgetting.clear()
        self._clients.clear()
        self._servers.clear()


def _branch(message: Message) -> str:
    via = next(iter(message.headers.items_of("Via")), "")
    return parse_parameters(via).get("branch", "")


def _server_key(request: Request) -> tuple[str, str, str]:
    """What two copies of a request have in common (RFC 3261, section 17.2.3)."""
    via = next(iter(request.headers.items_of("Via")), "")
    sent_by = via.partition(";")[0]
    return _branch(request), sent_by, "INVITE" if request.method == "ACK" else request.method


def _repeating(request: Request, method: str, to: str) -> Request:
    """The CANCEL or ACK that goes with an INVITE: the same top Via, From, Call-ID and number."""
    copy = Request(method, request.uri)
    copy.headers.add("Via", request.headers.items_of("Via")[0])
    for route in request.headers.all("Route"):
        copy.headers.add("Route", route)
    copy.headers.add("Max-Forwards", "70")
    copy.headers.add("From", request.headers.get("From"))
    copy.headers.add("To", to)
    copy.headers.add("Call-ID", request.call_id)
    copy.headers.add("CSeq", f"{request.cseq[0]} {method}")
    return copy
