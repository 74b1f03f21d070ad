"""Connections are kept, and given up when nobody can say any more whose reply comes next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from officesmart_ivr.ari.connections import Connections
from officesmart_ivr.ari.replies import ReplyError, TooLongError

REQUEST = b"GET /ari/asterisk/ping HTTP/1.1\r\nHost: x\r\n\r\n"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Answers each request by the next of ``answers``; ``requests``: by which connection each came."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    count: int = 0

    async def sees_the_end_of(self, *connections: int) -> None:
        async with asyncio.timeout(5):
            while sorted(self.ended) != [*connections]:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        number = self.count
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.requests.append(number)
                await self.answers.pop(0)(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended.append(number)
        finally:
            writer.close()


def says(*pieces: bytes, then_closes: bool = False) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_closes:
            writer.close()

    return answer


def hello(text: str = "hello") -> Answer:
    return says(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())


CLOSES = says(then_closes=True)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@pytest.fixture
async def connections(server: Server) -> AsyncIterator[Connections]:
    connections = made(server)
    yield connections
    await connections.close()


def made(server: Server, limit: int = 2, keep_alive: float = 10.0) -> Connections:
    return Connections("127.0.0.1", server.port, tls=None, limit=limit, keep_alive=keep_alive)


async def sent(connections: Connections, *, repeatable: bool = False, most: int | None = None) -> bytes:
    async with asyncio.timeout(5):
        return (await connections.send(REQUEST, repeatable=repeatable, most=most)).body


async def test_one_connection_carries_one_request_after_the_other(
    server: Server, connections: Connections
) -> None:
    server.answers = [hello("one"), hello("two")]
    assert [await sent(connections), await sent(connections)] == [b"one", b"two"]
    assert server.requests == [1, 1]


async def test_requests_at_once_go_over_connections_of_their_own(
    server: Server, connections: Connections
) -> None:
    server.answers = [hello() for _ in range(4)]
    await asyncio.gather(*(sent(connections) for _ in range(4)))
    assert set(server.requests) == {1, 2}


async def test_an_idle_connection_is_kept_for_so_long_only(server: Server) -> None:
    connections = made(server, keep_alive=0.0)
    server.answers = [hello(), hello()]
    await sent(connections)
    await asyncio.sleep(0.002)
    await sent(connections)
    assert server.requests == [1, 2]
    await connections.close()


async def test_a_connection_that_the_server_has_closed_is_not_used_again(
    server: Server, connections: Connections
) -> None:
    async def and_closes(writer: asyncio.StreamWriter) -> None:
        await hello()(writer)
        writer.close()

    server.answers = [and_closes, hello()]
    await sent(connections)
    await asyncio.sleep(0.05)
    assert await sent(connections) == b"hello"
    assert server.requests == [1, 2]


async def test_what_may_be_repeated_is_sent_once_more_when_a_kept_connection_closes(
    server: Server, connections: Connections
) -> None:
    server.answers = [hello(), CLOSES, hello("again")]
    await sent(connections)
    assert await sent(connections, repeatable=True) == b"again"
    assert server.requests == [1, 1, 2]


async def test_what_may_have_been_done_is_never_sent_again(server: Server, connections: Connections) -> None:
    server.answers = [hello(), CLOSES, hello()]
    await sent(connections)
    with pytest.raises(ConnectionError):
        await sent(connections)
    assert server.requests == [1, 1]


async def test_nothing_is_sent_again_over_a_new_connection_or_once_a_reply_has_begun(
    server: Server, connections: Connections
) -> None:
    server.answers = [CLOSES, hello(), says(b"HTTP/1.1 2", then_closes=True), hello()]
    with pytest.raises(ConnectionError):
        await sent(connections, repeatable=True)
    await sent(connections)
    with pytest.raises(ConnectionError):
        await sent(connections, repeatable=True)
    assert server.requests == [1, 2, 2]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(b"SIP/2.0 200 OK\r\n\r\n"), ReplyError),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), TooLongError),
    ],
)
async def test_after_a_reply_that_is_not_read_to_its_end_the_connection_is_closed(
    server: Server, connections: Connections, answer: Answer, kind: type[Exception]
) -> None:
    server.answers = [answer, hello()]
    with pytest.raises(kind):
        await sent(connections, repeatable=True, most=10)
    await server.sees_the_end_of(1)
    assert await sent(connections) == b"hello"
    assert server.requests == [1, 2]


async def test_after_a_request_that_nobody_waits_for_any_more_the_connection_is_closed(
    server: Server,
) -> None:
    come = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        come.set()

    connections = made(server, limit=1)
    server.answers = [late, hello("its own")]
    given_up = asyncio.create_task(sent(connections))
    await come.wait()
    given_up.cancel()
    await server.sees_the_end_of(1)
    assert await sent(connections) == b"its own"
    assert server.requests == [1, 2]
    await connections.close()


async def test_what_nobody_asked_for_closes_the_connection(server: Server, connections: Connections) -> None:
    late = asyncio.Event()

    async def and_more(writer: asyncio.StreamWriter) -> None:
        await hello()(writer)
        await late.wait()
        await hello("not asked for")(writer)

    server.answers = [and_more, hello("its own")]
    assert await sent(connections) == b"hello"
    late.set()
    await server.sees_the_end_of(1)
    assert await sent(connections) == b"its own"


async def test_a_body_without_length_ends_with_the_connection(
    server: Server, connections: Connections
) -> None:
    server.answers = [says(b"HTTP/1.1 200 OK\r\n\r\nall", then_closes=True)]
    assert await sent(connections) == b"all"


async def test_closing_ends_what_is_under_way_and_leaves_no_connection(server: Server) -> None:
    come = asyncio.Event()

    async def never(writer: asyncio.StreamWriter) -> None:
        come.set()

    connections = made(server)
    server.answers = [hello(), hello(), never]
    await asyncio.gather(sent(connections), sent(connections))
    waiting = asyncio.create_task(sent(connections, repeatable=True))
    await come.wait()
    await connections.close()
    with pytest.raises(ConnectionError):
        await waiting
    await server.sees_the_end_of(1, 2)
    with pytest.raises(ConnectionError):
        await sent(connections)


async def test_nobody_there_is_an_error() -> None:
    connections = made(Server(port=1))
    with pytest.raises(ConnectionRefusedError):
        await sent(connections, repeatable=True)
    await connections.close()
