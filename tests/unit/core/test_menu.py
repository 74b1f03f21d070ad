from __future__ import annotations

from typing import Any

import pytest

from officesmart_ivr.core import effects
from officesmart_ivr.core.events import PromptEnded, TimerFired
from tests.unit.core.harness import Walk, plan

TREE = {
    "day": {"keys": {"1": {"menu": "sales"}, "9": "replay", "0": {"play": "directions"}, "#": "hang_up"}},
    "sales": {"keys": {"1": {"menu": "offers"}}},
    "offers": {"keys": {"5": "busy"}},
}


def tree(**changes: Any) -> Walk:
    return Walk(plan(TREE, multiselection={"default_keys": {"*": "previous_menu"}}, **changes))


def test_a_key_stops_the_prompt_and_leads_to_the_next_menu() -> None:
    walk = tree().press("1")
    assert walk.plays == ["day", "sales"]
    assert walk.menu == "sales"


def test_previous_menu_pops_and_replays_at_the_first() -> None:
    walk = tree().press("11").press("*")
    assert walk.menu == "sales"
    assert walk.press("*").menu == "day"
    assert walk.press("*").plays == ["day", "sales", "offers", "sales", "day", "day"]


def test_play_returns_to_the_menu_and_a_key_during_it_counts_there() -> None:
    walk = tree().press("0").listen()
    assert walk.plays == ["day", "directions", "day"]
    assert tree().press("01").plays == ["day", "directions", "sales"]


def test_the_no_input_clock_starts_when_the_prompt_ends() -> None:
    walk = tree()
    assert not walk.timers
    (due,) = walk.listen().timers.values()
    assert (due - walk.now).total_seconds() == 5


def test_silence_replays_after_the_no_input_prompt_and_gives_up_after_the_attempts() -> None:
    no_input = {"attempts": "3", "announcement": "well", "then": {"extension": "201"}}
    walk = Walk(plan({"day": {"no_input": no_input}}))
    for _ in range(2):
        walk.listen().wait()
    assert walk.plays == ["day", "well", "day", "well", "day"]
    assert list(walk.listen().wait().legs.values()) == ["201"]


def test_invalid_entries_count_apart_from_silence_and_a_valid_key_resets_both() -> None:
    day = {"invalid": {"attempts": "2"}, "no_input": {"attempts": "2"}, "keys": {"9": "replay"}}
    walk = Walk(plan({"day": day})).press("5").listen().wait()
    assert walk.plays == ["day", "invalid", "day", "no-input", "day"]
    assert walk.press("9").press("5").listen().wait().cause is None
    assert walk.press("5").cause == effects.Cause.NORMAL


def test_a_prompt_that_cannot_be_played_still_starts_the_clock() -> None:
    walk = tree()
    walk.send(PromptEnded(walk.prompt, played=False))
    assert walk.timers


def test_late_events_change_nothing_and_are_counted() -> None:
    walk = tree()
    first = walk.prompt
    before = walk.press("1").state
    assert walk.send(PromptEnded(first)).send(TimerFired("c-t99")).state == before
    assert walk.ignored == 2


def test_busy_is_a_tone_for_an_answered_caller_and_then_the_cause() -> None:
    walk = tree().press("115")
    assert walk.plays[-1] == "tone:busy"
    assert walk.wait().cause == effects.Cause.BUSY
    assert not walk.prompt


def test_hash_alone_is_a_key() -> None:
    assert tree().press("#").outcome == "hang_up"


@pytest.mark.parametrize(
    ("typed", "waits", "expected"),
    [
        ("201", 0, "201"),
        ("2", 1, "sales"),
        ("2#", 0, "sales"),
        ("21", 0, "offers"),  # the 1 cannot continue 2.., so it belongs to the next menu
        ("3", 0, "offers"),
    ],
)
def test_a_key_against_an_extension_that_begins_with_it(typed: str, waits: int, expected: str) -> None:
    keys = {"2": {"menu": "sales"}, "3": {"menu": "offers"}}
    walk = Walk(plan({**TREE, "day": {"keys": keys, "dial_extensions": "true"}})).press(typed)
    for _ in range(waits):
        walk.wait()
    assert next(iter(walk.legs.values()), None) or walk.menu == expected
    assert not walk.legs or list(walk.legs.values()) == [expected]


@pytest.mark.parametrize("typed", ["209", "20#", "7"])
def test_a_mistyped_extension_is_one_invalid_entry(typed: str) -> None:
    keys = {"2": {"menu": "sales"}}
    walk = Walk(plan({**TREE, "day": {"keys": keys, "dial_extensions": "true"}})).press(typed)
    assert walk.plays == ["day", "invalid", "day"]


def test_an_entry_left_incomplete_is_invalid_after_the_between_digits_time() -> None:
    walk = Walk(plan({"day": {"dial_extensions": "true"}})).press("20")
    (due,) = walk.timers.values()
    assert (due - walk.now).total_seconds() == 2
    walk.wait()
    assert walk.plays == ["day", "invalid", "day"]


def test_a_key_before_another_multiselection_counts_there() -> None:
    other = {
        "name": "Altro",
        "numbers": ["101"],
        "week": {"otherwise": {"menu": "a"}},
        "menus": {"a": {"announcement": "a", "keys": {"1": {"menu": "b"}}}, "b": {"announcement": "b"}},
    }
    day = {"day": {"keys": {"8": {"multiselection": "other", "announcement": "wait"}}}}
    walk = Walk(plan(day, multiselections={"other": other})).press("81")
    assert walk.plays == ["day", "wait", "b"]
