"""Hunt groups through whole calls, one after the other, with the memory that carries over.

Members A to D are the extensions 201 to 204. Each row of the table stands for itself.
"""

from __future__ import annotations

from typing import Any

import pytest

from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.simulation.result import Result
from officesmart_ivr.simulation.run import BETWEEN_SECONDS, simulate
from tests.unit.simulation.offices import OFFICE, load, request, seconds_of

NUMBERS = {"A": "201", "B": "202", "C": "203", "D": "204"}
LETTERS = {number: letter for letter, number in NUMBERS.items()}


def office(strategy: str, **settings: str) -> PreparedPlan:
    more = "".join(f", {name}: {value}" for name, value in settings.items())
    return load(f"""
version: 1
company: {{name: Studio, language: en}}
extensions: {{"201": {{name: A}}, "202": {{name: B}}, "203": {{name: C}}, "204": {{name: D}}}}
trunks: {{carrier: {{server: sip.example.net}}}}
outside_calls: {{trunk: carrier, allow: ["+39"]}}
service_codes: {{do_not_disturb: "*46"}}
hunt_groups:
  sales:
    {{name: Sales, numbers: ["500"], strategy: {strategy}, members: ["201", "202", "203", "204"]{more}}}
""")


def does(letters: str, what: str) -> dict[str, str]:
    return {NUMBERS[letter]: what for letter in letters}


def offered(result: Result) -> str:
    return " ".join("".join(LETTERS[line] for line in wave) for wave in result.offers)


def hunts(plan: PreparedPlan, *before: dict[str, Any], number: str = "500", busy: str = "") -> str:
    """Let earlier calls be made, then one that nobody answers; whom it was offered to."""
    members = does("ABCD", "no_answer") | does(busy, "busy")
    made = [*before, {"number": number, "members": members, "at": "2026-03-02 10:30"}]
    return offered(simulate(plan, [request(plan=plan, **each) for each in made])[-1])


def taken_by(letter: str, at: str = "2026-03-02 09:00") -> dict[str, Any]:
    """A call to the group that this member takes, for all others are busy."""
    return {"number": "500", "at": at, "members": does("ABCD".replace(letter, ""), "busy")}


def called(letter: str, at: str) -> dict[str, Any]:
    """A call to the member's own number, which ends a minute and some seconds later."""
    return {"number": NUMBERS[letter], "at": at}


IDLE = [called("B", "2026-03-02 09:48"), called("D", "2026-03-02 09:50")]
IDLE += [called("C", "2026-03-02 09:54"), called("A", "2026-03-02 09:59")]
GROUP_IDLE = [taken_by("B", "2026-03-02 09:48"), taken_by("D", "2026-03-02 09:50")]
GROUP_IDLE += [taken_by("C", "2026-03-02 09:54"), taken_by("A", "2026-03-02 09:59")]
OUTSIDE_CALL = {"number": "03331234567", "sender": "202", "at": "2026-03-02 10:05"}
DISTURBED = [{"number": "*46", "sender": "202", "at": "2026-03-02 10:05"}] * 2


@pytest.mark.parametrize(
    ("strategy", "settings", "before", "number", "busy", "expected"),
    [
        ("linear", {}, [], "500", "A", "B C D"),
        ("linear", {"hunt_direct_calls": "true"}, [], "203", "C", "D"),
        ("linear", {}, [taken_by("B")], "500", "", "A B C D"),
        ("circular", {"hunt_direct_calls": "true"}, [], "500", "A", "B C D"),
        ("circular", {"hunt_direct_calls": "true"}, [], "203", "C", "D A B"),
        ("uniform_sequential", {}, [taken_by("B")], "500", "", "C D A B"),
        ("uniform_sequential", {}, [taken_by("D")], "500", "A", "B C D"),
        ("uniform_longest_idle", {}, IDLE, "500", "", "B D C A"),
        ("uniform_longest_idle", {}, [*IDLE, OUTSIDE_CALL], "500", "", "D C A B"),
        ("uniform_longest_idle", {"idle_counts": "group"}, [*GROUP_IDLE, OUTSIDE_CALL], "500", "", "B D C A"),
        ("uniform_longest_idle", {}, [*IDLE, *DISTURBED], "500", "", "D C A B"),
        ("ring_all", {}, [], "500", "B", "ACD"),
    ],
)
def test_offered_in_order(
    strategy: str, settings: dict[str, str], before: list[Any], number: str, busy: str, expected: str
) -> None:
    plan = office(strategy, **settings)
    assert hunts(plan, *before, number=number, busy=busy) == expected


def test_a_direct_call_that_is_not_hunted_on_is_busy() -> None:
    plan = office("linear")
    result = simulate(plan, [request("203", plan=plan, members={"203": "busy"})])[0]
    assert (result.offers, result.ended.value) == ([], "busy")


def test_two_calls_together_begin_at_different_members() -> None:
    plan = office("uniform_sequential")
    calls = [taken_by("B"), {"number": "500", "at": "2026-03-02 10:00"}, {"number": "500", "overlaps": True}]
    results = simulate(plan, [request(plan=plan, **each) for each in calls])
    assert [offered(result) for result in results] == ["B", "C", "D"]


def test_who_becomes_free_joins_the_others_that_ring() -> None:
    plan = office("ring_all")
    nobody = does("ABD", "no_answer") | does("C", "rejects")
    calls: list[dict[str, Any]] = [
        {"number": "202", "lasts": 8.0},
        {"number": "500", "members": nobody, "overlaps": True},
    ]
    results = simulate(plan, [request(plan=plan, **each) for each in calls])
    assert offered(results[1]) == "ACD B"


def test_the_queue_is_left_by_its_line_by_its_key_by_its_time_and_is_bounded() -> None:
    first: dict[str, Any] = {"number": "508", "lasts": 20.0}

    def second(**how: Any) -> list[Result]:
        return simulate(
            OFFICE, [request(**each) for each in (first, {"number": "508", "overlaps": True, **how})]
        )

    waited = second()[1]
    assert (waited.offers, waited.plays) == ([["205"]], ["way"])
    # The other call rings for two seconds and talks for twenty; then the pause after it is thirty.
    assert seconds_of(waited, "rings") == pytest.approx(2 + 20 + 30 - BETWEEN_SECONDS)
    assert second(keys="1")[1].offers == [["201"]]
    long = request("508", lasts=600.0), request("508", overlaps=True)
    assert simulate(OFFICE, long)[1].offers == [["202"]]
    full = simulate(OFFICE, [*long, request("508", overlaps=True)])
    assert (full[2].offers, full[2].plays) == ([["202"]], [])
