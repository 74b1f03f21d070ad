"""The rule for endless loops against the call logic itself: a call that only the limit ends is a loop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

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

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MENUS = ("a", "b", "c")
CHOICES = {str(number): {"menu": menu} for number, menu in enumerate(MENUS)}
WITHOUT_MEANING = "7"

outside_menus = st.sampled_from(
    ["hang_up", "busy", {"extension": "201"}, {"multiselection": "x"}, {"dial": "101"}, {"dial": "201"}]
    + [{"menu": menu} for menu in MENUS]
)
destinations = outside_menus | st.sampled_from(["replay", "previous_menu", {"play": "p"}])
behaviours = st.fixed_dictionaries({"attempts": st.just("1"), "then": destinations})
menus = st.fixed_dictionaries(
    {"announcement": st.just("p"), "keys": st.just(CHOICES), "no_input": behaviours, "invalid": behaviours}
)


def multiselections(number: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "name": st.just("M"),
            "numbers": st.just([number]),
            "enabled": st.sampled_from(["true", "true", "false"]),
            "when_disabled": outside_menus,
            "week": st.fixed_dictionaries(
                {"otherwise": st.fixed_dictionaries({"menu": st.sampled_from(MENUS)})}
            ),
            "menus": st.fixed_dictionaries(dict.fromkeys(MENUS, menus)),
        }
    )


@st.composite
def plans(draw: st.DrawFn) -> CallPlan:
    return CallPlan.model_validate(
        {
            "version": "1",
            "company": {"name": "C"},
            "extensions": {"201": {"name": "A"}},
            "multiselections": {"x": draw(multiselections("100")), "y": draw(multiselections("101"))},
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


def outcome(plan: PreparedPlan, number: str, key: str, *, lost: bool) -> Outcome:
    """Call a number, perhaps press one key, and choose nothing from then on. Phones are answered."""
    state, _ = step(plan, begin(Caller("c", number)), Arrived(), NOW)
    while not isinstance(state, Ended | Talking):
        event = next_event(state, lost=lost)
        if key and isinstance(state, InMenu):
            event, key = KeyPressed(key), ""
        state, _ = step(plan, state, event, NOW)
    return Outcome.CONNECTED if isinstance(state, Talking) else state.outcome


@given(plans())
def test_a_loop_is_found_when_and_only_when_a_call_can_run_into_the_limit(
    sounds: Sounds, plan: CallPlan
) -> None:
    prepared = prepare(plan)
    subject = Subject(plan, Positions(Mapping(Position("plan"))), sounds, (), prepared, SHIPPED)
    found = any(endless_loop(subject))
    endless = any(
        outcome(prepared, number, key, lost=lost) is Outcome.LIMIT
        for number in ("100", "101")
        for key in ("", *CHOICES)
        for lost in (False, True)
    )
    # The menus of a disabled multiselection are checked too, and no call can show it.
    every_menu_can_be_heard = all(part.enabled for part in plan.multiselections.values())
    assert found or not endless
    assert endless or not found or not every_menu_can_be_heard
