"""Registrations, told by a manager interface that the test plays."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import repeat

import pytest

from officesmart_ivr.asterisk.ami import AmiAccess, logged_in
from officesmart_ivr.asterisk.manager import Manager
from officesmart_ivr.asterisk.registrations import Registrations
from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.errors import AmiError
from officesmart_ivr.state.trunks import TrunkBoard, TrunkState

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PASSWORD = "only-for-us"
TRUNKS = {
    "carrier": Trunk.model_validate(
        {"server": "192.0.2.1", "username": "u", "password": {"secret": "p"}, "register": True}
    )
}


class Played:
    """Asterisk's side of the manager interface."""

    def __init__(self) -> None:
        self.port = 0
        self.status = "Unregistered"
        self.greeting = "Asterisk Call Manager/11.0.0"
        self.actions: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        writer.write(f"{self.greeting}\r\n".encode())
        packet: dict[str, str] = {}
        while line := (await reader.readline()).decode():
            name, _, value = line.strip().partition(": ")
            if name:
                packet[name] = value
            elif packet:
                self.do(packet)
                packet = {}
        writer.close()

    def do(self, action: dict[str, str]) -> None:
        self.actions.put_nowait(action)
        match action["Action"]:
            case "Challenge":
                self.say(Response="Success", Challenge="4711")
            case "Login":
                expected = hashlib.md5(f"4711{PASSWORD}".encode()).hexdigest()
                self.say(Response="Success" if action["Key"] == expected else "Error")
                self.say(Event="FullyBooted")
            case "PJSIPShowRegistrationsOutbound":
                self.say(Response="Success", EventList="start")
                self.say(Event="OutboundRegistrationDetail", ObjectName="trunk-carrier", Status=self.status)

    def say(self, **packet: str) -> None:
        assert self.writer
        lines = "".join(f"{name}: {value}\r\n" for name, value in packet.items())
        self.writer.write(f"{lines}\r\n".encode())

    def registry(self, status: str, *, account: str = "sip:u@192.0.2.1") -> None:
        self.say(Event="Registry", ChannelType="PJSIP", Username=account, Status=status)

    async def asked(self, action: str) -> dict[str, str]:
        async with asyncio.timeout(5):
            while (found := await self.actions.get())["Action"] != action:
                pass
        return found

    def hang_up(self) -> None:
        assert self.writer
        self.writer.close()


class Watched(TrunkBoard):
    """A board that wakes who waits for a state."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()
        self.seen: list[TrunkState] = []

    def _settle(self, *known: object) -> None:
        super()._settle(*known)  # type: ignore[arg-type]
        self.seen.append(self.state("carrier"))
        self.changed.set()

    async def becomes(self, state: TrunkState) -> None:
        async with asyncio.timeout(5):
            while self.state("carrier") is not state:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def listening(manager: Played) -> AsyncIterator[AmiAccess]:
    server = await asyncio.start_server(manager.serve, "127.0.0.1", manager.port)
    manager.port = server.sockets[0].getsockname()[1]
    async with server:
        yield AmiAccess(manager.port, "officesmart", PASSWORD)
        if manager.writer:
            manager.hang_up()


@pytest.fixture
async def manager() -> Played:
    return Played()


@pytest.fixture
async def board() -> Watched:
    made = Watched()
    made.follow(TRUNKS, NOW)
    made.reached("carrier", True, NOW)
    return made


async def for_ever(seconds: float) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def following(
    access: AmiAccess, board: TrunkBoard, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[Registrations]:
    made = Registrations(board, lambda: TRUNKS, lambda: NOW)
    manager = Manager(access, [made], delays=lambda: repeat(0.0), sleep=sleep)
    running = asyncio.create_task(manager.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))


async def test_what_stands_at_the_beginning_and_what_changes_is_reported(
    manager: Played, board: Watched
) -> None:
    manager.status = "Registered"
    async with listening(manager) as access, following(access, board):
        await board.becomes(TrunkState.REGISTERED)
        manager.registry("Rejected", account="sip:other@192.0.2.1")
        manager.registry("Unregistered")
        await board.becomes(TrunkState.TRYING)
        manager.registry("Rejected")
        await board.becomes(TrunkState.REJECTED)
        manager.registry("Registered")
        await board.becomes(TrunkState.REGISTERED)


async def test_a_lost_connection_makes_the_state_unknown_and_comes_back(
    manager: Played, board: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(manager) as access, following(access, board):
        await manager.asked("PJSIPShowRegistrationsOutbound")
        manager.status = "Registered"
        manager.hang_up()
        await board.becomes(TrunkState.REGISTERED)
    assert TrunkState.UNKNOWN in board.seen
    assert len(caplog.records) == 1


async def test_a_fault_leaves_no_trunk_in_a_state_that_nobody_follows(
    manager: Played, board: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registrations, "receive", lambda self, packet: 1 / 0)
    async with listening(manager) as access, following(access, board, sleep=for_ever):
        await board.becomes(TrunkState.UNKNOWN)


async def test_a_carrier_that_is_back_is_registered_at_now(manager: Played, board: Watched) -> None:
    async with listening(manager) as access, following(access, board) as registrations:
        registrations.try_again("carrier")
        await manager.asked("PJSIPShowRegistrationsOutbound")
        registrations.try_again("carrier")
        assert await manager.asked("PJSIPRegister") == {
            "Action": "PJSIPRegister",
            "Registration": "trunk-carrier",
        }


async def test_who_is_refused_tells_it_and_never_the_password(manager: Played) -> None:
    async with listening(manager):
        with pytest.raises(AmiError, match="officesmart") as caught:
            async with logged_in(AmiAccess(manager.port, "officesmart", "a-wrong-one")):
                pass
    assert "a-wrong-one" not in str(caught.value) + repr(AmiAccess(1, "u", "a-wrong-one"))
    assert "a-wrong-one" not in str([manager.actions.get_nowait() for _ in range(manager.actions.qsize())])


async def test_another_program_on_the_port_is_noticed(manager: Played) -> None:
    manager.greeting = "SSH-2.0-OpenSSH"
    async with listening(manager) as access:
        with pytest.raises(AmiError):
            async with logged_in(access):
                pass


async def test_nobody_on_the_port_is_noticed(manager: Played) -> None:
    async with listening(manager) as access:
        pass
    with pytest.raises(AmiError):
        async with logged_in(access):
            pass
