from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from officesmart_ivr.errors import SettingsError
from officesmart_ivr.settings import DATA_VARIABLE, DataFolder, default_data, shipped

HOLDER = """
import pathlib, sys
from officesmart_ivr.settings import DataFolder
with DataFolder(pathlib.Path(sys.argv[1])).lock("run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "a" / "data")
    folder.make()
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_opens_to_others_for_sounds_alone(data: DataFolder) -> None:
    data.root.chmod(0o777)
    data.logs.chmod(0o777)
    data.make()
    assert mode(data.root) == 0o711
    assert mode(data.sounds) == 0o755
    assert [mode(folder) for folder in (data.asterisk, data.logs)] == [0o700, 0o700]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as error:
        DataFolder(tmp_path / "file" / "data").make()
    assert str(tmp_path / "file" / "data") in error.value.message
    assert DATA_VARIABLE in error.value.remedy


def test_a_secret_is_made_once_and_is_its_owners(data: DataFolder) -> None:
    first = data.secret("api-token")
    assert len(first) >= 32
    assert data.secret("api-token") == first != data.secret("ari-password")
    assert mode(data.root / "api-token") == 0o600


def test_what_a_process_tells_others(data: DataFolder) -> None:
    assert data.read_state("run") is None
    data.write_state("run", {"pid": 1, "ready": True})
    assert data.read_state("run") == {"pid": 1, "ready": True}
    assert mode(data.root / "run.json") == 0o600
    data.forget_state("run")
    data.forget_state("run")
    assert data.read_state("run") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff"])
def test_words_without_sense_tell_nothing(data: DataFolder, content: bytes) -> None:
    (data.root / "run.json").write_bytes(content)
    assert data.read_state("run") is None


def test_one_process_at_a_time_and_the_lock_goes_with_it(data: DataFolder) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        for _ in range(2):  # who asks in vain must not take away what tells of the holder
            with pytest.raises(SettingsError) as error, data.lock("run"):
                pass
            assert str(data.root) in error.value.message
            assert f"kill {holder.pid}" in error.value.remedy
        with data.lock("up"):
            pass
        holder.kill()
        holder.wait()
        with data.lock("run"):
            pass


def test_which_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data() == tmp_path / ".local/share/officesmart-ivr"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "x"))
    assert default_data() == tmp_path / "x/officesmart-ivr"
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "chosen"))
    assert default_data() == tmp_path / "chosen"


@pytest.mark.parametrize("folder", ["asterisk-conf", "sounds", "config"])
def test_what_the_project_ships_is_found(folder: str) -> None:
    assert any(shipped(folder).iterdir())
