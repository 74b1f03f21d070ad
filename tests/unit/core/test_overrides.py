"""Manual overrides: what goes before what, and how a phone sets and clears one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.core.effects import Cause, Note, SetOverride
from officesmart_ivr.core.events import CallerLeft, LegEnded, LegOutcome, PromptEnded, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import Override, override_keys
from officesmart_ivr.core.prepared import PreparedPlan
from tests.unit.core.harness import START, Walk, plan

PIN = "2580"
DAY: dict[str, Any] = {"day": {}, "closed": {}, "holiday": {}}
SECOND = timedelta(seconds=1)


def office(*, menus: dict[str, Any] = DAY, pin: str = PIN, **changes: Any) -> PreparedPlan:
    return plan(menus, pin=pin, service_codes={"override": "*28"}, **changes)


def other(name: str = "other", number: str = "101", **changes: Any) -> dict[str, Any]:
    return {
        name: {
            "name": name,
            "numbers": [number, "0111234567"],
            "week": {"otherwise": {"menu": "night"}},
            "menus": {"night": {"announcement": "night"}},
            **changes,
        }
    }


def set_by(walk: Walk) -> list[SetOverride]:
    return [effect for effect in walk.effects if isinstance(effect, SetOverride)]


# --- what goes before what


@given(
    enabled=st.booleans(),
    week=st.sampled_from([None, "day"]),
    override=st.none() | st.sampled_from(["closed", "holiday", "gone"]),
    until=st.none() | st.integers(-2, 2),
    set_at=st.integers(-3, 0),
)
def test_switched_off_goes_before_an_override_and_this_before_the_week(
    enabled: bool, week: str | None, override: str | None, until: int | None, set_at: int
) -> None:
    prepared = office(
        multiselection={
            "enabled": "yes" if enabled else "no",
            "when_disabled": {"extension": "201"},
            "week": {"otherwise": {"menu": week}} if week else {},
        }
    )
    end = None if until is None else START + until * SECOND
    held = {} if override is None else {"main": Override(override, START + set_at * SECOND, end, "root")}
    walk = Walk(prepared, overrides=held)
    holds = override in DAY and (until is None or until > 0)
    if not enabled:
        assert walk.rings() == ["201"]
    elif holds or week:
        assert walk.plays == [override if holds else week]
    else:
        assert (walk.outcome, walk.plays) == ("refused", [])
    assert (Fact.OVERRIDDEN in walk.facts) == (enabled and holds)


@pytest.mark.parametrize(("at", "menu"), [(-1, "closed"), (0, "day"), (1, "day")])
def test_an_override_is_over_at_the_very_moment_that_it_is_until(at: int, menu: str) -> None:
    held = {"main": Override("closed", START - timedelta(hours=1), START - at * SECOND)}
    assert Walk(office(), overrides=held).plays == [menu]


def test_an_override_of_another_multiselection_changes_nothing() -> None:
    held = {"other": Override("night", START)}
    assert Walk(office(multiselections=other()), overrides=held).plays == ["day"]


def test_an_override_for_a_menu_that_the_calls_plan_lacks_is_told_and_ignored() -> None:
    walk = Walk(office(), overrides={"main": Override("gone", START)})
    told = [note.about for note in walk.effects if isinstance(note, Note)]
    assert {"multiselection": "main", "menu": "gone"} in told
    assert walk.plays == ["day"]


def test_a_call_in_progress_meets_the_newest_override_when_it_enters() -> None:
    menus = {"day": {"keys": {"4": {"multiselection": "other"}, "5": "replay"}}}
    walk = Walk(
        office(
            menus=menus,
            multiselections=other(
                menus={"night": {"announcement": "night"}, "storm": {"announcement": "storm"}}
            ),
        )
    )
    walk.overrides |= {"main": Override("closed", START), "other": Override("storm", START)}
    assert walk.press("5").menu == "day"
    assert walk.press("4").menu == "storm"


def test_the_explanation_tells_who_and_until_when() -> None:
    end = START + timedelta(hours=8)
    walk = Walk(office(), overrides={"main": Override("closed", START, end, "root")})
    about = next(n.about for n in walk.effects if isinstance(n, Note) and n.fact is Fact.OVERRIDDEN)
    assert about == {"by": "root", "since": START.isoformat(), "until": end.isoformat()}
    period = next(n.about for n in walk.effects if isinstance(n, Note) and n.fact is Fact.PERIOD)
    assert period == {"period": "override", "menu": "closed"}


# --- the service code


@pytest.mark.parametrize(("key", "menu"), [("1", "day"), ("2", "closed"), ("3", "holiday")])
def test_a_phone_chooses_a_menu_by_its_key_and_hears_it(key: str, menu: str) -> None:
    walk = Walk(office(), "*28100", phone="201")
    assert walk.plays == ["enter-pin"]
    walk.press(f"{PIN}#")
    assert walk.plays[-1] == "override-key"
    walk.press(key)
    assert set_by(walk) == [SetOverride("main", Override(menu, START, None, "201"), "201")]
    assert walk.plays[-2:] == ["override-on", menu]
    assert (walk.listen().outcome, walk.cause) == ("hang_up", Cause.NORMAL)
    assert Walk(walk.plan, overrides=walk.overrides).plays == [menu]


def test_the_key_0_clears_and_the_phone_hears_what_the_week_chooses() -> None:
    walk = Walk(office(), "*28100", phone="201", overrides={"main": Override("closed", START)})
    walk.press(f"{PIN}#0")
    assert set_by(walk) == [SetOverride("main", None, "201")]
    assert walk.plays[-3:] == ["override-off", "override-on", "day"]
    assert (walk.listen().outcome, walk.overrides) == ("hang_up", {})


def test_where_the_week_chooses_nothing_a_phone_that_clears_hears_no_menu() -> None:
    walk = Walk(office(multiselection={"week": {}}), "*28100", phone="201").press(f"{PIN}#0")
    assert walk.plays[-2:] == ["override-key", "override-off"]


@pytest.mark.parametrize("key", ["0", "2"])
def test_a_phone_hears_that_an_override_changes_nothing_where_all_is_switched_off(key: str) -> None:
    off = {"enabled": "no", "when_disabled": "hang_up"}
    walk = Walk(office(multiselection=off), "*28100", phone="201").press(f"{PIN}#{key}")
    assert walk.plays[-1] == "override-disabled"
    assert len(set_by(walk)) == 1


def test_the_plan_says_which_key_means_which_menu() -> None:
    prepared = office(multiselection={"override_keys": {"7": "closed"}})
    assert override_keys(prepared.multiselection("main")) == {"7": "closed"}
    walk = Walk(prepared, "*28100", phone="201").press(f"{PIN}#1")
    assert set_by(walk) == []
    assert walk.press("7").overrides["main"].menu == "closed"


def test_without_that_the_keys_are_the_first_nine_menus() -> None:
    menus: dict[str, Any] = {f"menu{number}": {} for number in range(1, 12)}
    keys = override_keys(office(menus=menus).multiselection("main"))
    assert keys == {str(number): f"menu{number}" for number in range(1, 10)}


def test_three_wrong_keys_or_silences_are_the_last() -> None:
    walk = Walk(office(), "*28100", phone="201").press(f"{PIN}#")
    walk.press("9").press("*").listen().wait()
    assert walk.plays[2:] == ["invalid", "override-key", "invalid", "override-key", "no-input"]
    assert (walk.listen().outcome, set_by(walk), walk.timers) == ("hang_up", [], {})


def test_a_phone_that_hangs_up_changes_nothing() -> None:
    for keys in ("", "25", f"{PIN}#"):
        walk = Walk(office(), "*28100", phone="201").press(keys).send(CallerLeft())
        assert (walk.outcome, set_by(walk), walk.timers) == ("caller_left", [], {})


def test_the_pin_is_asked_even_at_the_phones_own_site_and_without_one_it_is_refused() -> None:
    walk = Walk(office(), "*28100", phone="201").press("1111#").press("2222#").press("3333#")
    assert (walk.listen().outcome, set_by(walk)) == ("refused", [])
    walk = Walk(office(pin=""), "*28100", phone="201")
    assert (walk.plays, walk.listen().outcome) == (["not-allowed"], "refused")


def test_callers_from_outside_have_no_such_code() -> None:
    walk = Walk(office(), "*28100")
    assert (walk.plays, walk.facts[-2]) == (["unknown-number"], Fact.UNKNOWN_NUMBER)


SITES = {"milano": {"name": "Milano"}, "torino": {"name": "Torino"}}


@pytest.mark.parametrize(
    ("main", "others", "chosen"),
    [
        ({}, {}, "main"),
        ({"site": "milano"}, other(site="torino"), "main"),
        ({"site": "torino"}, other(site="milano"), "other"),
        ({"site": "torino"}, other(site="torino"), None),
        ({"site": "milano"}, other(site="milano"), None),
        ({"site": "torino"}, {}, "main"),
        ({}, other(), None),
        ({"site": "milano"}, other(site="milano", enabled="no", when_disabled="hang_up"), "main"),
        ({}, other(enabled="no", when_disabled="hang_up"), "main"),
    ],
)
def test_the_code_alone_means_the_only_one_at_the_phones_site_or_of_the_plan(
    main: dict[str, Any], others: dict[str, Any], chosen: str | None
) -> None:
    prepared = office(
        multiselection=main,
        multiselections=others,
        sites=SITES,
        extensions={"201": {"name": "Anna", "site": "milano"}},
    )
    walk = Walk(prepared, "*28", phone="201")
    if chosen is None:
        assert (walk.plays, walk.listen().outcome, walk.cause) == (
            ["unknown-number"],
            "refused",
            Cause.UNALLOCATED,
        )
    else:
        assert list(walk.press(f"{PIN}#1").overrides) == [chosen]


@pytest.mark.parametrize(
    ("number", "chosen"),
    [
        ("100", "main"),
        ("101", "other"),
        ("0111234567", "other"),
        ("00111234567", "other"),
        ("201", None),
        ("999", None),
        ("03331234567", None),
    ],
)
def test_a_number_after_the_code_is_one_of_a_multiselection(number: str, chosen: str | None) -> None:
    walk = Walk(office(multiselections=other()), f"*28{number}", phone="201")
    assert walk.plays == ["enter-pin" if chosen else "unknown-number"]
    if chosen:
        assert list(walk.press(f"{PIN}#1").overrides) == [chosen]


def test_late_reports_are_ignored_while_a_phone_chooses() -> None:
    walk = Walk(office(), "*28100", phone="201").press(f"{PIN}#")
    before = walk.state
    walk.send(PromptEnded("c-p0")).send(TimerFired("c-t0")).send(LegEnded("c-leg9", LegOutcome.BUSY))
    assert (walk.state, walk.ignored) == (before, 3)
