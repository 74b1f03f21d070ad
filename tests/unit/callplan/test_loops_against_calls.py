"""The rule for endless loops against the call logic itself: a call that only the limit ends is a loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan.calendars import NO_CALENDARS
from officesmart_ivr.callplan.checks.loops import endless_loop
from officesmart_ivr.callplan.checks.subject import Sounds, Subject
from officesmart_ivr.callplan.findings import Position
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Mapping, Positions
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.events import Arrived, Event, KeyPressed, LegAnswered, PromptEnded, TimerFired
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.state import Announcing, Caller, Ended, InMenu, Outcome, Ringing, State, Talking
from officesmart_ivr.core.strategies import SHIPPED

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
TIMES = [NOW + timedelta(days=days, hours=hours) for days in (0, 1, 33) for hours in (0, 6)]
"""A Sunday, a Monday and Christmas, at noon and in the evening, by the clock of an office in UTC."""

MENUS = ("a", "b", "c")
CHOICES = {str(number): {"menu": menu} for number, menu in enumerate(MENUS)}
WITHOUT_MEANING = "7"

outside_menus = st.sampled_from(
    ["hang_up", "busy", {"extension": "201"}, {"multiselection": "x"}, {"dial": "101"}, {"dial": "201"}]
    + [{"menu": menu} for menu in MENUS]
)
destinations = outside_menus | st.sampled_from(["replay", "previous_menu", {"play": "p"}])
to_each_other = st.sampled_from(["hang_up", "hang_up", {"multiselection": "x"}, {"multiselection": "y"}])


def menus(destinations: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    behaviours = st.fixed_dictionaries({"attempts": st.just("1"), "then": destinations})
    return st.fixed_dictionaries(
        {
            "announcement": st.just("p"),
            "keys": st.just(CHOICES),
            "no_input": behaviours,
            "invalid": behaviours,
        }
    )


def week(otherwise: str, sunday: str, evening: str, christmas: str) -> dict[str, Any]:
    """A week of which each part may be missing."""
    periods = [
        {"name": "Sunday", "days": "sun", "hours": "00:00-16:00", "menu": sunday},
        {"name": "Evening", "hours": "16:00-24:00", "menu": evening},
    ]
    special = [{"name": "Christmas", "date": "12-25", "hours": "10:00-24:00", "menu": christmas}]
    return {
        **({"otherwise": {"menu": otherwise}} if otherwise else {}),
        "periods": [period for period in periods if period["menu"]],
        "special_days": special if christmas else [],
    }


weeks = st.builds(week, *[st.sampled_from(["", *MENUS])] * 3, christmas=st.sampled_from(["", "", "", *MENUS]))


def multiselections(
    number: str, enabled: st.SearchStrategy[str], destinations: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "name": st.just("M"),
            "numbers": st.just([number]),
            "enabled": enabled,
            "when_disabled": outside_menus,
            "week": weeks,
            "menus": st.fixed_dictionaries(dict.fromkeys(MENUS, menus(destinations))),
        }
    )


@st.composite
def plans(draw: st.DrawFn, enabled: st.SearchStrategy[str], destinations: st.SearchStrategy[Any]) -> CallPlan:
    return CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "C", "timezone": "UTC"},
            "extensions": {"201": {"name": "A"}},
            "multiselections": {
                name: draw(multiselections(number, enabled, destinations))
                for name, number in (("x", "100"), ("y", "101"))
            },
        }
    )


def next_event(state: State, *, lost: bool) -> Event:
    match state:
        case InMenu() if lost:
            return KeyPressed(WITHOUT_MEANING)
        case InMenu(timer=timer) | Announcing(timer=timer) if timer:
            return TimerFired(timer)
        case InMenu(prompt=prompt) | Announcing(prompt=prompt):
            return PromptEnded(prompt)
        case Ringing(leg=leg):
            return LegAnswered(leg)
    raise AssertionError(state)


def outcome(plan: PreparedPlan, number: str, key: str, now: datetime, *, lost: bool) -> Outcome:
    """Call a number, perhaps press one key, and choose nothing from then on. Phones are answered."""
    state, _ = step(plan, begin(Caller("c", number)), Arrived(), now)
    while not isinstance(state, Ended | Talking):
        event = next_event(state, lost=lost)
        if key and isinstance(state, InMenu):
            event, key = KeyPressed(key), ""
        state, _ = step(plan, state, event, now)
    return Outcome.CONNECTED if isinstance(state, Talking) else state.outcome


@given(
    plans(st.sampled_from(["true", "true", "false"]), destinations) | plans(st.just("true"), to_each_other)
)
def test_a_loop_is_found_when_and_only_when_a_call_can_run_into_the_limit(
    sounds: Sounds, plan: CallPlan
) -> None:
    prepared = prepare(plan)
    positions = Positions(Mapping(Position("plan")))
    subject = Subject(plan, positions, sounds, (), prepared, SHIPPED, NO_CALENDARS, NOW)
    found = any(endless_loop(subject))
    endless = any(
        outcome(prepared, number, key, now, lost=lost) is Outcome.LIMIT
        for now in TIMES
        for number in ("100", "101")
        for key in ("", *CHOICES)
        for lost in (False, True)
    )
    # Menus of a multiselection that is disabled, or has no week, are checked too, and no call can show it.
    every_menu_can_be_heard = all(
        part.enabled and part.week.menus() for part in plan.multiselections.values()
    )
    assert found or not endless
    assert endless or not found or not every_menu_can_be_heard
