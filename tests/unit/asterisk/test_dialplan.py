"""Whom Asterisk rings by itself, and what it must know for that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from officesmart_ivr.announcements.catalogue import Catalogue, Clip
from officesmart_ivr.asterisk import dialplan
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.prepared import prepare
from officesmart_ivr.errors import AsteriskError

SOUNDS = Catalogue({dialplan.APOLOGY: Clip("/data/sounds/abc", 3.0)})


def variables(number: str | None) -> dict[str, str]:
    """The variables that have a value, without those that do not depend on the number."""
    plan = CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "Studio"} | ({"emergency_destination": number} if number else {}),
            "extensions": {"201": {"name": "Anna"}},
            "trunks": {"carrier": {"server": "192.0.2.9"}},
            "outside_calls": {"trunk": "carrier", "allow": ["+39"], "caller_id": "0212345678"},
            "hunt_groups": {"sales": {"name": "Vendite", "numbers": ["500"], "members": ["201"]}},
        }
    )
    found = dialplan.variables(prepare(plan), SOUNDS)
    assert found[dialplan.CALL_SECONDS] == str(240 * 60)
    assert found["OFFICESMART_APOLOGY"] == "/data/sounds/abc"
    assert found["OFFICESMART_RESCUE_SERVER"] == "192.0.2.9"
    rescue = re.compile(found["OFFICESMART_RESCUE"])
    saved = {call: rescue.match(call) for call in ("112,phone,201", "0118,phone,201")}
    assert [match and match[1] for match in saved.values()] == ["112", "118"]
    assert not any(map(rescue.match, ("112,trunk,trunk-carrier", "1120,phone,201", "201,phone,202")))
    short = {name.removeprefix("OFFICESMART_EMERGENCY_"): value for name, value in found.items() if value}
    return {name: value for name, value in short.items() if not name.startswith("OFFICESMART")}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (None, {}),
        ("201", {"PHONE": "201"}),
        ("03331234567", {"OUTSIDE": "PJSIP/+393331234567@trunk-carrier", "CALLER_ID": "+390212345678"}),
        ("500", {}),
        ("00447700900123", {}),
        ("112", {}),
        ("299", {}),
    ],
)
def test_only_who_can_be_rung_without_us_is_rung(number: str | None, expected: dict[str, str]) -> None:
    assert variables(number) == expected


def test_the_file_has_what_has_a_value(tmp_path: Path) -> None:
    path = tmp_path / "emergency.conf"
    dialplan.keep(path, {"A": "1", "B": "", "C": "x y"})
    assert path.read_text().splitlines()[1:] == ["A = 1", "C = x y"]
    version = path.stat().st_ino
    dialplan.keep(path, {"A": "1", "B": "", "C": "x y"})
    assert path.stat().st_ino == version


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(AsteriskError):
        dialplan.keep(tmp_path / "gone" / "emergency.conf", {"A": "1"})
