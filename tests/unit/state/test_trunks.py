"""The state of a trunk, from what is heard of its server and of its registration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from officesmart_ivr.callplan.model import Trunk
from officesmart_ivr.state.trunks import Registration, TrunkBoard, TrunkState

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
REGISTERING = Trunk.model_validate(
    {"server": "sip.example.net", "username": "u", "password": {"secret": "p"}, "register": True}
)
STATIC = Trunk.model_validate({"server": "sip.example.net"})
INCOMING = Trunk.model_validate({"from_addresses": ["192.0.2.1/32"]})


def later(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def board(trunk: Trunk) -> TrunkBoard:
    made = TrunkBoard()
    made.follow({"t": trunk}, BEGAN)
    return made


@pytest.mark.parametrize(
    ("trunk", "is_reachable", "registration", "state"),
    [
        (REGISTERING, None, Registration.TRYING, TrunkState.TRYING),
        (REGISTERING, True, Registration.TRYING, TrunkState.TRYING),
        (REGISTERING, True, Registration.REGISTERED, TrunkState.REGISTERED),
        (REGISTERING, True, Registration.REJECTED, TrunkState.REJECTED),
        (REGISTERING, True, Registration.UNKNOWN, TrunkState.UNKNOWN),
        (REGISTERING, False, Registration.REGISTERED, TrunkState.UNREACHABLE),
        (REGISTERING, False, Registration.REJECTED, TrunkState.UNREACHABLE),
        (STATIC, None, Registration.TRYING, TrunkState.TRYING),
        (STATIC, True, Registration.UNKNOWN, TrunkState.REACHABLE),
        (STATIC, False, Registration.UNKNOWN, TrunkState.UNREACHABLE),
        (INCOMING, None, Registration.TRYING, TrunkState.INCOMING),
    ],
)
def test_the_state_follows_from_what_is_known(
    trunk: Trunk, is_reachable: bool | None, registration: Registration, state: TrunkState
) -> None:
    trunks = board(trunk)
    if is_reachable is not None:
        trunks.reached("t", is_reachable, BEGAN)
    trunks.registration("t", registration, BEGAN)
    assert trunks.state("t") is state
    assert state.is_down is (state in ("unreachable", "rejected"))


def test_a_state_tells_since_when_it_holds() -> None:
    trunks = board(REGISTERING)
    trunks.reached("t", True, later(1))
    trunks.registration("t", Registration.REGISTERED, later(2))
    trunks.registration("t", Registration.REGISTERED, later(3))
    assert trunks.view()["t"].since == later(2)
    trunks.reached("t", False, later(4))
    assert trunks.view()["t"].since == later(4)


def test_one_that_is_back_is_tried_anew_before_it_counts_as_rejected() -> None:
    trunks = board(REGISTERING)
    assert not trunks.reached("t", True, BEGAN)
    trunks.registration("t", Registration.REJECTED, BEGAN)
    assert not trunks.reached("t", False, BEGAN)
    assert trunks.reached("t", True, BEGAN)
    assert trunks.state("t") is TrunkState.TRYING
    assert not trunks.reached("t", True, BEGAN)


def test_a_loss_and_a_return_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    trunks = board(REGISTERING)
    trunks.reached("t", True, BEGAN)
    trunks.registration("t", Registration.REGISTERED, BEGAN)
    assert not caplog.records
    for is_reachable, registration, logged in (
        (False, Registration.REGISTERED, 1),
        (False, Registration.REJECTED, 1),
        (True, Registration.TRYING, 1),
        (True, Registration.REJECTED, 2),
        (True, Registration.TRYING, 2),
        (True, Registration.UNKNOWN, 2),
        (True, Registration.REJECTED, 2),
        (True, Registration.REGISTERED, 3),
    ):
        trunks.reached("t", is_reachable, BEGAN)
        trunks.registration("t", registration, BEGAN)
        assert len(caplog.records) == logged


def test_without_anybody_who_tells_of_registrations_a_return_is_one_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trunks = board(REGISTERING)
    trunks.registrations_unknown("no access", BEGAN)
    trunks.reached("t", False, BEGAN)
    trunks.reached("t", True, BEGAN)
    assert trunks.view()["t"].reason == "no access"
    assert len(caplog.records) == 2


def test_a_changed_plan_keeps_what_is_known_of_the_trunks_that_stay() -> None:
    trunks = board(STATIC)
    trunks.reached("t", True, BEGAN)
    trunks.follow({"t": STATIC, "new": REGISTERING}, later(1))
    assert {name: status.state for name, status in trunks.view().items()} == {
        "t": TrunkState.REACHABLE,
        "new": TrunkState.TRYING,
    }
    trunks.follow({"t": REGISTERING}, later(2))
    assert trunks.state("t") is TrunkState.TRYING
    trunks.reached("new", True, later(3))
    assert trunks.view().keys() == {"t"}
