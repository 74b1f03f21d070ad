"""Circles of hunt groups, against following every way out of every group as far as it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.callplan.calendars import NO_CALENDARS
from officesmart_ivr.callplan.checks.group_loops import endless_hunting
from officesmart_ivr.callplan.checks.subject import Sounds, Subject
from officesmart_ivr.callplan.findings import Position
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Mapping, Positions
from officesmart_ivr.core.prepared import prepare
from officesmart_ivr.core.strategies import SHIPPED

NAMES = ("a", "b", "c", "d", "e")
EXITS = ("when_busy", "when_no_answer", "when_unreachable")
OFF = {
    "name": "Off",
    "numbers": ["100"],
    "enabled": "no",
    "when_disabled": {"hunt_group": "e"},
    "week": {},
    "menus": {"day": {"announcement": "x"}},
}

ways_out = st.dictionaries(
    st.sampled_from(EXITS), st.sampled_from(["busy", "busy", "off", *NAMES]), max_size=len(EXITS)
)


def destination(target: str) -> Any:
    return {"busy": "busy", "off": {"dial": "100"}}.get(target, {"hunt_group": target})


def goes_round(groups: dict[str, dict[str, str]], start: str) -> bool:
    """Say whether a call that enters this group may come back to it."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        for target in groups[ahead.pop()].values():
            target = "e" if target == "off" else target
            if target != "busy" and target not in reached:
                reached.add(target)
                ahead.append(target)
    return start in reached


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, ways_out)))
def test_a_circle_is_found_where_a_group_can_be_reached_from_itself(
    sounds: Sounds, groups: dict[str, dict[str, str]]
) -> None:
    written = {
        name: {"name": name, **{way: destination(target) for way, target in exits.items()}}
        for name, exits in groups.items()
    }
    plan = CallPlan.model_validate(
        {"version": "1", "company": {"name": "C"}, "multiselections": {"off": OFF}, "hunt_groups": written}
    )
    positions, now = Positions(Mapping(Position("plan"))), datetime(2026, 11, 22, tzinfo=UTC)
    subject = Subject(plan, positions, sounds, (), prepare(plan), SHIPPED, NO_CALENDARS, now)
    assert any(endless_hunting(subject)) == any(goes_round(groups, name) for name in NAMES)
