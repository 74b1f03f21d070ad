"""The policy on outside numbers, and the ways on which a call may leave the office."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan.model import OutsideCalls
from officesmart_ivr.core import effects
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.numbers import Kind, OutsideNumber, outside_number
from officesmart_ivr.core.outside import Reason, policy_of
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.target import OutsideTarget
from tests.unit.core.harness import Walk, plan
from tests.unit.core.test_any_call import happen, happenings

CARRIER: dict[str, Any] = {
    "trunks": {
        "carrier": {"server": "sip.example.net", "username": "user", "password": {"secret": "carrier"}},
        "tester": {"from_addresses": ["127.0.0.1/32"]},
    },
    "outside_calls": {
        "trunk": "carrier",
        "allow": ["+39", "187"],
        "deny": ["+3901"],
        "caller_id": "0212345600",
    },
    "sites": {"milano": {"name": "Milano", "caller_id": "0212345601"}},
    "extensions": {"201": {"name": "201", "site": "milano"}, "202": {"name": "202"}},
}
DAY = {
    "day": {
        "keys": {"1": {"outside": "3337654321"}, "2": {"dial": "03337654321"}, "3": {"outside": "011123456"}}
    }
}


def office(**changes: Any) -> PreparedPlan:
    main = {"numbers": ["100", "0212345678"], **changes.pop("multiselection", {})}
    return plan(DAY, multiselection=main, **{**CARRIER, **changes})


def decide(number: str, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> Reason:
    found = outside_number(number, "IT")
    assert found is not None
    decision = policy_of(OutsideCalls(trunk="carrier", allow=allow, deny=deny)).decide(found)
    assert decision.allowed is (decision.reason in (Reason.ALLOWED, Reason.EMERGENCY))
    return decision.reason


@pytest.mark.parametrize(
    ("number", "allow", "deny", "reason"),
    [
        ("3331234567", (), (), Reason.NOT_LISTED),
        ("3331234567", ("+39",), (), Reason.ALLOWED),
        ("3331234567", ("+39",), ("+39333",), Reason.DENIED),
        ("3331234567", ("+39", "+393331"), ("+39333",), Reason.ALLOWED),
        ("3331234567", ("+39333",), ("+39333",), Reason.DENIED),
        ("00442079460958", ("+39",), (), Reason.NOT_LISTED),
        ("00442079460958", ("+",), (), Reason.ALLOWED),
        ("899123456", ("+",), (), Reason.PREMIUM),
        ("899123456", ("+39",), (), Reason.PREMIUM),
        ("899123456", ("+3989",), (), Reason.PREMIUM),
        ("899123456", ("+39899",), (), Reason.ALLOWED),
        ("899123456", ("+39899",), ("+398991",), Reason.DENIED),
        ("187", ("+39", "+"), (), Reason.NOT_LISTED),
        ("187", ("187",), (), Reason.ALLOWED),
        ("187", ("18",), (), Reason.NOT_LISTED),
        ("112", (), ("+", "112"), Reason.EMERGENCY),
    ],
)
def test_the_longest_entry_decides(
    number: str, allow: tuple[str, ...], deny: tuple[str, ...], reason: Reason
) -> None:
    assert decide(number, allow, deny) is reason


def naive(number: OutsideNumber, allow: list[str], deny: list[str]) -> bool:
    """The policy in other words: walk the number digit by digit and keep the last word said."""
    verdict, said = False, ""
    for end in range(1, len(number.text) + 1):
        so_far = number.text[:end]
        if so_far in allow:
            verdict, said = True, so_far
        if so_far in deny:
            verdict, said = False, so_far
    national = said[1 + len(number.country_code) :]
    return verdict and (number.kind is Kind.ORDINARY or len(national) >= 3)


entries = st.lists(
    st.text(alphabet="0189", max_size=5).map("+39".__add__) | st.sampled_from(["+", "+3", "+4"])
)


@given(
    entries,
    entries,
    st.text(alphabet="0189", min_size=6, max_size=8),
    st.sampled_from([Kind.ORDINARY, Kind.PREMIUM]),
)
def test_the_policy_agrees_with_a_naive_one(allow: list[str], deny: list[str], rest: str, kind: Kind) -> None:
    number = OutsideNumber("+39" + rest, kind, "39")
    policy = policy_of(OutsideCalls(trunk="carrier", allow=tuple(allow), deny=tuple(deny)))
    assert policy.decide(number).allowed is naive(number, allow, deny)


@pytest.mark.parametrize(
    ("phone", "dialled", "number", "shown"),
    [
        ("201", "03337654321", "+393337654321", "+390212345601"),
        ("202", "+393337654321", "+393337654321", "+390212345600"),
        ("202", "0187", "187", "+390212345600"),
        ("202", "112", "112", "+390212345600"),
        ("202", "0112", "112", "+390212345600"),
    ],
)
def test_a_phone_calls_outside(phone: str, dialled: str, number: str, shown: str) -> None:
    walk = Walk(office(), dialled, phone=phone)
    emergency = number == "112"
    assert walk.targets[walk.leg] == OutsideTarget(number, "carrier", shown, emergency)
    assert walk.answered().connected == number


def test_a_caller_from_outside_is_led_on_showing_the_services_number() -> None:
    walk = Walk(office(multiselection={"site": "milano"})).press("1")
    assert walk.targets[walk.leg] == OutsideTarget("+393337654321", "carrier", "+390212345601")
    assert Walk(office()).press("2").targets[f"c-leg{2}"].line == "+393337654321"


@pytest.mark.parametrize(
    ("dialled", "fact", "cause"),
    [
        ("0011123456", Fact.DENIED, effects.Cause.REJECTED),
        ("0899123456", Fact.PREMIUM, effects.Cause.REJECTED),
        ("000442079460958", Fact.NOT_ALLOWED, effects.Cause.REJECTED),
        ("012", Fact.UNKNOWN_NUMBER, effects.Cause.UNALLOCATED),
    ],
)
def test_a_phone_hears_why_before_any_answer(dialled: str, fact: Fact, cause: effects.Cause) -> None:
    walk = Walk(office(), dialled, phone="201")
    assert fact in walk.facts
    assert not walk.legs
    assert walk.listen().cause == cause
    assert not any(isinstance(effect, effects.Answer) for effect in walk.effects)


def test_a_forbidden_destination_returns_to_the_menu() -> None:
    assert Walk(office()).press("3").listen().plays == ["day", "not-allowed", "day"]


def test_without_outside_calls_nothing_leads_outside() -> None:
    for dialled in ("03337654321", "112"):
        walk = Walk(office(outside_calls=None), dialled, phone="201")
        assert Fact.NO_TRUNK in walk.facts
        assert walk.listen().cause == effects.Cause.REJECTED


@pytest.mark.parametrize("dialled", ["0212345678", "00212345678", "+390212345678", "000390212345678", "100"])
def test_our_own_number_is_reached_without_a_carrier(dialled: str) -> None:
    assert Walk(office(), dialled, phone="201").plays == ["day"]


@pytest.mark.parametrize("received", ["0212345678", "+390212345678", "00390212345678", "390212345678", "100"])
def test_a_call_from_outside_reaches_the_service_in_each_spelling(received: str) -> None:
    assert Walk(office(), received).plays == ["day"]


@pytest.mark.parametrize(
    ("outcome", "cause", "released"),
    [
        (LegOutcome.BUSY, 17, effects.Cause.BUSY),
        (LegOutcome.UNREACHABLE, 1, effects.Cause.UNALLOCATED),
        (LegOutcome.BUSY, 34, effects.Cause.NO_CIRCUIT),
        (LegOutcome.UNREACHABLE, 34, effects.Cause.NO_CIRCUIT),
        (LegOutcome.UNREACHABLE, 0, effects.Cause.SUBSCRIBER_ABSENT),
    ],
)
def test_what_the_world_says_of_a_number_is_passed_on(
    outcome: LegOutcome, cause: int, released: effects.Cause
) -> None:
    walk = Walk(office(), "03337654321", phone="201").leg_ends(outcome, cause)
    assert walk.cause == released
    assert (Fact.NO_LINE in walk.facts) is (cause == 34)


NUMBERS = st.sampled_from(["03337654321", "+393337654321", "112", "0112", "187", "0187", "00212345678"])


@given(NUMBERS | st.sampled_from(["100", "0212345678", "201"]), happenings)
def test_a_caller_from_outside_reaches_only_numbers_that_the_plan_names(
    dialled: str, what: list[Any]
) -> None:
    day = {"keys": {"1": {"outside": "3337654321"}, "2": {"menu": "more"}}, "dial_extensions": "yes"}
    more = {"keys": {"9": {"dial": "03331112222"}}, "when_transfer_fails": {"menu": "day"}}
    walk = Walk(plan({"day": day, "more": more}, **CARRIER), dialled)
    for happening in what:
        if walk.cause is None:
            happen(walk, happening)
    assert {target.line for target in walk.targets.values()} <= {
        "+393337654321",
        "+393331112222",
        *CARRIER["extensions"],
    }
