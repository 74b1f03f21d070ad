"""Transfers by phones, hold, and picking up."""

from __future__ import annotations

from typing import Any

import pytest

from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.events import LegOutcome, Side
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget
from tests.unit.core.harness import Walk, plan

DAY = {"day": {"keys": {"1": {"extension": "201"}}}, "other": {}}
OUTSIDE: dict[str, Any] = {
    "company": {"name": "Studio", "country": "IT", "outside_prefix": "0"},
    "sites": {"milano": {"name": "Milano", "caller_id": "0212345678"}, "torino": {"name": "Torino"}},
    "extensions": {
        "201": {"name": "a", "site": "milano"},
        "202": {"name": "b", "site": "torino"},
        "203": {"name": "c"},
    },
    "trunks": {"carrier": {"server": "sip.example.net", "from_addresses": ["192.0.2.1/32"]}},
    "outside_calls": {"trunk": "carrier", "allow": ["+39"], "deny": ["+39899"]},
}
CODE: dict[str, Any] = {"service_codes": {"pick_up": "*8"}}


def talking(**changes: Any) -> Walk:
    """A caller who came through the menu and talks to 201."""
    return Walk(plan(DAY, **changes)).press("1").answered()


def called(**changes: Any) -> Walk:
    """201 has called 202, and they talk."""
    return Walk(plan(DAY, **changes), "202", phone="201").answered()


# --- blind transfer


def test_the_caller_is_sent_on_and_talks() -> None:
    walk = talking().send(events.Transferred(Side.LEG, "202"))
    assert (list(walk.legs.values()), walk.alone) == (["202"], True)
    assert walk.answered().connected == "202"
    assert Fact.TRANSFERS in walk.facts


def test_who_was_called_takes_the_callers_place_when_that_one_transfers() -> None:
    walk = called()
    first = walk.leg
    walk.send(events.Transferred(Side.CALLER, "203"))
    assert effects.Promote(first) in walk.effects
    assert walk.answered().connected == "203"
    # It is 202 who transfers now, and is rung again.
    walk.send(events.Transferred(Side.CALLER, "999"))
    assert list(walk.legs.values()) == ["202"]


@pytest.mark.parametrize("number", ["202", "999", "0899123456"])
def test_a_transfer_that_reaches_nobody_rings_the_phone_that_transferred(number: str) -> None:
    walk = talking(**OUTSIDE).send(events.Transferred(Side.LEG, number))
    if number == "202":
        walk.leg_ends(LegOutcome.BUSY)
    assert list(walk.legs.values()) == ["201"]
    assert walk.answered().connected == "201"
    # That is done once, and it can transfer again.
    walk.send(events.Transferred(Side.LEG, "203")).wait()
    assert list(walk.legs.values()) == ["201"]


def test_a_recall_without_an_answer_goes_the_way_of_a_failed_transfer() -> None:
    walk = talking().send(events.Transferred(Side.LEG, "202")).wait().wait().listen()
    assert walk.plays == ["day", "transfer-failed", "day"]
    direct = called().send(events.Transferred(Side.LEG, "203")).wait().wait()
    assert (direct.outcome, direct.cause) == ("no_answer", effects.Cause.NO_ANSWER)


def test_who_was_called_does_not_come_into_the_callers_menus() -> None:
    walk = Walk(plan(DAY), "100", phone="203").press("1").answered()
    walk.send(events.Transferred(Side.CALLER, "202")).wait().wait()
    assert walk.outcome == "no_answer"
    assert walk.plays == ["day"]


def test_a_transfer_to_a_multiselection_reaches_it() -> None:
    walk = talking().send(events.Transferred(Side.LEG, "100"))
    assert walk.plays == ["day", "day"]
    assert walk.press("1").leg_ends(LegOutcome.BUSY).plays[-1] == "transfer-failed"


def test_a_transfer_to_ones_own_number_rings_there() -> None:
    assert list(talking().send(events.Transferred(Side.LEG, "201")).legs.values()) == ["201"]


def test_an_outside_number_is_called_with_the_rights_of_the_line_that_transfers() -> None:
    walk = talking(**OUTSIDE).send(events.Transferred(Side.LEG, "03331234567"))
    assert walk.targets[walk.leg] == OutsideTarget("+393331234567", "carrier", "+390212345678")
    # Once somebody was reached, those of nobody are left.
    assert walk.answered().state.journey.sent_by == ""
    # A caller's phone that is of another site counts no more.
    other = Walk(plan(DAY, **OUTSIDE), "201", phone="202").answered()
    other.send(events.Transferred(Side.LEG, "03331234567"))
    assert other.targets[other.leg] == OutsideTarget("+393331234567", "carrier", "+390212345678")


def test_only_phones_of_the_office_may_transfer() -> None:
    outside = Walk(plan(DAY, **OUTSIDE), "03331234567", phone="201").answered()
    outside.send(events.Transferred(Side.LEG, "202"))
    assert (outside.outcome, outside.legs) == ("connected", {})
    assert talking().send(events.Transferred(Side.CALLER, "202")).legs == {}


def test_service_codes_are_nothing_to_transfer_to() -> None:
    assert list(talking(**CODE).send(events.Transferred(Side.LEG, "*8202")).legs.values()) == ["201"]


# --- attended transfer


