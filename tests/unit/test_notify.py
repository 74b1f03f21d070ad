"""What systemd is told."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from officesmart_ivr import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_messages_reach_whoever_listens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, abstract: bool
) -> None:
    name = f"officesmart-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        notify.tell(notify.READY, notify.WATCHDOG)
        assert listener.recv(100) == b"READY=1\nWATCHDOG=1"


@pytest.mark.parametrize("address", ["", "relative", "/nobody/listens"])
def test_nobody_needs_to_listen(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify.tell(notify.READY)


@pytest.mark.parametrize(
    ("pid", "microseconds", "seconds"),
    [
        ("own", "30000000", 30.0),
        (None, "30000000", 30.0),
        ("1", "30000000", None),
        (None, "", None),
        (None, "0", None),
    ],
)
def test_the_watchdog_is_only_for_the_process_that_it_names(
    monkeypatch: pytest.MonkeyPatch, pid: str | None, microseconds: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    else:
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert notify.watchdog_seconds() == seconds
