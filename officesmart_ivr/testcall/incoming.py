"""A call that rings at a test phone."""

from __future__ import annotations

import time
from collections.abc import Callable

from officesmart_ivr.testcall.address import NameAddress
from officesmart_ivr.testcall.agent import UserAgent
from officesmart_ivr.testcall.call import Call, CallState
from officesmart_ivr.testcall.dialog import Dialog
from officesmart_ivr.testcall.errors import PhoneError, RefusedError
from officesmart_ivr.testcall.message import Request, Response, respond
from officesmart_ivr.testcall.sdp import Codec
from officesmart_ivr.testcall.transactions import ServerTransaction

_CANCELLED_STATUS = 487
_DECLINE_STATUS = 603
_NO_ACK_STATUS = 408


class IncomingCall(Call):
    """A call to this phone. ``invite`` is its INVITE; ``caller`` the address in its From.

    Nothing is answered by itself: ring, answer, reject or leave it alone.
    """

    def __init__(
        self,
        agent: UserAgent,
        transaction: ServerTransaction,
        codecs: tuple[Codec, ...],
        on_end: Callable[[Call], None],
    ) -> None:
        super().__init__(agent, Dialog.of_invite(transaction.request), codecs, on_end)
        self.invite: Request = transaction.request
        self.invited_ns = self.invite.arrived_ns
        self._transaction = transaction
        self._transaction.on_no_ack = self._on_no_ack
        self._success_sent: Response | None = None

    @property
    def caller(self) -> NameAddress:
        """The caller's name and address."""
        return self.dialog.remote

    def ring(self) -> None:
        """Ring (180)."""
        self._respond(180)

    def progress(self) -> None:
        """Let the caller hear us before we answer (183 with SDP)."""
        self._respond(183, body=self._sdp())

    def answer(self) -> None:
        """Answer (200); await :meth:`answered` for the caller's ACK. Harmless when the call has ended."""
        if self.ending is not None or self._success_sent is not None:
            return
        try:
            body = self._sdp()
        except RefusedError as refusal:
            self.reject(refusal.status)
            return
        self._success_sent = self._success(self.invite, body)
        self.ringing_ns = self.ringing_ns or time.monotonic_ns()
        self.answered_ns = time.monotonic_ns()
        self._transaction.respond(self._success_sent)

    def repeat_answer(self) -> None:
        """Send the 200 once more, as a phone does that has not seen the ACK."""
        if self._success_sent is None:
            raise PhoneError("the call has not been answered", remedy="Answer it first.")
        self._transaction.repeat()

    def reject(self, status: int = _DECLINE_STATUS) -> None:
        """Refuse the call, with 486, 480, 404, …"""
        self._refuse(respond(self.invite, status, to_tag=self.dialog.local.tag))

    def redirect(self, uri: str) -> None:
        """Send the caller elsewhere (302)."""
        contact = [("Contact", str(NameAddress(uri)))]
        self._refuse(respond(self.invite, 302, to_tag=self.dialog.local.tag, headers=contact))

    async def hang_up(self) -> None:
        """End the call: decline it while it rings, BYE after the answer."""
        if self._success_sent is None:
            self.reject()
            return
        if self.state is not CallState.ENDED:
            await self.answered(within=self._agent.timers.timeout)  # BYE may not overtake the ACK
        await super().hang_up()

    def on_cancel(self, cancel: Request) -> None:
        """The caller gave up, or somebody else answered; the CANCEL's Reason tells which."""
        self._transaction.respond(respond(self.invite, _CANCELLED_STATUS, to_tag=self.dialog.local.tag))
        self._end(_CANCELLED_STATUS, by_us=False, message=cancel)

    def on_ack(self, ack: Request) -> None:
        """The ACK of our 200: now the call is answered for both sides."""
        super().on_ack(ack)
        self._transaction.acknowledged()
        if self._success_sent is not None:
            self._move(CallState.ANSWERED)

    def _sdp(self) -> str:
        """Our answer to the offer in the INVITE, or our own offer where it has none."""
        if not self.invite.body:
            return self._local_sdp.render()
        return self._answer_to(self.invite).render()

    def _respond(self, status: int, *, body: str = "") -> None:
        if self.ending is not None or self._success_sent is not None:
            return
        headers = [("Contact", self._agent.contact)]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        response = respond(self.invite, status, to_tag=self.dialog.local.tag, headers=headers, body=body)
        self._transaction.respond(response)
        self.ringing_ns = self.ringing_ns or time.monotonic_ns()
        self._move(CallState.RINGING)

    def _refuse(self, response: Response) -> None:
        if self.ending is not None or self._success_sent is not None:
            return
        self._transaction.respond(response)
        self._end(response.status, by_us=True)

    def _on_no_ack(self) -> None:
        self._end(_NO_ACK_STATUS, by_us=True)
