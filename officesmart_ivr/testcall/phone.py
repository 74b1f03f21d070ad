"""A SIP telephone for tests: registers, calls, is called, and tells what it heard and when.

Also a trunk's tester: without a password it is a caller that the server knows by its address::

    async with Phone("201", password, server=("127.0.0.1", 5060), behaviour=answer(after=0.5)) as phone:
        await phone.register()
        call = await phone.incoming(within=5)
        await call.answered()

    async with Phone("0612345678", server=("127.0.0.1", 5060)) as carrier:
        call = carrier.call("0800100100")
        await call.answered()
        await call.rtp.hear(400, within=2)
        pressed_ns = await call.press("1")
        heard_ns = await call.rtp.hear(500, within=2, after=pressed_ns)
        await call.hang_up()
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from officesmart_ivr.testcall import behaviours
from officesmart_ivr.testcall.address import NameAddress
from officesmart_ivr.testcall.agent import Credentials, UserAgent
from officesmart_ivr.testcall.behaviours import Behaviour
from officesmart_ivr.testcall.call import ALLOW, Call
from officesmart_ivr.testcall.dialog import Dialog, new_call_id, new_tag
from officesmart_ivr.testcall.errors import MessageError, PhoneError, RefusedError
from officesmart_ivr.testcall.incoming import IncomingCall
from officesmart_ivr.testcall.message import Request, respond
from officesmart_ivr.testcall.outgoing import OutgoingCall
from officesmart_ivr.testcall.sdp import DEFAULT_CODECS, Codec
from officesmart_ivr.testcall.tones import Detector
from officesmart_ivr.testcall.transactions import ServerTransaction, Timers
from officesmart_ivr.testcall.udp import HostPort
from officesmart_ivr.testcall.waiting import Signal

_GOODBYE_SECONDS = 2.0
"""How long closing waits for the answers to BYE and to the end of the registration."""


class Phone:
    """One telephone, or one caller outside. Made inside a running event loop; close it or use ``async with``.

    ``server`` is where it registers and sends its calls; port 0 of ``port`` takes a free one.
    ``behaviour`` says what it does when called, and may be changed at any time.
    ``received`` lists all calls that came in, in their order.
    """

    def __init__(
        self,
        user: str,
        password: str = "",
        *,
        server: HostPort,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "",
        behaviour: Behaviour | None = None,
        codecs: tuple[Codec, ...] = DEFAULT_CODECS,
        detector: Detector | None = None,
        timers: Timers | None = None,
    ) -> None:
        self.user, self.name, self.server = user, name, server
        self.behaviour = behaviour or behaviours.ring()
        self.received: list[IncomingCall] = []
        self._taken = 0
        self._codecs = codecs
        self._calls: dict[str, Call] = {}
        self._arrived = Signal()
        self._registration: Dialog | None = None
        self._agent = UserAgent(
            Credentials(user, password),
            host=host,
            port=port,
            timers=timers or Timers(),
            detector=detector or Detector(),
            on_request=self._on_request,
            on_ack=self._on_ack,
        )

    @property
    def address(self) -> HostPort:
        """Where this phone listens."""
        return self._agent.host, self._agent.port

    # --- registration ---

    async def register(self, *, expires: int = 3600) -> None:
        """Register for ``expires`` seconds. Raises RefusedError, or WaitedInVainError without an answer."""
        if self._registration is None:
            uri = f"sip:{self.user}@{self.server[0]}:{self.server[1]}"
            local = NameAddress(uri, self.name, {"tag": new_tag()})
            registrar = f"sip:{self.server[0]}:{self.server[1]}"
            self._registration = Dialog(new_call_id(self._agent.host), local, NameAddress(uri), registrar)
        dialog = self._registration
        request = dialog.request("REGISTER")
        request.headers.add("Contact", self._agent.contact)
        request.headers.add("Expires", str(expires))
        request.headers.add("Allow", ALLOW)
        _, response = await self._agent.exchange(request, self.server, next_number=dialog.next_number)
        if response.status >= 300:
            raise RefusedError(
                f"phone {self.user} was not registered: {response.status} {response.reason}",
                status=response.status,
                remedy="Compare its user and password with the server's." if response.status < 500 else "",
            )

    async def unregister(self) -> None:
        """End the registration. Raises as :meth:`register` does."""
        if self._registration is not None:
            await self.register(expires=0)
            self._registration = None

    def unplug(self) -> None:
        """Neither send nor hear anything from now on: a dead phone. Its registration stays at the server."""
        self._agent.unplugged = True

    def plug_in(self) -> None:
        """Undo :meth:`unplug`."""
        self._agent.unplugged = False

    # --- calls ---

    def call(
        self,
        number: str,
        *,
        from_user: str | None = None,
        from_name: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> OutgoingCall:
        """Call a number. ``from_user`` and ``from_name`` are what the other side should see."""
        call = OutgoingCall(
            self._agent,
            number,
            self.server,
            from_user=self.user if from_user is None else from_user,
            from_name=self.name if from_name is None else from_name,
            headers=headers,
            codecs=self._codecs,
            on_end=self._on_end,
        )
        self._calls[call.dialog.call_id] = call
        return call

    async def incoming(self, *, within: float = 5.0) -> IncomingCall:
        """The next call that comes in, or has come in since this was last asked. Raises WaitedInVainError."""
        call = await self._arrived.until(
            lambda: self.received[self._taken] if len(self.received) > self._taken else None,
            within=within,
            what=lambda: f"phone {self.user} was not called",
        )
        self._taken += 1
        return call

    @property
    def calls(self) -> list[Call]:
        """The calls that have not ended."""
        return list(self._calls.values())

    # --- the end ---

    async def close(self) -> None:
        """Hang up all calls, end the registration, close all sockets. May be called again."""
        if not self._agent.unplugged:
            try:
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await asyncio.gather(*(call.hang_up() for call in self.calls), return_exceptions=True)
                    await self.unregister()
            except (TimeoutError, PhoneError):
                pass  # the server is gone; the sockets are closed all the same
        for call in self.calls:
            call.rtp.close()
        await self._agent.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- requests from the network ---

    def _on_request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        call = self._calls.get(request.call_id)
        if request.method == "CANCEL":
            self._on_cancel(transaction, call)
        elif call is not None:
            call.on_request(transaction)
        elif ";tag=" in request.headers.get("To"):
            transaction.respond(respond(request, 481))
        elif request.method == "INVITE":
            self._on_invite(transaction)
        elif request.method in ("OPTIONS", "NOTIFY", "MESSAGE"):
            transaction.respond(respond(request, 200, to_tag=new_tag(), headers=[("Allow", ALLOW)]))
        else:
            transaction.respond(respond(request, 405, to_tag=new_tag(), headers=[("Allow", ALLOW)]))

    def _on_invite(self, transaction: ServerTransaction) -> None:
        try:
            call = IncomingCall(self._agent, transaction, self._codecs, self._on_end)
        except MessageError:
            transaction.respond(respond(transaction.request, 400, to_tag=new_tag()))
            return
        self._calls[call.dialog.call_id] = call
        self.received.append(call)
        self._arrived.notify()
        self._agent.run(self._behave(call))

    async def _behave(self, call: IncomingCall) -> None:
        await self.behaviour(call)

    def _on_cancel(self, transaction: ServerTransaction, call: Call | None) -> None:
        cancelled = self._agent.transactions.cancelled_by(transaction.request)
        found = cancelled is not None and isinstance(call, IncomingCall)
        transaction.respond(respond(transaction.request, 200 if found else 481, to_tag=new_tag()))
        if found and isinstance(call, IncomingCall):
            call.on_cancel(transaction.request)

    def _on_ack(self, ack: Request) -> None:
        call = self._calls.get(ack.call_id)
        if call is not None:
            call.on_ack(ack)

    def _on_end(self, call: Call) -> None:
        self._calls.pop(call.dialog.call_id, None)
        self._agent.forget(call.dialog.call_id)
