import socket

import pytest

from officesmart_ivr.asterisk import ports
from officesmart_ivr.errors import AsteriskError

LOCAL = "127.0.0.1"


def test_chosen_ports_are_free_and_apart() -> None:
    chosen = ports.settle(LOCAL, sip_port=0, ari_port=0, rtp_ports=(0, 0))
    assert chosen.ami not in (0, chosen.sip, chosen.ari)
    ports.require_free(LOCAL, chosen)
    first, last = chosen.rtp
    assert first % 2 == 0
    assert last - first + 1 == ports.RTP_PORTS
    assert chosen.sip not in range(first, last + 1)


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        (socket.SOCK_DGRAM, "--sip-port"),
        (socket.SOCK_STREAM, "--sip-port"),
        (socket.SOCK_STREAM, "--ari-port"),
    ],
)
def test_a_taken_port_is_named_with_its_option(kind: socket.SocketKind, option: str) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind((LOCAL, 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        port = holder.getsockname()[1]
        asked = {"sip_port": 0, "ari_port": 0, option.strip("-").replace("-", "_"): port}
        with pytest.raises(AsteriskError) as caught:
            ports.settle(LOCAL, rtp_ports=(0, 0), **asked)
    assert str(port) in caught.value.message
    assert option in caught.value.remedy


def test_a_taken_port_for_sound_is_found() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((LOCAL, 0))
        port = holder.getsockname()[1]
        with pytest.raises(AsteriskError, match=str(port)):
            ports.settle(LOCAL, sip_port=0, ari_port=0, rtp_ports=(port, port + 1))


def test_a_port_that_is_taken_right_after_it_was_chosen_refuses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: set[tuple[int, str]] = set()

    def free_once(address: str, port: int, protocol: ports.Protocol) -> str:
        if port and (port, protocol) in seen:
            return "address already in use"
        seen.add((port, protocol))
        return ""

    monkeypatch.setattr(ports, "why_not", free_once)
    assert ports.settle(LOCAL, sip_port=0, ari_port=0, rtp_ports=(0, 0)).sip
