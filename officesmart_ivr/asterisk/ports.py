"""Ports: choosing free ones, and telling before the start which are taken.

A port that is free now may be taken a moment later by somebody else; the start then fails with Asterisk's own
words. This only makes the common case clear.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from officesmart_ivr.errors import AsteriskError

Protocol = Literal["udp", "tcp"]

LOOPBACK = "127.0.0.1"
ARI_BIND = LOOPBACK
RTP_PORTS = 400
"""How many UDP ports for sound are chosen at least."""
PORTS_PER_CALL = 4
"""A conversation has two legs, and a leg takes two ports (RTP and RTCP)."""
MOST_RTP_PORTS = 8000
_SEARCHED = (20000, 32000)  # below the ports that Linux hands out by itself (ip_local_port_range)
_ATTEMPTS = 200


@dataclass(frozen=True)
class Ports:
    """The ports of one Asterisk; ``rtp`` holds the first and the last port for sound.

    ``ami`` is for the application alone and ``agi`` for Asterisk, so they are always free ones.
    """

    sip: int
    ari: int
    rtp: tuple[int, int]
    ami: int = 0
    agi: int = 0


def settle(
    sip_bind: str, *, sip_port: int, ari_port: int, rtp_ports: tuple[int, int], calls: int = 0
) -> Ports:
    """The ports asked for, with free ones in place of 0 and of ``(0, 0)``.

    The range for sound that is chosen has room for so many ``calls`` at once. Raises AsteriskError if a port
    that was asked for is taken; it names the port and the option.
    """
    # What is chosen is not looked at again: Asterisk passes over a port for sound that was just taken.
    require_free(sip_bind, Ports(sip_port, ari_port, rtp_ports))
    sip = sip_port or _choose(
        "SIP",
        "--sip-port",
        lambda port: not why_not(sip_bind, port, "udp") and not why_not(sip_bind, port, "tcp"),
    )
    ari = ari_port or _choose(
        "ARI", "--ari-port", lambda port: port != sip and not why_not(ARI_BIND, port, "tcp")
    )
    first, last = rtp_ports
    if rtp_ports == (0, 0):
        count = ports_for(calls)
        first = _choose(
            "sound", "--rtp-ports", lambda port: _is_free_range(sip_bind, port, count, without=sip)
        )
        last = first + count - 1
    ami = _choose("AMI", "", lambda port: port not in (sip, ari) and not why_not(ARI_BIND, port, "tcp"))
    agi = _choose("AGI", "", lambda port: port not in (sip, ari, ami) and not why_not(ARI_BIND, port, "tcp"))
    return Ports(sip, ari, (first, last), ami, agi)


def ports_for(calls: int) -> int:
    """Return how many ports for sound are chosen for so many calls at once."""
    return min(max(RTP_PORTS, calls * PORTS_PER_CALL), MOST_RTP_PORTS)


def require_free(sip_bind: str, ports: Ports) -> None:
    """Raise AsteriskError, naming port and option, unless Asterisk can have all of ``ports``; 0 is any.

    One taken port refuses the whole range for sound: Asterisk would pass it over, but two programs that share
    a range are a mistake.
    """
    wanted: list[tuple[str, int, Protocol, str]] = [
        (sip_bind, ports.sip, "udp", "--sip-port"),
        (sip_bind, ports.sip, "tcp", "--sip-port"),
        (ARI_BIND, ports.ari, "tcp", "--ari-port"),
        (ARI_BIND, ports.ami, "tcp", "--ami-port"),
        *((sip_bind, port, "udp", "--rtp-ports") for port in range(ports.rtp[0], ports.rtp[1] + 1)),
    ]
    for address, port, protocol, option in wanted:
        reason = why_not(address, port, protocol)
        if reason:
            raise AsteriskError(
                f"{protocol.upper()} port {port} on {address} cannot be used: {reason}.",
                remedy=f"Stop the program that holds it, or choose with {option}"
                f"{' FIRST-LAST' if option == '--rtp-ports' else ' PORT (0: any that is free)'}.",
            )


def bind_for(media_address: str) -> str:
    """Return the address at which SIP listens: all of the machine, unless its sound stays on loopback."""
    return LOOPBACK if media_address == LOOPBACK else "0.0.0.0"


def why_not(address: str, port: int, protocol: Protocol) -> str:
    """Why ``port`` cannot be bound, in the system's words; "" if it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as probe:
        if protocol == "tcp":
            # As Asterisk does: connections of a former run that are still closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return ""


def own_address() -> str:
    """The IPv4 address that this machine uses towards others; 127.0.0.1 where it has no network.

    Nothing is sent: connecting a UDP socket only asks the system for the route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _choose(what: str, option: str, is_free: Callable[[int], bool]) -> int:
    first, last = _SEARCHED
    for _ in range(_ATTEMPTS):
        port = random.randrange(first, last, 2)  # RTP has the even port (RFC 3550, section 11)
        if is_free(port):
            return port
    remedy = f"Set {option}." if option else ""
    raise AsteriskError(f"No free port for {what} was found between {first} and {last}.", remedy=remedy)


def _is_free_range(address: str, first: int, count: int, *, without: int) -> bool:
    wanted = range(first, first + count)
    return without not in wanted and not any(why_not(address, port, "udp") for port in wanted)
