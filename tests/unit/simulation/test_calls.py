"""One call: where it goes, how it ends, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from officesmart_ivr.callplan.plan_tests import Ended
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.simulation.office import Office
from tests.unit.simulation.offices import OFFICE, call, everybody, request, seconds_of

OUTSIDE = "+393331234567"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEARD_TWICE = ["day", "no-input", "day"]


@pytest.mark.parametrize(
    ("keys", "menus", "plays", "offers", "connected", "ended"),
    [
        ("", ["day"], HEARD_TWICE, [], None, "hang_up"),
        ("0", ["day"], ["day", "way"], [["201"]], "201", "connected"),
        ("1", ["day"], ["day"], [["201"]], "201", "connected"),
        (
            "3",
            ["day", "other"],
            ["day", "other", "no-input", "other", "no-input", "other"],
            [],
            None,
            "hang_up",
        ),
        ("4", ["day"], ["day"], [[OUTSIDE]], OUTSIDE, "forwarded"),
        ("5", ["day"], ["day", "way", *HEARD_TWICE], [], None, "hang_up"),
        ("6", ["day"], ["day"], [[OUTSIDE]], OUTSIDE, "forwarded"),
        ("7", ["day"], ["day"], [["204"]], "204", "connected"),
        ("8", ["day"], ["day"], [], None, "busy"),
        ("9", ["day"], ["day", *HEARD_TWICE], [], None, "hang_up"),
        ("#", ["day"], ["day"], [], None, "hang_up"),
        ("202", ["day"], ["day"], [["202"]], "202", "connected"),
        ("3 9", ["day", "other", "day"], ["day", "other", *HEARD_TWICE], [], None, "hang_up"),
        ("3 *", ["day", "other", "day"], ["day", "other", *HEARD_TWICE], [], None, "hang_up"),
        ("3 1 x", ["day", "other", "day"], ["day", "other", "day"], [], None, "caller_left"),
        ("x", ["day"], ["day"], [], None, "caller_left"),
        (". 1", ["day"], HEARD_TWICE, [["201"]], "201", "connected"),
        (". .", ["day"], HEARD_TWICE, [], None, "hang_up"),
        ("209", ["day"], ["day", "invalid", *HEARD_TWICE], [], None, "hang_up"),
        ("209 208", ["day"], ["day", "invalid", "day"], [], None, "hang_up"),
    ],
)
def test_every_destination(
    keys: str, menus: list[str], plays: list[str], offers: list[Any], connected: str | None, ended: str
) -> None:
    result = call(keys=keys)
    assert (result.menus, result.plays, result.offers) == (menus, plays, offers)
    assert (result.connected, result.ended.value) == (connected, ended)


@pytest.mark.parametrize(
    ("number", "at", "override", "period", "menus"),
    [
        ("100", "2026-03-02 09:00", {}, "Office", ["day"]),
        ("100", "2026-03-02 18:00", {}, "otherwise", ["closed"]),
        ("100", "2026-12-25 10:05", {}, "Christmas", ["feast"]),
        ("100", "2026-12-25 10:05", {"main": "closed"}, "override", ["closed"]),
        ("101", "2026-12-25 10:05", {"off": "day"}, "disabled", []),
        ("102", "2026-03-02 09:00", {}, "Morning", ["day"]),
        ("102", "2026-03-02T15:00+01:00", {}, "Morning", ["day"]),
        ("102", "2026-03-02T12:00+01:00", {}, None, []),
        ("0212345678", "2026-03-02 10:00", {}, "Office", ["day"]),
        ("+390212345678", "2026-03-02 10:00", {}, "Office", ["day"]),
        ("500", "2026-03-02 10:00", {}, None, []),
    ],
)
def test_precedence(number: str, at: str, override: Any, period: str | None, menus: list[str]) -> None:
    result = call(number, at=at, overrides=override, keys="x" if menus else "")
    assert (result.period, result.menus) == (period, menus)


@pytest.mark.parametrize(
    ("number", "how", "ended"),
    [
        ("201", {}, "connected"),
        ("201", {"members": {"201": "unreachable"}, "keys": ""}, "connected"),  # circular hunts on
        ("205", {"members": {"205": "busy"}}, "busy"),
        ("205", {"members": {"205": "rejects"}}, "busy"),
        ("205", {"members": {"205": "no_answer"}}, "no_answer"),
        ("205", {"members": {"205": "unreachable"}}, "unreachable"),
        ("101", {}, "forwarded"),
        ("101", {"members": {"3331234567": "busy"}}, "busy"),
        ("101", {"members": {"3331234567": "no_answer"}}, "no_answer"),
        ("03331234567", {"sender": "201"}, "connected"),
        ("999", {}, "refused"),
        ("102", {"at": "2026-03-02 20:00"}, "refused"),
        ("100", {"keys": "3 9 3 9 3 9 3 9 3 9"}, "limit"),
        ("100", {"keys": "3 x"}, "caller_left"),
        ("100", {}, "hang_up"),
        ("500", {"members": everybody("busy")}, "busy"),
        ("500", {"members": everybody("no_answer")}, "no_answer"),
        ("500", {"members": everybody("rejects")}, "no_answer"),
        ("500", {"members": everybody("unreachable")}, "unreachable"),
        ("507", {"members": {"205": "busy"}}, "connected"),
        ("507", {"members": {"205": "busy", "+393337654321": "no_answer"}}, "no_answer"),
    ],
)
def test_every_end(number: str, how: dict[str, Any], ended: str) -> None:
    assert call(number, **how).ended.value == ended


def test_every_end_has_a_case() -> None:
    cases = {case[2] for case in test_every_end.pytestmark[0].args[1]}
    assert cases == {ended.value for ended in Ended}


def test_what_is_played_takes_its_time_and_phones_ring_as_long_as_the_plan_says() -> None:
    result = call("100", "1", members={"201": "no_answer"})
    rings = seconds_of(result, "rings")
    assert seconds_of(result, "not_reached") == pytest.approx(rings + 20)
    silent = call("100")
    # The announcement of a second, then five seconds without a key.
    assert seconds_of(silent, "no_entry") == pytest.approx(6)


def test_steps_are_told_by_the_clock_of_the_service_in_the_language_of_the_plan() -> None:
    step = call("102", at="2026-03-02T15:00+01:00", keys="x").steps[0]
    assert (step.at, step.what) == ("2026-03-02T09:00:00-05:00", "arrived")
    assert "102" in step.why


@pytest.mark.parametrize(
    ("number", "written", "moment"),
    [
        ("100", "2026-03-02 10:00", "2026-03-02T10:00:00+01:00"),
        ("101", "2026-03-02 10:00", "2026-03-02T10:00:00-05:00"),
        ("205", "2026-03-02 10:00", "2026-03-02T10:00:00+01:00"),
        ("500", "2026-07-02 10:00", "2026-07-02T10:00:00+02:00"),
        ("100", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00"),  # shown twice: the first
        ("100", "2026-10-25T02:30+01:00", "2026-10-25T02:30:00+01:00"),
        ("100", "2026-03-29 02:30", "2026-03-29T03:30:00+02:00"),  # left out: counted on
    ],
)
def test_a_moment_without_an_offset_is_by_the_clock_of_the_service(
    number: str, written: str, moment: str
) -> None:
    assert request(number, at=written).at.isoformat() == moment


def test_a_phone_that_calls_is_busy_itself() -> None:
    assert call("500", sender="201").connected == "202"


def test_nothing_lasts_longer_than_the_plan_lets_it() -> None:
    result = call("201", lasts=86_400.0)
    assert seconds_of(result, "ended") == pytest.approx(30 * 60)
    assert result.ended is Ended.CONNECTED


def test_what_a_phone_has_set_stays_and_what_a_request_had_is_over() -> None:
    office = Office(OFFICE, lambda _: 1.0, NOON)
    office.arrange({}, {"main": "closed"})
    assert office.overrides["main"].menu == "closed"
    office.arrange({}, {})
    assert not office.overrides
    office.set_override("main", Override("other", NOON))
    office.arrange({}, {})
    assert office.overrides["main"].menu == "other"
    office.set_override("main", None)
    assert not office.overrides
