import socket
from pathlib import Path

import pytest

from officesmart_ivr.asterisk import doctor, toolbox, tree
from officesmart_ivr.asterisk.ports import Ports


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolbox, "find", lambda cache: None)
    monkeypatch.setattr(tree, "known_mirror", lambda mirror=None: mirror)
    monkeypatch.setattr(tree, "can_learn_mirror", lambda: False)


def test_every_failed_check_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(doctor, "DATA_SPACE", 10**18)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        wanted = Ports(holder.getsockname()[1], 1, (20000, 20001))
        checks = doctor.examine(
            cache=tmp_path / "cache",
            data=Path("/proc/data"),
            sip_bind="127.0.0.1",
            wanted=wanted,
            media_address="192.0.2.77",
        )
    failed = {check.name: check for check in checks if not check.ok}
    assert set(failed) == {"data folder", "free space", "Asterisk", "host name", "address for sound", "ports"}
    assert all(check.remedy and check.detail for check in failed.values())


def test_a_mirror_is_enough_for_asterisk_to_be_had(tmp_path: Path) -> None:
    check = doctor.check_toolbox(tmp_path, "http://m.example/debian")
    assert check.ok
    assert "http://m.example/debian" in check.detail


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    doctor.examine(cache=tmp_path / "cache", data=tmp_path / "data")
    assert list(tmp_path.iterdir()) == []
