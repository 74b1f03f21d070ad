"""Phones that log lines in and out, pause them, and turn do-not-disturb on and off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from officesmart_ivr.core.effects import Cause, Note
from officesmart_ivr.core.events import LegOutcome, LineToggled
from officesmart_ivr.core.hunt import Search, next_offer
from officesmart_ivr.core.lines import Line, LineChange, Switch
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.state.lines import change_line
from officesmart_ivr.state.memory import MemoryLineBoard
from tests.unit.core.harness import START, Walk, plan

CODES = {"pick_up": "*8", "login": "*45", "pause": "*46", "do_not_disturb": "*47"}
PIN = "2580"
HOUR = timedelta(hours=1)


def office(pin: str = PIN, **changes: Any) -> PreparedPlan:
    members = ["201", {"outside": "3337654321"}]
    return plan(
        {"day": {}},
        pin=pin,
        service_codes=CODES,
        hunt_groups={"sales": {"name": "Vendite", "members": members, **changes}},
    )


@pytest.mark.parametrize(
    ("code", "switch", "change", "heard"),
    [
        ("*45", Switch.LOGIN, LineChange.LOGOUT, "logged-out"),
        ("*45", Switch.LOGIN, LineChange.LOGIN, "logged-in"),
        ("*46", Switch.PAUSE, LineChange.PAUSE, "paused"),
        ("*46", Switch.PAUSE, LineChange.RESUME, "resumed"),
        ("*47", Switch.DO_NOT_DISTURB, LineChange.DO_NOT_DISTURB_ON, "do-not-disturb-on"),
        ("*47", Switch.DO_NOT_DISTURB, LineChange.DO_NOT_DISTURB_OFF, "do-not-disturb-off"),
    ],
)
def test_a_phone_turns_its_own_switches_and_hears_what_they_are(
    code: str, switch: Switch, change: LineChange, heard: str
) -> None:
    walk = Walk(office(), code, phone="201")
    assert walk.toggles == [("201", switch)]
    walk.send(LineToggled(change))
    assert (walk.plays, walk.state.journey.answered) == ([heard], True)
    walk.listen()
    assert (walk.outcome, walk.cause) == ("hang_up", Cause.NORMAL)


def test_its_own_number_after_the_code_is_its_own_line_too() -> None:
    assert Walk(office(), "*45201", phone="201").toggles == [("201", Switch.LOGIN)]


@pytest.mark.parametrize(
    ("number", "line"),
    [("202", "202"), ("3337654321", "+393337654321"), ("03337654321", "+393337654321")],
)
def test_another_line_needs_the_pin(number: str, line: str) -> None:
    walk = Walk(office(), f"*46{number}", phone="201")
    assert (walk.plays, walk.toggles) == (["enter-pin"], [])
    walk.press(f"{PIN}#")
    assert walk.toggles == [(line, Switch.PAUSE)]
    assert not walk.timers


def test_the_pin_is_over_after_a_silence_too() -> None:
    walk = Walk(office(), "*46202", phone="201").listen().press(PIN)
    assert walk.toggles == []
    assert walk.wait().toggles == [("202", Switch.PAUSE)]


def test_three_wrong_pins_are_the_last() -> None:
    walk = Walk(office(), "*46202", phone="201").press("1#").press(f"{PIN}0#")
    assert walk.plays == ["enter-pin", "wrong-pin", "enter-pin", "wrong-pin", "enter-pin"]
    walk.listen().wait()
    assert walk.plays[-1] == "wrong-pin"
    walk.press(f"{PIN}#")
    assert (walk.toggles, walk.outcome, walk.cause) == ([], "refused", Cause.REJECTED)


def test_the_right_pin_counts_after_a_wrong_one() -> None:
    walk = Walk(office(), "*46202", phone="201").press("1#").press(f"{PIN}#")
    assert walk.toggles == [("202", Switch.PAUSE)]


def test_what_is_typed_for_the_pin_is_told_nowhere() -> None:
    walk = Walk(office(), "*46202", phone="201").press("777#").press(f"{PIN}#")
    notes = [note.about for note in walk.effects if isinstance(note, Note)]
    assert not any("777" in value or PIN in value for about in notes for value in about.values())
    assert PIN not in repr(walk.plan)


@pytest.mark.parametrize(
    ("pin", "number", "heard", "cause"),
    [
        ("", "202", "not-allowed", Cause.REJECTED),
        (PIN, "299", "unknown-number", Cause.UNALLOCATED),
        (PIN, "3330000000", "unknown-number", Cause.UNALLOCATED),
    ],
)
def test_without_a_pin_or_for_no_line_it_is_refused(pin: str, number: str, heard: str, cause: Cause) -> None:
    walk = Walk(office(pin), f"*45{number}", phone="201")
    assert (walk.plays, walk.toggles, walk.state.journey.answered) == ([heard], [], False)
    assert (walk.listen().outcome, walk.cause) == ("refused", cause)


def test_callers_from_outside_have_no_service_codes() -> None:
    walk = Walk(office(), "*45201")
    assert (walk.toggles, walk.facts[-2]) == ([], Fact.UNKNOWN_NUMBER)


def test_a_call_to_a_line_that_is_not_to_be_disturbed_is_busy_or_hunted_on() -> None:
    walk = Walk(office(), "201").leg_ends(LegOutcome.DO_NOT_DISTURB)
    assert (walk.outcome, walk.cause) == ("busy", Cause.BUSY)
    hunts = office(members=["201", "202"], strategy="circular", hunt_direct_calls="yes")
    assert Walk(hunts, "201").leg_ends(LegOutcome.DO_NOT_DISTURB).rings() == ["202"]


def test_a_toggle_turns_a_switch_to_its_other_side() -> None:
    line = Line("201", ready_since=START)
    assert [line.toggled(switch) for switch in Switch] == [
        LineChange.LOGOUT,
        LineChange.PAUSE,
        LineChange.DO_NOT_DISTURB_ON,
    ]
    turned = Line("201", START, logged_in=False, paused=True, do_not_disturb=True)
    assert [turned.toggled(switch) for switch in Switch] == [
        LineChange.LOGIN,
        LineChange.RESUME,
        LineChange.DO_NOT_DISTURB_OFF,
    ]


@pytest.mark.parametrize(
    ("away", "back"),
    [
        (LineChange.LOGOUT, LineChange.LOGIN),
        (LineChange.PAUSE, LineChange.RESUME),
        (LineChange.DO_NOT_DISTURB_ON, LineChange.DO_NOT_DISTURB_OFF),
    ],
)
def test_a_group_offers_a_line_no_call_until_the_change_is_undone(away: LineChange, back: LineChange) -> None:
    board, group = MemoryLineBoard(), office(members=["201", "202"]).groups["sales"]
    for line in ("201", "202"):
        board.update(line, START, registered=True)
    for change, first in ((away, "202"), (back, "201")):
        change_line(board, "201", change, START + HOUR)
        (member,) = next_offer(group, Search("sales"), board.view(START)).members
        assert member.id == first
    assert board.view(START).line("201").idle_since == START + HOUR
