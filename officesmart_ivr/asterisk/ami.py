"""A connection to Asterisk's manager interface (AMI), for what ARI does not tell.

Packets are lines ``Key: value``, ended by an empty one, both ways, over TCP. The password is never sent: the
login answers a challenge with its MD5 digest (Asterisk's main/manager.c, action ``Challenge``).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from officesmart_ivr.errors import AmiError

_LOOPBACK = "127.0.0.1"
_LOGIN_SECONDS = 5.0
_GREETING = b"Asterisk Call Manager/"

Packet = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AmiAccess:
    """Where the manager interface of this machine's Asterisk is, and as whom to log in."""

    port: int
    user: str
    password: str = field(repr=False)


class Ami:
    """A connection that is logged in. Packets may hold passwords of carriers: never log one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, action: str, **fields: str) -> None:
        """Send an action; never waits. What comes of it is among the packets."""
        lines = (f"{name}: {value}\r\n" for name, value in {"Action": action, **fields}.items())
        self._writer.write(("".join(lines) + "\r\n").encode())

    async def packet(self) -> Packet:
        """Return the next response or event. Raises AmiError when the connection is lost."""
        found: dict[str, str] = {}
        while line := (await self._line()).rstrip("\r\n"):
            name, _, value = line.partition(":")
            found[name] = value.strip()
        return found

    async def response(self) -> Packet:
        """Return the next packet that is a response, as during the login. Raises AmiError."""
        while "Response" not in (packet := await self.packet()):
            pass
        return packet

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except EOFError:
            raise AmiError("the manager interface (AMI) was closed by Asterisk") from None
        except (OSError, asyncio.LimitOverrunError) as error:
            raise AmiError(f"the manager interface (AMI) was lost: {error}") from None
        return line.decode("utf-8", "replace")


@asynccontextmanager
async def logged_in(access: AmiAccess) -> AsyncIterator[Ami]:
    """Connect and log in. Raises AmiError when that cannot be done."""
    where = f"the manager interface (AMI) on port {access.port}"
    try:
        reader, writer = await asyncio.open_connection(_LOOPBACK, access.port)
    except OSError as error:
        raise AmiError(f"{where} cannot be connected: {error.strerror or error}") from None
    try:
        yield await _log_in(reader, writer, access, where)
    finally:
        writer.close()


async def _log_in(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, access: AmiAccess, where: str
) -> Ami:
    ami = Ami(reader, writer)
    try:
        async with asyncio.timeout(_LOGIN_SECONDS):
            await _identify(ami, await reader.readline(), access, where)
    except TimeoutError:
        raise AmiError(f"{where} does not answer in time") from None
    return ami


async def _identify(ami: Ami, greeting: bytes, access: AmiAccess, where: str) -> None:
    if not greeting.startswith(_GREETING):
        raise AmiError(f"{where} is not Asterisk's", remedy="Name the port of manager.conf with --ami-port.")
    ami.send("Challenge", AuthType="MD5")
    challenge = (await ami.response()).get("Challenge", "")
    key = hashlib.md5((challenge + access.password).encode(), usedforsecurity=False).hexdigest()
    ami.send("Login", AuthType="MD5", Username=access.user, Key=key)
    if (await ami.response())["Response"] != "Success":
        raise AmiError(
            f"{where} refuses the user {access.user}",
            remedy="Check the user's section in manager.conf, and the file named with --ami-password-file.",
        )
