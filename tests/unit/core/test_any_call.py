"""Whatever happens in whatever order, a call leaves nothing behind and ends within its limits."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from officesmart_ivr.callplan.destination import BARE_WORDS
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.events import LegOutcome, RecordingOutcome, Side
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.target import PhoneTarget
from tests.unit.core.harness import Walk, plan

MENUS = ["a", "b", "c"]
KEYS = "0123456789*#"

destinations = st.one_of(
    st.sampled_from([str(word) for word in BARE_WORDS]),
    st.sampled_from([{"menu": name} for name in MENUS]),
    st.sampled_from([{"extension": "201"}, {"extension": "202", "announcement": "wait"}]),
    st.sampled_from([{"multiselection": "main"}, {"multiselection": "other"}]),
    st.sampled_from([{"dial": "100"}, {"dial": "203"}, {"dial": "0333"}, {"outside": "333"}, {"play": "x"}]),
)
menus = st.fixed_dictionaries(
    {
        "keys": st.dictionaries(st.sampled_from(KEYS), destinations, max_size=5),
        "dial_extensions": st.sampled_from(["yes", "no"]),
        "no_input": st.fixed_dictionaries({"attempts": st.sampled_from(["1", "3"]), "then": destinations}),
        "invalid": st.fixed_dictionaries({"attempts": st.sampled_from(["1", "2"]), "then": destinations}),
        "when_transfer_fails": destinations,
    }
)
plans = st.builds(
    lambda trees, other, steps: plan(
        dict(zip(MENUS, trees, strict=True)),
        multiselections={
            "other": {
                "name": "Altro",
                "numbers": ["101"],
                "enabled": "no",
                "when_disabled": other,
                "week": {"otherwise": {"menu": "a"}},
                "menus": {name: {"announcement": name} for name in MENUS},
            }
        },
        limits={"steps": steps},
        announcements={"a": {"file": "a.wav", "record_number": "1"}},
        service_codes={"pick_up": "*8", "login": "*45", "pause": "*46", "override": "*28", "record": "*77"},
        pin="12",
    ),
    st.lists(menus, min_size=3, max_size=3),
    destinations,
    st.sampled_from(["4", "64", "1000"]),
)
offers = st.one_of(
    st.builds(
        events.LegOffered,
        st.just("o"),
        st.sampled_from(Side),
        st.uuids().map(str),
        st.just(PhoneTarget("202")),
        st.booleans(),
    ),
    st.builds(events.PickedUp, st.just("o"), st.uuids().map(str), st.just(PhoneTarget("201"))),
)
anything = st.one_of(
    st.sampled_from([*KEYS, "listen", "wait", "answer", "late"]),
    st.sampled_from(list(LegOutcome)),
    st.sampled_from([*RecordingOutcome, "saved", "not saved"]),
    st.builds(events.Held, st.sampled_from(Side)),
    st.builds(events.Resumed, st.sampled_from(Side)),
    st.builds(events.Transferred, st.sampled_from(Side), st.sampled_from(["201", "100", "0333", "999"])),
    st.builds(events.LineToggled, st.sampled_from(LineChange)),
    st.builds(events.NothingOffered, st.sampled_from(Side)),
    st.builds(events.MenuOffered, st.just("o"), st.sampled_from(Side), st.just("main"), st.just(("b",))),
    offers,
)
happenings = st.lists(anything, max_size=40)
mostly_keys = st.lists(
    st.sampled_from(["1", "2", "#", "listen", "wait", RecordingOutcome.KEPT]) | anything, max_size=40
)


def happen(walk: Walk, what: Any) -> None:
    if isinstance(what, LegOutcome):
        if walk.legs:
            walk.leg_ends(what)
    elif isinstance(what, RecordingOutcome):
        if walk.recordings:
            walk.recorded(what)
    elif isinstance(what, events.LegOffered | events.PickedUp):
        walk.offer(what)
    elif isinstance(what, events.Event):
        walk.send(what)
    elif what in KEYS:
        walk.press(what)
    elif what == "listen" and walk.prompt:
        walk.listen()
    elif what == "wait" and walk.timers:
        walk.wait()
    elif what == "answer" and walk.legs and not isinstance(walk.state, state.Talking):
        walk.answered()
    elif what in ("saved", "not saved") and walk.saves:
        walk.saved(what == "saved")
    elif what == "late":
        walk.send(events.TimerFired("c-t0")).send(events.PromptEnded("c-p0"))


@settings(max_examples=300, deadline=None)
@given(
    plans, st.sampled_from(["100", "101", "201", "999", "*45", "*46202", "*28100", "*771", "*77"]), happenings
)
def test_nothing_is_left_when_the_caller_leaves_at_any_point(prepared: Any, number: str, what: Any) -> None:
    walk = Walk(prepared, number, phone="201" if number.startswith("*") else "")
    for happening in what:
        if walk.cause is None:
            happen(walk, happening)
    if walk.cause is None:
        walk.send(events.CallerLeft())
    assert isinstance(walk.state, state.Ended)
    assert not walk.timers
    assert not walk.legs


@settings(max_examples=300, deadline=None)
@given(plans, st.sampled_from(["100", "999", "*45", "*46202", "*28100", "*771", "*77"]), mostly_keys)
def test_no_id_is_given_twice_in_a_call(prepared: Any, number: str, what: Any) -> None:
    """Asterisk would refuse the second playback, and a late report of the first would count for it."""
    walk = Walk(prepared, number, phone="201")
    for happening in what:
        if walk.cause is None:
            happen(walk, happening)
    given_out = [each for effect in walk.effects if (each := new_id(effect))]
    assert len(given_out) == len(set(given_out))


def new_id(effect: effects.Effect) -> str:
    """The id that an effect gives to something new; empty if it does not."""
    match effect:
        case effects.Play(name) | effects.PlayTone(name) | effects.PlayToLeg(_, name):
            return name
        case effects.StartTimer(name) | effects.RingLeg(name) | effects.StartRecording(name):
            return name
        case effects.PlayRecording(name):
            return name
    return ""


@settings(max_examples=300, deadline=None)
@given(plans, st.sampled_from(["100", "201", "*8", "*45202", "*28100", "*771"]), happenings)
def test_a_call_that_is_handed_over_leaves_nothing_of_its_own(prepared: Any, number: str, what: Any) -> None:
    walk = Walk(prepared, number, phone="201")
    for happening in what:
        if walk.cause is None:
            happen(walk, happening)
    if walk.cause is None:
        gave = Side.LEG if walk.legs else Side.CALLER if walk.wanted is not None else None
        walk.hand_over(gave)
    assert isinstance(walk.state, state.Ended)
    assert not walk.timers
    assert not walk.legs


@settings(max_examples=300, deadline=None)
@given(plans, st.sampled_from(["100", "101", "201"]))
def test_a_silent_caller_is_released_within_the_limits(prepared: Any, number: str) -> None:
    """Nobody presses a key and no phone can be reached: prompts end, timers run out, the call ends."""
    walk = Walk(prepared, number)
    limit = prepared.plan.limits.steps
    for _ in range(20 * (limit + 2)):
        if walk.cause is not None:
            break
        if walk.legs:
            walk.leg_ends(LegOutcome.UNREACHABLE)
        elif walk.prompt and not walk.timers:
            walk.listen()
        else:
            walk.wait()
    assert isinstance(walk.state, state.Ended)
    assert walk.state.journey.steps <= limit + 1


@settings(max_examples=100, deadline=None)
@given(plans, happenings)
def test_the_same_events_give_the_same_call(prepared: Any, what: Any) -> None:
    walks = Walk(prepared), Walk(prepared)
    for walk in walks:
        for happening in what:
            if walk.cause is None:
                happen(walk, happening)
    assert walks[0].effects == walks[1].effects
