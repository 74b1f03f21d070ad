from __future__ import annotations

import pytest

from officesmart_ivr.core import effects, state
from officesmart_ivr.core.events import CallerLeft, LegAnswered, LegEnded, LegOutcome
from tests.unit.core.harness import Walk, plan

DAY = {"day": {"keys": {"1": {"extension": "201"}, "2": {"dial": "202"}, "3": {"outside": "3331234567"}}}}


@pytest.mark.parametrize("outcome", list(LegOutcome))
def test_a_failed_transfer_is_announced_and_returns_to_the_menu(outcome: LegOutcome) -> None:
    walk = Walk(plan(DAY)).press("1").leg_ends(outcome).listen()
    assert walk.plays == ["day", "transfer-failed", "day"]
    assert not walk.timers


def test_a_phone_that_rings_too_long_is_cancelled() -> None:
    walk = Walk(plan(DAY)).press("1").wait()
    assert not walk.legs
    assert walk.plays[-1] == "transfer-failed"


def test_when_transfer_fails_leads_elsewhere() -> None:
    menus = {"day": {**DAY["day"], "when_transfer_fails": {"menu": "sorry"}}, "sorry": {}}
    walk = Walk(plan(menus)).press("1").leg_ends(LegOutcome.BUSY).listen()
    assert walk.plays == ["day", "transfer-failed", "sorry"]
    own = {
        "day": {**DAY["day"], "when_transfer_fails": {"menu": "sorry", "announcement": "own"}},
        "sorry": {},
    }
    assert Walk(plan(own)).press("1").leg_ends(LegOutcome.BUSY).listen().plays == ["day", "own", "sorry"]


def test_talking_ends_when_either_side_leaves() -> None:
    walk = Walk(plan(DAY)).press("2").answered()
    assert walk.connected == "202"
    other = Walk(plan(DAY)).press("2").answered().leg_ends(LegOutcome.HUNG_UP)
    assert (other.cause, other.outcome) == (effects.Cause.NORMAL, "connected")
    assert walk.send(CallerLeft()).outcome == "connected"
    assert not walk.legs


def test_an_outside_number_without_a_carrier_is_not_allowed_and_returns() -> None:
    assert Walk(plan(DAY)).press("3").listen().plays == ["day", "not-allowed", "day"]


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (LegOutcome.BUSY, effects.Cause.BUSY),
        (LegOutcome.REJECTED, effects.Cause.REJECTED),
        (LegOutcome.NO_ANSWER, effects.Cause.NO_ANSWER),
        (LegOutcome.UNREACHABLE, effects.Cause.SUBSCRIBER_ABSENT),
    ],
)
def test_a_direct_call_is_never_answered_by_us_and_ends_with_the_cause(
    outcome: LegOutcome, cause: effects.Cause
) -> None:
    walk = Walk(plan(DAY), "201").leg_ends(outcome)
    assert walk.cause == cause
    assert not any(isinstance(effect, effects.Answer) for effect in walk.effects)


def test_an_unknown_number_is_announced_before_the_answer() -> None:
    walk = Walk(plan(DAY), "999")
    assert not any(isinstance(effect, effects.Answer) for effect in walk.effects)
    assert walk.listen().cause == effects.Cause.UNALLOCATED


@pytest.mark.parametrize("stage", ["menu", "announcing", "ringing", "silence"])
def test_a_caller_who_leaves_releases_everything(stage: str) -> None:
    walk = Walk(plan(DAY))
    if stage == "announcing":
        walk.press("3")
    elif stage == "ringing":
        walk.press("1")
    elif stage == "silence":
        walk.listen()
    walk.send(CallerLeft())
    assert (walk.outcome, walk.legs, walk.timers) == ("caller_left", {}, {})


def test_a_cancelled_leg_may_still_report() -> None:
    walk = Walk(plan(DAY)).press("1")
    leg = walk.leg
    walk.wait()
    before = walk.state
    assert walk.send(LegAnswered(leg)).send(LegEnded(leg, LegOutcome.HUNG_UP)).state == before


def test_a_switched_off_multiselection_forwards() -> None:
    off = {"enabled": "no", "when_disabled": {"dial": "203"}}
    assert list(Walk(plan(DAY, multiselection=off)).legs.values()) == ["203"]
    spoken = {"enabled": "no", "when_disabled": {"play": "closed"}}
    walk = Walk(plan(DAY, multiselection=spoken)).listen()
    assert (walk.plays, walk.outcome) == (["closed"], "hang_up")
    assert Walk(plan(DAY, multiselection={"enabled": "no"})).outcome == "refused"


def test_circles_are_cut_at_the_limit_with_an_apology() -> None:
    circle = {"enabled": "no", "when_disabled": {"multiselection": "main"}}
    walk = Walk(plan(DAY, multiselection=circle, limits={"steps": "1000"})).listen()
    assert (walk.plays, walk.outcome) == (["too-many-steps"], "limit")
    assert isinstance(walk.state, state.Ended)
