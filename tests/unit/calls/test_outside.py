"""The limits on calls that leave the office at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import LegEnded, LegOutcome
from officesmart_ivr.core.target import OutsideTarget
from officesmart_ivr.state.trunks import Registration, TrunkBoard, TrunkState
from tests.unit.core.harness import plan

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TARGET = OutsideTarget("+393331234567", "carrier")
EMERGENCY = OutsideTarget("112", "carrier", emergency=True)


def lines(trunk: dict[str, Any], outside_calls: dict[str, Any]) -> OutsideLines:
    changes: dict[str, Any] = {
        "trunks": {"carrier": {"server": "sip.example.net", **trunk}, "other": {"server": "sip.example.org"}},
        "outside_calls": {"trunk": "carrier", **outside_calls},
    }
    prepared = plan({"day": {}}, **changes)
    board = TrunkBoard()
    board.follow(prepared.plan.trunks, NOW)
    return OutsideLines(lambda: prepared.plan, board)


def test_a_trunk_carries_as_many_calls_as_it_may() -> None:
    outside = lines({"max_calls": "2"}, {})
    assert not outside.take("a", TARGET)
    assert not outside.take("b", TARGET)
    assert outside.take("c", TARGET)
    assert not outside.take("d", OutsideTarget("+393331234567", "other"))
    outside.give_back("a")
    outside.give_back("a")
    assert not outside.take("c", TARGET)
    assert outside.take("e", TARGET)


def test_the_office_has_a_limit_over_all_trunks() -> None:
    outside = lines({}, {"max_calls": "2"})
    outside.adopt("a", "other")
    assert not outside.take("b", TARGET)
    assert outside.take("c", TARGET)


def test_an_emergency_call_is_never_refused() -> None:
    outside = lines({"max_calls": "1"}, {"max_calls": "1"})
    assert not outside.take("a", TARGET)
    assert not outside.take("b", EMERGENCY)
    assert len(outside) == 2


@pytest.mark.parametrize("state", [TrunkState.UNREACHABLE, TrunkState.REJECTED])
def test_a_trunk_that_is_down_is_not_tried_but_for_an_emergency(state: TrunkState) -> None:
    outside = lines({"username": "u", "password": {"secret": "p"}, "register": "true"}, {})
    outside._board.reached("carrier", state is TrunkState.REJECTED, NOW)
    outside._board.registration("carrier", Registration.REJECTED, NOW)
    assert outside.take("a", TARGET) == LegEnded(
        "a", LegOutcome.UNREACHABLE, Cause.NO_CIRCUIT, trunk_down=state.value
    )
    assert not outside.take("b", EMERGENCY)
    assert not outside.take("c", OutsideTarget("+393331234567", "other"))
    outside._board.reached("carrier", False, NOW)
    outside._board.reached("carrier", True, NOW)
    assert not outside.take("d", TARGET)


def test_an_emergency_call_is_sent_to_the_server_whatever_is_believed_of_it() -> None:
    outside = lines({}, {})
    assert outside.endpoint(TARGET) == "PJSIP/+393331234567@trunk-carrier"
    assert outside.endpoint(EMERGENCY) == "PJSIP/trunk-carrier/sip:112@sip.example.net"
