"""A UDP socket whose datagrams carry the time at which the kernel got them.

The time of arrival is what benches measure; taken in Python it would hold the event loop's own delays,
which grow with the number of calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable

from officesmart_ivr.testcall.errors import PhoneError

HostPort = tuple[str, int]
Receiver = Callable[[bytes, HostPort, int], None]
"""Called with a datagram, its sender and the monotonic time (ns) at which it arrived."""

_SO_TIMESTAMPNS = 35
"""Linux's number for this option and for the data that it adds; Python 3.11 has no name for it."""
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_LARGEST_DATAGRAM = 65535
_DATAGRAMS_PER_TURN = 64


class UdpSocket:
    """One bound IPv4 socket. Port 0 takes a free one. Raises PhoneError where the port is taken."""

    def __init__(self, host: str, port: int, receive: Receiver) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise PhoneError(
                f"UDP port {port} of {host} cannot be used: {error.strerror}",
                remedy="Give another port, or 0 to take a free one.",
            ) from error
        with contextlib.suppress(
            OSError
        ):  # elsewhere than on Linux, the time of reading is the best there is
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.address: HostPort = self._socket.getsockname()
        self._loop.add_reader(self._socket, self._read)

    def send(self, data: bytes, to: HostPort) -> None:
        """Send at once. What cannot go out is lost, as on any network: RTP goes on, SIP sends again."""
        try:
            self._socket.sendto(data, to)
        except OSError:
            return

    def close(self) -> None:
        """Close; may be called again."""
        if self._socket.fileno() != -1:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_PER_TURN):
            try:
                data, ancillary, _, sender = self._socket.recvmsg(_LARGEST_DATAGRAM, _ANCILLARY_BYTES)
            except OSError:  # nothing more to read, or the receiver has closed us
                return
            self._receive(data, sender, _arrival(ancillary))


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The monotonic time (ns) of arrival. The kernel's stamp is of the wall clock: take only its age."""
    now = time.monotonic_ns()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            age: int = time.time_ns() - seconds * 1_000_000_000 - nanoseconds
            return now - max(0, age)
    return now
