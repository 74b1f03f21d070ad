"""The door of the fallback: Asterisk connects for each call that the application does not take."""

from __future__ import annotations

import logging
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from officesmart_ivr.agi.call import AgiCall
from officesmart_ivr.agi.channel import Channel
from officesmart_ivr.agi.office import Office
from officesmart_ivr.core.state import Caller, Origin
from officesmart_ivr.errors import AgiError, CallerGoneError

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
PING = "ping"
"""The script that asks whether the fallback serves calls."""

MOST_THREADS = 1000
"""Connections beyond are closed at once; Asterisk then goes on without the fallback."""

GREETING_SECONDS = 5.0
"""How long Asterisk may take to say what a call is."""

_TOO_MANY = 42
"""Q.850: switching equipment congestion, as the application refuses calls beyond ``limits.calls``."""

_TRANSFER = "transfer"


class FallbackServer(socketserver.ThreadingTCPServer):
    """Serves each connection in a thread of its own. ``port`` 0 chooses a free one."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, port: int, office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.office = office
        self.clock = clock
        self._free_threads = threading.Semaphore(MOST_THREADS)
        super().__init__((LOOPBACK, port), _Connection)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse what would be too many threads."""
        return self._free_threads.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free_threads.release()


class _Connection(socketserver.BaseRequestHandler):
    """One call, or a question."""

    server: FallbackServer
    request: socket.socket

    def handle(self) -> None:
        """Serve it. Nothing that goes wrong here ends more than this connection."""
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.request.settimeout(GREETING_SECONDS)
            with (
                self.request.makefile("r", encoding="utf-8", errors="replace", newline="\n") as answers,
                self.request.makefile("w", encoding="utf-8", newline="\n") as commands,
            ):
                channel = Channel(answers, commands)
                if channel.env.get("agi_network_script", "") == PING:
                    served = self.server.office.newest()
                    commands.write(f"{'' if served is None else served.revision or 0}\n")
                    return
                self.request.settimeout(None)
                self._serve(channel)
        except (CallerGoneError, OSError) as error:
            _log.info("a caller was gone before the call began: %s", error)
        except AgiError as error:
            _log.error("Asterisk and the fallback do not understand each other: %s", error)
        except Exception:
            # The dialplan goes on with the emergency destination.
            _log.exception("a fault has ended the service of a call")

    def _serve(self, channel: Channel) -> None:
        office, clock = self.server.office, self.server.clock
        number, origin, endpoint, *_ = [*channel.arguments, "", "", ""]
        call_id = secrets.token_hex(5)
        served = office.enter(call_id)
        try:
            if served is None:
                _log.error("there is no plan yet to serve a call with")
                return
            if len(office) > served.plan.plan.limits.calls:
                channel.release(_TOO_MANY)
                return
            caller = _caller(channel, call_id, number, origin, endpoint)
            takes_line = caller.origin is Origin.PHONE and origin != _TRANSFER
            AgiCall(channel, office, served, caller, clock, takes_line=takes_line).run()
        finally:
            office.leave(call_id)


def _caller(channel: Channel, call_id: str, number: str, origin: str, endpoint: str) -> Caller:
    """Read who calls whom from the arguments that the dialplan gives.

    Who was transferred calls with the rights of the phone that has transferred him; ``endpoint`` is then its
    channel.
    """
    if origin == _TRANSFER:
        endpoint = endpoint.removeprefix("PJSIP/").rpartition("-")[0]
    return Caller(
        call_id=call_id,
        dialled=number,
        number=channel.shown("agi_callerid"),
        name=channel.shown("agi_calleridname"),
        origin=Origin.PHONE if origin in (Origin.PHONE, _TRANSFER) else Origin.TRUNK,
        endpoint=endpoint,
    )


def ask(port: int, seconds: float = 2.0) -> str | None:
    """Return the revision that the fallback at a port would serve calls with, "" for none.

    None: nobody answers there. Blocks for so long at most.
    """
    try:
        with socket.create_connection((LOOPBACK, port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(f"agi_network_script: {PING}\n\n".encode())
            with connection.makefile("r", encoding="utf-8") as stream:
                line = stream.readline()
    except OSError:
        return None
    return line.strip() if line else None
