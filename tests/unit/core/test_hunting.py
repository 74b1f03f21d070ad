"""A call in a hunt group: who rings, what the caller hears, the queue, and how it leaves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.core import events, state
from officesmart_ivr.core.effects import CancelLeg, Cause, HuntEnd, RingLeg
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.hunt import Search, next_offer
from officesmart_ivr.core.hunt_events import Offered
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.strategies import SHIPPED
from officesmart_ivr.core.target import PhoneTarget
from tests.unit.core.harness import Walk, plan

MENUS: dict[str, Any] = {"day": {"keys": {"1": {"hunt_group": "sales"}}}}


def sales(*members: Any, menus: dict[str, Any] = MENUS, **settings_: Any) -> PreparedPlan:
    """A plan whose group ``sales`` has these members, or 201 to 203."""
    group = {"name": "Vendite", "numbers": ["500"], "members": list(members or ("201", "202", "203"))}
    return plan(
        menus,
        hunt_groups={"sales": group | settings_},
        service_codes={"pick_up": "*8"},
        trunks={"carrier": {"server": "sip.example.net"}},
        outside_calls={"trunk": "carrier", "allow": ["+39"]},
    )


QUEUE = {"queue": {"places": "2", "max_seconds": "100", "leave_key": "1", "leave_to": {"extension": "203"}}}


def cancelled(walk: Walk) -> dict[str, Cause]:
    lines = {effect.leg: effect.target.line for effect in walk.effects if isinstance(effect, RingLeg)}
    return {lines[effect.leg]: effect.cause for effect in walk.effects if isinstance(effect, CancelLeg)}


def test_members_ring_one_after_another_until_somebody_answers() -> None:
    walk = Walk(sales(), "500")
    assert walk.rings() == ["201"]
    walk.ends_on("201", LegOutcome.BUSY)
    assert walk.rings() == ["202"]
    walk.ends_on("202", LegOutcome.REJECTED)
    walk.answers("203")
    assert (walk.connected, walk.ringing, walk.hunt_ends) == ("203", False, [HuntEnd.ANSWERED])
    assert not walk.timers
    walk.leg_ends(LegOutcome.HUNG_UP)
    assert walk.outcome == "connected"


def test_who_does_not_answer_in_time_is_left_for_the_next() -> None:
    walk = Walk(sales(ring_seconds="5", pause_after_missed="2"), "500").wait()
    assert (walk.rings(), cancelled(walk), walk.missed) == (["202"], {"201": Cause.NO_ANSWER}, {"201": 2})


def test_busy_members_are_passed_over_and_told_once() -> None:
    walk = Walk(sales(), "100")
    walk.busy("201", "202").press("1")
    assert walk.rings() == ["203"]
    skipped = [note for note in walk.facts if note is Fact.SKIPPED]
    assert len(skipped) == 2


def test_the_first_of_all_who_ring_gets_the_call_and_the_others_missed_nothing() -> None:
    walk = Walk(sales(strategy="ring_all"), "500")
    assert walk.rings() == ["201", "202", "203"]
    walk.answers("202")
    assert walk.connected == "202"
    assert cancelled(walk) == {"201": Cause.ANSWERED_ELSEWHERE, "203": Cause.ANSWERED_ELSEWHERE}
    walk.send(events.LegAnswered("late"))
    assert walk.rings() == ["202"]


def test_who_rejects_drops_out_and_who_becomes_free_joins() -> None:
    walk = Walk(sales(strategy="ring_all"), "100").busy("202").press("1")
    assert walk.rings() == ["201", "203"]
    walk.ends_on("201", LegOutcome.REJECTED)
    assert walk.rings() == ["203"]
    walk.line_free("202")
    assert walk.rings() == ["202", "203"]
    walk.ends_on("203", LegOutcome.REJECTED).ends_on("202", LegOutcome.REJECTED)
    assert walk.hunt_ends == [HuntEnd.NO_ANSWER]


@pytest.mark.parametrize(
    ("busy", "outcome", "cause"), [(True, "busy", Cause.BUSY), (False, "no_answer", Cause.NO_ANSWER)]
)
def test_without_a_menu_or_a_destination_the_caller_is_released(
    busy: bool, outcome: str, cause: Cause
) -> None:
    walk = Walk(sales("201"), "100")
    if busy:
        walk.busy("201")
    walk.press("1")
    assert walk.state.journey.trail == ("day",)
    direct = Walk(sales("201"), "500")
    direct.ends_on("201", LegOutcome.BUSY if busy else LegOutcome.REJECTED)
    assert (direct.outcome, direct.cause) == (outcome, cause)


@pytest.mark.parametrize(
    ("what", "then"),
    [("busy", "when_busy"), ("no_answer", "when_no_answer"), ("unreachable", "when_unreachable")],
)
def test_each_exit_leads_where_the_plan_says(what: str, then: str) -> None:
    walk = Walk(sales("201", "202", **{then: {"extension": "203"}}), "500")
    for line in ("201", "202"):
        walk.ends_on(line, LegOutcome(what))
    if what == "unreachable":
        for line in ("201", "202"):
            walk.board.update(line, walk.now, registered=False)
        walk = Walk(walk.plan, "100")
        for line in ("201", "202"):
            walk.board.update(line, walk.now, registered=False)
        walk.press("1")
    assert walk.rings() == ["203"]


LATER: dict[str, Any] = {"multiselection": "later"}
"""A way out of a group that was made after the call had begun, as what it leads to."""


def test_an_exit_to_what_the_plan_of_the_call_has_not_is_none() -> None:
    walk = Walk(sales("201"), "100")
    walk.groups = sales("201", when_no_answer=LATER).groups
    walk.press("1").ends_on("201", LegOutcome.REJECTED)
    assert walk.hunt_ends == [HuntEnd.NO_ANSWER]
    assert walk.state.journey.trail == ("day",)


def test_who_waits_cannot_leave_for_what_the_plan_of_the_call_has_not() -> None:
    walk = Walk(sales("201"), "100").busy("201")
    walk.groups = sales("201", queue=QUEUE["queue"] | {"leave_to": LATER}).groups
    walk.press("1").press("1")
    assert isinstance(walk.state, state.Hunting)
    assert not walk.hunt_ends


def test_the_whole_time_of_a_hunt_is_bounded() -> None:
    walk = Walk(sales(ring_seconds="50", total_seconds="70"), "500").wait().wait()
    assert (walk.hunt_ends, walk.outcome, walk.rings()) == ([HuntEnd.NO_ANSWER], "no_answer", [])


def test_back_at_the_menu_it_came_from() -> None:
    walk = Walk(sales("201", when_busy="replay"), "100").press("1").ends_on("201", LegOutcome.BUSY)
    assert walk.plays == ["day", "day"]


def test_music_or_ringing_as_the_plan_says() -> None:
    rings, music = Walk(sales(), "500"), Walk(sales(music="default"), "500")
    assert (rings.ringing, rings.state.journey.answered) == (True, False)
    assert (music.music, music.state.journey.answered) == (True, True)


def test_nobody_free_waits_and_gets_the_first_line_that_is() -> None:
    walk = Walk(sales(**QUEUE, music="default"), "100").busy("201", "202", "203").press("1")
    assert isinstance(walk.state, state.Hunting)
    assert (walk.state.waits, walk.music, walk.rings()) == (True, True, [])
    walk.line_free("202")
    assert (walk.rings(), walk.music) == (["202"], True)
    walk.answers("202")
    assert (walk.connected, walk.music, walk.timers) == ("202", False, {})


def test_an_edit_that_takes_the_queue_and_the_music_away_ends_no_call_that_waits() -> None:
    walk = Walk(sales("201", **QUEUE, music="default"), "100").busy("201").press("1")
    assert walk.music
    walk.plan = sales("201", total_seconds="600", ring_seconds="300")
    walk.line_free("201")
    assert walk.rings() == ["201"]
    announce = walk.state.timers[state.HuntClock.ANNOUNCE] if isinstance(walk.state, state.Hunting) else ""
    del walk.timers[announce]
    walk.send(events.TimerFired(announce))
    walk.answers("201")
    assert (walk.connected, walk.music) == ("201", False)


def test_a_full_queue_is_busy() -> None:
    walk = Walk(sales("201", **QUEUE, when_busy={"extension": "203"}), "100").busy("201")
    walk.queue_is_full = True
    walk.press("1")
    assert (walk.rings(), walk.hunt_ends) == (["203"], [HuntEnd.BUSY])


def test_who_waits_too_long_leaves_as_from_a_busy_group() -> None:
    walk = Walk(sales("201", **QUEUE, when_busy={"extension": "203"}), "100").busy("201").press("1")
    while walk.waiting:
        walk.wait()
    assert (walk.rings(), walk.hunt_ends) == (["203"], [HuntEnd.BUSY])


def test_the_key_leaves_the_queue_and_no_other_does() -> None:
    walk = Walk(sales("201", **QUEUE), "100").busy("201").press("1").press("5")
    assert walk.waiting
    walk = walk.press("1")
    assert (walk.rings(), walk.hunt_ends, walk.waiting) == (["203"], [HuntEnd.LEFT], None)


def test_who_waits_hears_his_place_and_the_announcements_in_turn() -> None:
    queue = {
        "announce_position": "yes",
        "announce_seconds": "20",
        "announcements": ["a", "b"],
        "announcement": "w",
    }
    walk = Walk(sales("201", queue=queue, music="default"), "100").busy("201").press("1")
    assert walk.plays[1:] == ["w", "queue-position", "number-1"]
    assert not walk.music
    walk.listen()
    assert walk.music
    walk.wait().listen().wait()
    assert walk.plays[4:] == ["a", "queue-position", "number-1", "b", "queue-position", "number-1"]
    walk.line_free("201")
    assert (walk.rings(), walk.music) == (["201"], False)
    walk.answers("201")
    assert (walk.connected, walk.prompt, walk.music) == ("201", "", False)


def test_who_did_not_answer_is_asked_again_after_a_while() -> None:
    walk = Walk(sales("201", "202", **QUEUE), "100").busy("202").press("1")
    walk.ends_on("201", LegOutcome.NO_ANSWER)
    assert (walk.waiting is not None, walk.rings()) == (True, [])
    walk.wait()
    assert walk.waiting is not None
    assert walk.waiting[1].tried == {}


def test_somebody_outside_takes_the_call_by_a_key() -> None:
    walk = Walk(sales({"outside": "3331234567"}, "201"), "500")
    walk.answers("+393331234567")
    assert (walk.connected, walk.said_to_leg) == ("", ["confirm-call"])
    leg = walk.leg_on("+393331234567")
    walk.send(events.LegKeyPressed(leg, "5"))
    assert walk.connected == ""
    walk.send(events.LegKeyPressed(leg, "1"))
    assert walk.connected == "+393331234567"


def test_a_mailbox_does_not_swallow_the_caller() -> None:
    walk = Walk(sales({"outside": "3331234567"}, "201"), "500").answers("+393331234567").wait()
    assert walk.rings() == ["201"]


def test_a_call_to_a_busy_members_own_number_is_hunted_on_behind_it() -> None:
    members: dict[str, Any] = {"strategy": "circular", "hunt_direct_calls": "yes"}
    walk = Walk(sales(**members), "202").ends_on("202", LegOutcome.BUSY)
    assert walk.rings() == ["203"]
    assert Walk(sales(**members), "202").ends_on("202", LegOutcome.REJECTED).outcome == "busy"
    assert Walk(sales(), "202").ends_on("202", LegOutcome.BUSY).outcome == "busy"


def test_a_call_that_a_phone_gives_away_has_left_the_group_and_is_not_lost() -> None:
    assert Walk(sales(), "500", phone="203").hand_over(None).hunt_ends == [HuntEnd.LEFT]
    assert Walk(sales(), "500").send(events.CallerLeft()).hunt_ends == [HuntEnd.ABANDONED]


@pytest.mark.parametrize(("cause", "rings"), [(0, ["201", "202", "203"]), (17, ["201", "203"])])
def test_a_phone_that_has_refused_a_direct_call_is_not_rung_by_it_again(cause: int, rings: list[str]) -> None:
    walk = Walk(sales(strategy="ring_all", hunt_direct_calls="yes"), "202")
    walk.leg_ends(LegOutcome.BUSY, cause)
    assert walk.rings() == rings


def test_a_colleague_picks_the_call_up() -> None:
    walk = Walk(sales(strategy="ring_all"), "500")
    walk.offer(events.PickedUp("other", "leg", PhoneTarget("209")))
    assert (walk.rings(), walk.connected, walk.hunt_ends) == (["209"], "209", [HuntEnd.ANSWERED])
    assert Walk(sales(), "*8500", phone="203").wanted == frozenset({"201", "202", "203"})


def test_lines_reserved_for_a_hunt_that_is_over_are_freed() -> None:
    walk = Walk(sales(), "500").answers("201")
    group = walk.plan.groups["sales"]
    decision = next_offer(group, Search("sales"), walk.board.view(walk.now))
    before = len(walk.effects)
    walk.legs["c-leg9-001"] = "202"
    walk.send(Offered("c-leg9", group, decision))
    assert CancelLeg("c-leg9-001", Cause.ANSWERED_ELSEWHERE) in walk.effects[before:]


happenings = st.lists(
    st.one_of(
        st.sampled_from(["wait", "listen", "answer", "key", "1", "7", "pick up", "201", "202", "203"]),
        st.sampled_from(list(LegOutcome)),
    ),
    max_size=30,
)
groups = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(list(SHIPPED)),
        "music": st.sampled_from(["default", "ringing"]),
        "next_on_no_answer": st.sampled_from(["yes", "no"]),
        "pause_after_missed": st.sampled_from(["0", "1"]),
        "members": st.permutations(["201", "202", {"outside": "3331234567"}]),
        "when_busy": st.sampled_from([{"extension": "203"}, "replay", {"hunt_group": "sales"}]),
        "when_no_answer": st.sampled_from([{"hunt_group": "sales"}, "busy"]),
    },
    optional={
        "queue": st.fixed_dictionaries(
            {
                "announce_position": st.sampled_from(["yes", "no"]),
                "announcements": st.sampled_from([[], ["a"]]),
                "max_seconds": st.sampled_from(["10", "100"]),
            },
            optional={"announcement": st.just("a")},
        )
    },
)


def happen(walk: Walk, what: Any) -> None:
    hunting = isinstance(walk.state, state.Hunting)
    ringing = [leg for leg in walk.legs if not walk.connected]
    if isinstance(what, LegOutcome):
        if walk.legs:
            walk.leg_ends(what)
    elif what == "wait" and walk.timers:
        walk.wait()
    elif what == "listen" and walk.prompt:
        walk.listen()
    elif what == "answer" and ringing:
        walk.answered()
    elif what == "key" and ringing and hunting:
        walk.send(events.LegKeyPressed(ringing[-1], "1"))
    elif what in ("1", "7"):
        walk.press(what)
    elif what == "pick up" and not walk.connected:
        walk.offer(events.PickedUp("other", f"leg-{len(walk.effects)}", PhoneTarget("209")))
    elif what in walk.plan.plan.extensions:
        busy = any(leg.id.startswith("other") for leg in walk.board.view(walk.now).line(what).legs)
        walk.line_free(what) if busy else walk.busy(what)


@settings(max_examples=400, deadline=None)
@given(groups, st.sampled_from(["500", "100"]), happenings)
def test_whatever_happens_nothing_is_left_of_a_hunt(group: Any, number: str, what: Any) -> None:
    walk = Walk(sales(**group), number)
    for happening in what:
        if walk.cause is None:
            happen(walk, happening)
    if walk.cause is None:
        walk.send(events.CallerLeft())
    assert isinstance(walk.state, state.Ended)
    assert (walk.timers, walk.legs, walk.waiting) == ({}, {}, None)
    ours = [leg for line in walk.board.view(walk.now).lines for leg in line.legs if leg.call_id == "c"]
    assert not ours
