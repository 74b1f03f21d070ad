"""One call of a test phone, from the moment both sides know each other: keys, hold, transfer, the end."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from officesmart_ivr.testcall import sdp as sdp_module
from officesmart_ivr.testcall.agent import Trace, UserAgent
from officesmart_ivr.testcall.dialog import Dialog
from officesmart_ivr.testcall.errors import MessageError, PhoneError, RefusedError, WaitedInVainError
from officesmart_ivr.testcall.message import Message, Request, Response, reason_of, respond
from officesmart_ivr.testcall.packets import KEYS
from officesmart_ivr.testcall.rtp import RtpEndpoint
from officesmart_ivr.testcall.sdp import Codec, Sdp, parse_sdp
from officesmart_ivr.testcall.transactions import ServerTransaction
from officesmart_ivr.testcall.waiting import Signal

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY"
_CAUSE = re.compile(r"^\s*Q\.850\s*;.*?cause\s*=\s*(\d+)", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^\s*SIP\s*;.*?cause\s*=\s*200", re.IGNORECASE)
_Q850_ANSWERED_ELSEWHERE = 26


class CallState(StrEnum):
    """How far a call is; it only ever moves down this list."""

    CALLING = "calling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True)
class Ending:
    """How a call ended.

    ``status`` is the final answer to its INVITE: 200 for an answered call, 487 for a cancelled one, 408 where
    no usable answer came. ``by_us`` tells who ended it. ``reasons`` are the Reason headers (RFC 3326) of
    the BYE, CANCEL or response that ended it.
    """

    status: int
    by_us: bool
    reasons: tuple[str, ...] = ()

    @property
    def cause(self) -> int | None:
        """The Q.850 cause; None where none was given."""
        return next((int(m[1]) for reason in self.reasons if (m := _CAUSE.match(reason))), None)

    @property
    def answered_elsewhere(self) -> bool:
        """Whether the phone should not show this call as missed."""
        return self.cause == _Q850_ANSWERED_ELSEWHERE or any(map(_ELSEWHERE.match, self.reasons))


class Call:
    """What calls in both directions share. ``rtp`` is its sound, ``messages`` all its SIP.

    ``changed`` tells how far it has come.

    The times are monotonic, in ns, and 0 until the thing has happened: ``invited_ns`` when the INVITE was
    sent or came, ``ringing_ns`` its first 18x, ``answered_ns`` the 200, ``ended_ns`` the end.
    """

    def __init__(
        self, agent: UserAgent, dialog: Dialog, codecs: tuple[Codec, ...], on_end: Callable[[Call], None]
    ) -> None:
        self.state = CallState.CALLING
        self.ending: Ending | None = None
        self.invited_ns = self.ringing_ns = self.answered_ns = self.ended_ns = 0
        self.dialog = dialog
        self.rtp = RtpEndpoint(agent.host, detector=agent.detector)
        self.messages: list[Trace] = agent.record(dialog.call_id)
        self._agent, self._codecs, self._on_end = agent, codecs, on_end
        self.changed = Signal()
        self._local_sdp = Sdp(self.rtp.host, self.rtp.port, codecs)
        self._reinvite: ServerTransaction | None = None
        self._transfer_status = 0

    # --- waiting ---

    async def ringing(self, *, within: float = 5.0) -> None:
        """Wait until the call rings (or more). Raises RefusedError if it ends before that."""
        await self._reach(CallState.RINGING, within)

    async def answered(self, *, within: float = 10.0) -> None:
        """Wait for the answer. Raises RefusedError, with its status, if the call ends before that."""
        await self._reach(CallState.ANSWERED, within)

    async def ended(self, *, within: float = 30.0) -> Ending:
        """Wait for the end, whoever brings it about. Raises WaitedInVainError."""
        return await self.changed.until(
            lambda: self.ending, within=within, what=lambda: f"the call did not end; it is {self.state}"
        )

    # --- during the call ---

    async def press(self, keys: str, *, by_info: bool = False, seconds: float = 0.1, gap: float = 0.1) -> int:
        """Press keys, in RTP or by SIP INFO; return when the last one's END (or INFO) went out (ns).

        More ways to press (lost END, …) are those of :meth:`RtpEndpoint.press`.
        """
        if not by_info:
            return await self.rtp.press(keys, seconds=seconds, gap=gap)
        if not keys or set(keys) - set(KEYS):
            raise PhoneError(f"'{keys}' is not a row of keys", remedy=f"Use the keys {KEYS}.")
        sent_ns = 0
        for key in keys:
            body = f"Signal={key}\r\nDuration={round(seconds * 1000)}\r\n"
            sent_ns = time.monotonic_ns()
            await self._request("INFO", body=body, content_type="application/dtmf-relay")
        return sent_ns

    async def hold(self) -> None:
        """Put the other side on hold: it may send no sound to us."""
        await self._offer("sendonly")

    async def resume(self) -> None:
        """End the hold."""
        await self._offer("sendrecv")

    async def transfer(self, number: str, *, within: float = 30.0) -> int:
        """Send the other side on to ``number`` (REFER); return the status of the new call, 200 if it worked.

        Raises RefusedError where the transfer itself is refused.
        """
        user, at, host = self.dialog.remote.uri.partition("@")
        domain = host if at else user.partition(":")[2]
        return await self._refer(f"<sip:{number}@{domain}>", within)

    async def transfer_to(self, other: Call, *, within: float = 30.0) -> int:
        """Connect the other sides of this call and of ``other`` (REFER with Replaces, RFC 3891)."""
        theirs = other.dialog
        replaces = f"{theirs.call_id};to-tag={theirs.remote.tag};from-tag={theirs.local.tag}"
        return await self._refer(f"<{theirs.remote.uri}?Replaces={quote(replaces, safe='')}>", within)

    async def hang_up(self) -> None:
        """End the call in whatever state it is; harmless when it has ended."""
        if self.state is CallState.ANSWERED:
            await self._bye()

    # --- for the phone that owns the call ---

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request of the other side within this call."""
        request = transaction.request
        match request.method:
            case "BYE":
                transaction.respond(respond(request, 200))
                self._end(200, by_us=False, message=request)
            case "INVITE" | "UPDATE":
                self._on_offer(transaction)
            case "NOTIFY":
                transaction.respond(respond(request, 200))
                self._on_notify(request)
            case "INFO" | "OPTIONS" | "MESSAGE":
                transaction.respond(respond(request, 200))
            case "REFER":
                transaction.respond(respond(request, 603))
            case _:
                transaction.respond(respond(request, 405, headers=[("Allow", ALLOW)]))

    def on_ack(self, ack: Request) -> None:
        """The ACK of a 200 of ours; it carries the answer where the 200 carried the offer."""
        if self._reinvite is not None:
            self._reinvite.acknowledged()
            self._reinvite = None
        if ack.body:
            self._connect(parse_sdp(ack.body))

    # --- inside ---

    async def _reach(self, state: CallState, within: float) -> None:
        wanted = list(CallState).index(state)

        def reached() -> bool | None:
            return True if list(CallState).index(self.state) >= wanted else None

        await self.changed.until(
            reached, within=within, what=lambda: f"the call is not {state}, but {self.state}"
        )
        # A call that was answered and has ended since has been answered all the same.
        never_answered = not self.answered_ns
        if self.ending is not None and never_answered and (wanted > 1 or not self.ringing_ns):
            status = self.ending.status
            raise RefusedError(f"the call ended with {status} {reason_of(status)}", status=status)

    def _move(self, state: CallState) -> None:
        if list(CallState).index(state) > list(CallState).index(self.state):
            self.state = state
            self.changed.notify()

    def _end(self, status: int, *, by_us: bool, message: Message | None = None) -> None:
        if self.ending is not None:
            return
        reasons = tuple(message.headers.items_of("Reason")) if message is not None else ()
        self.ending = Ending(status, by_us, reasons)
        self.ended_ns = (message.arrived_ns if message is not None else 0) or time.monotonic_ns()
        self.rtp.close()
        self._move(CallState.ENDED)
        self._on_end(self)

    def _connect(self, remote: Sdp, agreed: Sdp | None = None) -> None:
        """Send sound to where the other side wants it; silence, unless we are saying something already.

        ``agreed`` is our answer where ``remote`` is an offer; an answer of the other side is agreed itself.
        """
        agreed = agreed or remote
        self.rtp.connect(remote.address, codec=agreed.codec, key_type=agreed.key_type)
        if not self.rtp.speaking and self.rtp.can_speak:
            self.rtp.say_silence()

    async def _request(self, method: str, *, body: str = "", content_type: str = "", **more: str) -> Response:
        """Send a request within the call. Raises RefusedError unless it is answered by a 2xx."""
        request = self.dialog.request(method)
        request.headers.add("Contact", self._agent.contact)
        for name, value in more.items():
            request.headers.add(name.replace("_", "-"), value)
        if body:
            request.headers.add("Content-Type", content_type)
            request.body = body
        transaction, response = await self._agent.exchange(
            request, self.dialog.next_hop(), next_number=self.dialog.next_number
        )
        if method == "INVITE" and response.status < 300:
            ack = self.dialog.request("ACK", number=transaction.request.cseq[0])
            self._agent.send_ack(transaction, ack, self.dialog.next_hop())
        if response.status >= 300:
            raise RefusedError(
                f"{method} was answered with {response.status} {response.reason}", status=response.status
            )
        return response

    async def _bye(self) -> None:
        # Where the other side knows nothing of the call, it has ended all the same.
        with contextlib.suppress(RefusedError, WaitedInVainError):
            await self._request("BYE")
        self._end(200, by_us=True)

    async def _offer(self, direction: str) -> None:
        self._local_sdp = sdp_module.held(self._local_sdp, direction)
        response = await self._request(
            "INVITE", body=self._local_sdp.render(), content_type="application/sdp"
        )
        self.dialog.learn_target(response)
        self._connect(parse_sdp(response.body))

    def _on_offer(self, transaction: ServerTransaction) -> None:
        """Answer a re-INVITE or UPDATE; one without SDP asks for our offer (a re-INVITE) or for nothing."""
        request = transaction.request
        body = ""
        try:
            self.dialog.learn_target(request)
            if request.body:
                body = self._answer_to(request).render()
            elif request.method == "INVITE":
                body = self._local_sdp.render()
        except MessageError:
            transaction.respond(respond(request, 400))
            return
        except RefusedError as refusal:
            transaction.respond(respond(request, refusal.status))
            return
        if request.method == "INVITE":
            self._reinvite = transaction
        transaction.respond(self._success(request, body))

    def _answer_to(self, request: Request) -> Sdp:
        """Take over the offer in ``request``, and return our answer to it."""
        offer = parse_sdp(request.body)
        answer = sdp_module.answer(offer, host=self.rtp.host, port=self.rtp.port, codecs=self._codecs)
        self._local_sdp = answer
        self._connect(offer, answer)
        return answer

    def _success(self, request: Request, body: str) -> Response:
        headers = [("Contact", self._agent.contact), ("Allow", ALLOW)]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        return respond(request, 200, to_tag=self.dialog.local.tag, headers=headers, body=body)

    async def _refer(self, refer_to: str, within: float) -> int:
        self._transfer_status = 0
        await self._request("REFER", Refer_To=refer_to, Referred_By=f"<{self.dialog.local.uri}>")

        def outcome() -> int | None:
            over = self._transfer_status >= 200 or self.state is CallState.ENDED
            return self._transfer_status if over else None

        return await self.changed.until(
            outcome, within=within, what=lambda: f"no outcome of the transfer; last: {self._transfer_status}"
        )

    def _on_notify(self, request: Request) -> None:
        """A transfer reports its progress: a status line in the body (RFC 3515)."""
        words = request.body.split(maxsplit=2)
        if len(words) >= 2 and words[0] == "SIP/2.0" and words[1].isdecimal():
            self._transfer_status = int(words[1])
            self.changed.notify()
