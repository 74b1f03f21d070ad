"""A call that a test phone makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from officesmart_ivr.testcall.address import NameAddress
from officesmart_ivr.testcall.agent import UserAgent
from officesmart_ivr.testcall.call import ALLOW, Call, CallState
from officesmart_ivr.testcall.dialog import Dialog, new_call_id, new_tag
from officesmart_ivr.testcall.errors import MessageError, WaitedInVainError
from officesmart_ivr.testcall.message import Request, Response
from officesmart_ivr.testcall.sdp import Codec, parse_sdp
from officesmart_ivr.testcall.transactions import ClientTransaction
from officesmart_ivr.testcall.udp import HostPort

_NO_ANSWER_STATUS = 408


class OutgoingCall(Call):
    """A call to a number. It is under way as soon as it is made; wait for what it should come to."""

    def __init__(
        self,
        agent: UserAgent,
        number: str,
        server: HostPort,
        *,
        from_user: str,
        from_name: str,
        headers: Iterable[tuple[str, str]],
        codecs: tuple[Codec, ...],
        on_end: Callable[[Call], None],
    ) -> None:
        domain = f"{server[0]}:{server[1]}"
        target = f"sip:{number}@{domain}"
        local = NameAddress(f"sip:{from_user}@{domain}", from_name, {"tag": new_tag()})
        super().__init__(
            agent, Dialog(new_call_id(agent.host), local, NameAddress(target), target), codecs, on_end
        )
        self.number = number
        self._server, self._headers = server, tuple(headers)
        self._invite: ClientTransaction | None = None
        self._giving_up = self._cancel_sent = False
        agent.run(self._call())

    async def hang_up(self) -> None:
        """End the call: CANCEL before the answer, BYE after it; returns when it has ended."""
        if self.state in (CallState.CALLING, CallState.RINGING):
            self._giving_up = True
            self._cancel_if_allowed()
            await self.ended(within=2 * self._agent.timers.timeout)
        else:
            await super().hang_up()

    async def _call(self) -> None:
        try:
            transaction, response = await self._agent.exchange(
                self._invitation(),
                self._server,
                next_number=self.dialog.next_number,
                on_start=self._on_start,
                on_provisional=self._on_provisional,
            )
            if response.status >= 300:
                self._end(response.status, by_us=self._giving_up, message=response)
                return
            self.dialog.learn(response)
        except (WaitedInVainError, MessageError):
            self._end(_NO_ANSWER_STATUS, by_us=self._giving_up)
            return
        ack = self.dialog.request("ACK", number=transaction.request.cseq[0])
        self._agent.send_ack(transaction, ack, self.dialog.next_hop())
        self.answered_ns = response.arrived_ns
        if self._giving_up or not self._connected_by(response):
            await self._bye()  # the answer crossed our CANCEL, or we cannot talk
        else:
            self._move(CallState.ANSWERED)

    def _invitation(self) -> Request:
        request = self.dialog.request("INVITE")
        request.headers.add("Contact", self._agent.contact)
        request.headers.add("Allow", ALLOW)
        for name, value in self._headers:
            request.headers.add(name, value)
        request.headers.add("Content-Type", "application/sdp")
        request.body = self._local_sdp.render()
        return request

    def _on_start(self, transaction: ClientTransaction) -> None:
        """An INVITE went out: the first, or the one with credentials."""
        self._invite, self._cancel_sent = transaction, False
        self.invited_ns = self.invited_ns or self.messages[0].at_ns

    def _on_provisional(self, response: Response) -> None:
        if self._giving_up:
            self._cancel_if_allowed()
        if response.status == 100:
            return
        self.dialog.learn(response)
        self.ringing_ns = self.ringing_ns or response.arrived_ns
        if response.body:
            self._connected_by(response)
        self._move(CallState.RINGING)

    def _connected_by(self, response: Response) -> bool:
        try:
            self._connect(parse_sdp(response.body))
        except MessageError:
            return False
        return True

    def _cancel_if_allowed(self) -> None:
        """CANCEL has to wait for the first provisional response (RFC 3261, section 9.1)."""
        if self._invite is not None and self._invite.proceeding and not self._cancel_sent:
            self._cancel_sent = True
            self._invite.cancel()