@pytest.mark.parametrize("by", [Side.LEG, Side.CALLER])
def test_the_one_who_stays_talks_to_the_one_offered(by: Side) -> None:
    walk = called()
    first = walk.leg
    walk.offer(events.LegOffered("o", by, "o-leg1", PhoneTarget("203")))
    assert (walk.legs, walk.connected) == ({"o-leg1": "203"}, "203")
    assert (effects.Promote(first) in walk.effects) is (by is Side.CALLER)
    assert walk.leg_ends(LegOutcome.HUNG_UP).outcome == "connected"


def test_one_who_still_rings_is_waited_for_and_the_transferer_rung_again() -> None:
    walk = talking().offer(events.LegOffered("o", Side.LEG, "o-leg1", PhoneTarget("202"), ringing=True))
    assert walk.alone
    answered = talking().offer(events.LegOffered("o", Side.LEG, "o-leg1", PhoneTarget("202"), ringing=True))
    assert answered.answered().connected == "202"
    assert list(walk.wait().legs.values()) == ["201"]


def test_the_caller_walks_the_menu_that_the_phone_has_called() -> None:
    walk = talking().send(events.MenuOffered("o", Side.LEG, "main", ("day", "other")))
    assert (walk.plays, walk.menu, walk.legs) == (["day", "other"], "other", {})


def test_one_who_was_gone_already_is_a_transfer_that_reached_nobody() -> None:
    walk = talking().send(events.NothingOffered(Side.LEG))
    assert (list(walk.legs.values()), walk.alone) == (["201"], True)
    assert talking().send(events.NothingOffered(Side.CALLER)).legs == {}


def test_a_menu_of_a_later_plan_is_not_taken() -> None:
    assert talking().send(events.MenuOffered("o", Side.LEG, "new", ("day",))).ignored == 1


def test_the_call_that_gave_ends_as_transferred() -> None:
    walk = called().hand_over(Side.LEG)
    assert (walk.outcome, walk.cause) == ("transferred", effects.Cause.NORMAL)
    # Where the one who called stays, it is the transferring phone's side that is hung up.
    stays = called().hand_over(Side.CALLER)
    assert (stays.outcome, stays.cause, stays.legs) == ("transferred", None, {})
    assert Walk(plan(DAY), "100", phone="201").hand_over(None).outcome == "transferred"
    ringing = Walk(plan(DAY), "202", phone="201").hand_over(Side.LEG)
    assert (ringing.outcome, ringing.timers) == ("transferred", {})


def test_an_offer_to_a_call_that_is_over_is_ignored() -> None:
    walk = called().send(events.CallerLeft())
    walk.offer(events.LegOffered("o", Side.LEG, "o-leg1", PhoneTarget("203")))
    assert (walk.legs, walk.ignored) == ({}, 1)


# --- hold


def test_hold_and_resume_are_noted_once() -> None:
    walk = called().send(events.Held(Side.LEG)).send(events.Held(Side.LEG))
    walk.send(events.Resumed(Side.CALLER)).send(events.Resumed(Side.LEG))
    lines = [each.about for each in walk.effects if isinstance(each, effects.Note) and "line" in each.about]
    assert walk.facts[-2:] == [Fact.HELD, Fact.RESUMED]
    assert [about["line"] for about in lines[-2:]] == ["202", "202"]
    assert walk.ignored == 2


def test_who_hangs_up_during_a_hold_ends_the_call() -> None:
    walk = called().send(events.Held(Side.LEG)).send(events.CallerLeft())
    assert (walk.outcome, walk.legs) == ("connected", {})


# --- picking up


def test_a_phone_takes_the_place_of_one_that_rings() -> None:
    walk = Walk(plan(DAY, **CODE)).press("1")
    rang = walk.leg
    walk.offer(events.PickedUp("o", "o-caller", PhoneTarget("203")))
    assert (walk.connected, list(walk.legs)) == ("203", ["o-caller"])
    assert effects.CancelLeg(rang, effects.Cause.ANSWERED_ELSEWHERE) in walk.effects
    assert not walk.timers
    assert walk.offer(events.PickedUp("o2", "o2-caller", PhoneTarget("202"))).connected == "203"


def test_a_direct_call_is_answered_by_a_pick_up() -> None:
    walk = Walk(plan(DAY, **CODE), "202", phone="201")
    walk.offer(events.PickedUp("o", "o-caller", PhoneTarget("203")))
    assert effects.Answer() in walk.effects


@pytest.mark.parametrize(
    ("phone", "dialled", "lines"),
    [
        ("203", "*8202", {"202"}),
        ("203", "*8999", set()),
        ("201", "*8", {"201"}),
        ("203", "*8", {"201", "202", "203"}),
    ],
)
def test_which_lines_are_picked_up(phone: str, dialled: str, lines: set[str]) -> None:
    assert Walk(plan(DAY, **OUTSIDE, **CODE), dialled, phone=phone).wanted == frozenset(lines)


def test_where_nothing_rings_the_phone_hears_so() -> None:
    walk = Walk(plan(DAY, **CODE), "*8202", phone="203").send(events.NothingRings())
    assert (walk.plays, walk.listen().outcome) == (["not-allowed"], "refused")


def test_a_phone_that_picked_up_is_gone_from_its_own_call() -> None:
    walk = Walk(plan(DAY, **CODE), "*8202", phone="203").hand_over(Side.CALLER)
    assert (walk.outcome, walk.cause) == ("connected", None)
    assert walk.facts[-2:] == [Fact.HANDED_OVER, Fact.ENDED]


def test_codes_are_for_phones_and_for_plans_that_have_them() -> None:
    assert isinstance(Walk(plan(DAY, **CODE), "*8").state, state.Announcing)
    assert isinstance(Walk(plan(DAY), "*8", phone="201").state, state.Announcing)
