"""The limits on calls that leave the office at once."""

from __future__ import annotations

from typing import Any

from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.core.target import OutsideTarget
from tests.unit.core.harness import plan

TARGET = OutsideTarget("+393331234567", "carrier")
EMERGENCY = OutsideTarget("112", "carrier", emergency=True)


def lines(trunk: dict[str, Any], outside_calls: dict[str, Any]) -> OutsideLines:
    changes = {
        "trunks": {"carrier": {"server": "sip.example.net", **trunk}, "other": {"server": "sip.example.org"}},
        "outside_calls": {"trunk": "carrier", **outside_calls},
    }
    prepared = plan({"day": {}}, **changes)
    return OutsideLines(lambda: prepared.plan)


def test_a_trunk_carries_as_many_calls_as_it_may() -> None:
    outside = lines({"max_calls": "2"}, {})
    assert outside.take("a", TARGET)
    assert outside.take("b", TARGET)
    assert not outside.take("c", TARGET)
    assert outside.take("d", OutsideTarget("+393331234567", "other"))
    outside.give_back("a")
    outside.give_back("a")
    assert outside.take("c", TARGET)
    assert not outside.take("e", TARGET)


def test_the_office_has_a_limit_over_all_trunks() -> None:
    outside = lines({}, {"max_calls": "2"})
    outside.adopt("a", "other")
    assert outside.take("b", TARGET)
    assert not outside.take("c", TARGET)


def test_an_emergency_call_is_never_refused() -> None:
    outside = lines({"max_calls": "1"}, {"max_calls": "1"})
    assert outside.take("a", TARGET)
    assert outside.take("b", EMERGENCY)
    assert len(outside) == 2
