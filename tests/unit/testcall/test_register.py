"""Registration at a small registrar that asks for a password."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from officesmart_ivr.testcall.digest import authorization, parse_challenge
from officesmart_ivr.testcall.errors import RefusedError
from officesmart_ivr.testcall.message import Message, Request, parse_message, respond
from officesmart_ivr.testcall.phone import Phone
from officesmart_ivr.testcall.transactions import ServerTransaction, Timers, Transactions
from officesmart_ivr.testcall.udp import HostPort, UdpSocket

CHALLENGE = 'Digest realm="test", nonce="n1", algorithm=MD5'
FAST = Timers(t1=0.02, t2=0.1)


class Registrar:
    """Knows one phone: user 201, password ``right``. ``expires`` lists the registrations that it took."""

    def __init__(self) -> None:
        self.expires: list[str] = []
        self._socket = UdpSocket("127.0.0.1", 0, self._on_datagram)
        self.address = self._socket.address
        self._transactions = Transactions(
            self._send, sent_by="registrar", timers=FAST, on_request=self._on_request, on_ack=lambda ack: None
        )

    def close(self) -> None:
        self._transactions.close()
        self._socket.close()

    def _send(self, message: Message, to: HostPort) -> None:
        self._socket.send(message.render(), to)

    def _on_datagram(self, data: bytes, sender: HostPort, arrived_ns: int) -> None:
        self._transactions.receive(parse_message(data), sender)

    def _on_request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if request.headers.get("Authorization") == self._proof(request):
            self.expires.append(request.headers.get("Expires"))
            transaction.respond(respond(request, 200, to_tag="r"))
        else:
            asked = [("WWW-Authenticate", CHALLENGE)]
            transaction.respond(respond(request, 401, to_tag="r", headers=asked))

    def _proof(self, request: Request) -> str:
        challenge = parse_challenge(CHALLENGE)
        assert challenge is not None
        return authorization(challenge, user="201", password="right", method="REGISTER", uri=request.uri)


@pytest_asyncio.fixture
async def registrar() -> AsyncIterator[Registrar]:
    server = Registrar()
    yield server
    server.close()


async def test_register_and_unregister_on_closing(registrar: Registrar) -> None:
    async with Phone("201", "right", server=registrar.address, timers=FAST) as phone:
        await phone.register(expires=600)
        assert registrar.expires == ["600"]
    assert registrar.expires == ["600", "0"]


async def test_a_wrong_password_is_refused_after_one_more_try(registrar: Registrar) -> None:
    async with Phone("201", "wrong-word", server=registrar.address, timers=FAST) as phone:
        with pytest.raises(RefusedError) as refusal:
            await phone.register()
    assert refusal.value.status == 401
    assert "wrong-word" not in str(refusal.value)
    assert registrar.expires == []
