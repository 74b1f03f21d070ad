from __future__ import annotations

import logging
import re
import stat
from pathlib import Path

import pytest

from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.files import replace

NAMES = dict.fromkeys(["extension-201", "extension-202"], secrets.password)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.yaml"


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_passwords_are_made_once_and_kept(path: Path) -> None:
    first = secrets.ensure(path, NAMES)
    assert mode(path) == 0o600
    assert len(set(first.values())) == 2
    assert all(len(value) >= 20 for value in first.values())
    written = path.read_bytes()
    assert secrets.ensure(path, NAMES) == first
    assert path.read_bytes() == written


def test_what_only_the_office_has_to_know_is_made_up() -> None:
    plan = CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "Studio"},
            "extensions": {"201": {"name": "Anna"}},
            "trunks": {"c": {"server": "x.example", "username": "u", "password": {"secret": "carrier"}}},
            "service_codes": {"override": "*28", "pin": {"secret": "service-pin"}},
        }
    )
    assert secrets.made_up(plan) == {"extension-201": secrets.password, "service-pin": secrets.pin}
    pins = {secrets.pin() for _ in range(50)}
    assert len(pins) > 1
    assert all(re.fullmatch("[0-9]{6}", pin) for pin in pins)


def test_a_password_never_becomes_a_pin() -> None:
    plan = CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "Studio"},
            "extensions": {"201": {"name": "Anna"}},
            "service_codes": {"pin": {"secret": "extension-201"}},
        }
    )
    assert secrets.made_up(plan) == {"extension-201": secrets.password}


@pytest.mark.parametrize("text", ["", "# hush\n", "\n  # hush\r\n\n"])
def test_a_file_of_comments_holds_none(path: Path, text: str) -> None:
    write(path, text)
    assert secrets.load(path) == {}


def test_where_a_file_is_wrong_is_told(path: Path) -> None:
    write(path, "a: b\n\nc: d\na: e\n")
    with pytest.raises(SettingsError, match="line 4"):
        secrets.load(path)


def test_those_that_are_there_stay_when_others_are_added(path: Path) -> None:
    write(path, "trunk-telecom: 'sec: ret'\nextension-201: 0012\n")
    assert secrets.ensure(path, NAMES)["extension-201"] == "0012"
    kept = secrets.load(path)
    assert (kept["trunk-telecom"], kept["extension-201"]) == ("sec: ret", "0012")
    assert kept["extension-202"]


@pytest.mark.parametrize("empty", ["extension-201:\n", "extension-201: ''\n"])
def test_an_empty_password_is_none(path: Path, empty: str) -> None:
    write(path, empty)
    assert secrets.ensure(path, NAMES)["extension-201"]


def test_the_environment_wins_and_is_not_written_down(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "extension-201: from-file\n")
    monkeypatch.setenv("OFFICESMART_SECRET_EXTENSION_201", "from-environment")
    monkeypatch.setenv("OFFICESMART_SECRET_EXTENSION_202", "also")
    assert secrets.ensure(path, NAMES) == {"extension-201": "from-environment", "extension-202": "also"}
    assert path.read_text() == "extension-201: from-file\n"


@pytest.mark.parametrize("open_to", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_closed(
    path: Path, open_to: int, caplog: pytest.LogCaptureFixture
) -> None:
    write(path, "extension-201: hush\n", open_to)
    with caplog.at_level(logging.WARNING):
        assert secrets.load(path) == {"extension-201": "hush"}
    assert mode(path) == 0o600
    assert str(path) in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "extension-201: [hush",
        "extension-201: 'hush",
        "hush",
        "- hush",
        "a: {b: hush}",
        "a: &x [*x, hush]",
        "? [a]\n: b",
        "a: hush\na: hush",
        "[" * 100_000,
    ],
)
def test_no_complaint_quotes_a_password(path: Path, text: str) -> None:
    write(path, text)
    with pytest.raises(SettingsError) as error:
        secrets.load(path)
    assert str(path) in error.value.message
    assert error.value.remedy
    assert "hush" not in str(error.value)
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_no_log_holds_a_password(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made = secrets.ensure(path, NAMES)
    assert not [value for value in made.values() if value in caplog.text]


@pytest.mark.parametrize(
    ("chosen", "weak"),
    [("201", True), ("Sommer2026", True), ("123456789012", True), ("three-dull-words", False)],
)
def test_a_password_that_is_easy_to_guess_is_told_by_its_name(
    path: Path, caplog: pytest.LogCaptureFixture, chosen: str, weak: bool
) -> None:
    write(path, f"extension-201: {chosen}\nservice-pin: '12'\n")
    secrets.ensure(path, {"extension-201": secrets.password, "service-pin": secrets.pin})
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [("extension-201" in line, "service-pin" in line) for line in told] == [(True, False)] * weak
    assert chosen not in "".join(told).replace("extension-201", "")


def test_a_folder_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(secrets, "replace", fail)
    with pytest.raises(SettingsError) as error:
        secrets.ensure(path, NAMES)
    assert str(path) in error.value.message
    assert error.value.remedy
    assert not path.exists()


def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingsError, match=str(path)):
        secrets.load(path)
    replace(path / "bytes", b"\xff\xfe: x", mode=0o600)
    with pytest.raises(SettingsError, match="bytes"):
        secrets.load(path / "bytes")


def test_where_they_are(tmp_path: Path) -> None:
    assert secrets.beside(tmp_path) == secrets.beside(tmp_path / "plan.yaml") == tmp_path / "secrets.yaml"
