from __future__ import annotations

import string
from datetime import timedelta

import pytest

from officesmart_ivr.callplan.destination import WITH_TARGET, Destination, To
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, Language
from officesmart_ivr.core import events
from officesmart_ivr.core.call import begin_recording
from officesmart_ivr.core.effects import Cause, Note
from officesmart_ivr.core.events import LegOutcome, Side
from officesmart_ivr.core.hunt import Exit, Skip
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.core.state import Caller, Origin, Outcome
from officesmart_ivr.core.target import PhoneTarget
from officesmart_ivr.observe import explain
from officesmart_ivr.observe.names import Names, names_of
from officesmart_ivr.observe.words import WORDS
from officesmart_ivr.state.call_log import (
    ANSWERED,
    ANSWERED_ELSEWHERE,
    CALLER_LEFT,
    FAULT,
    INTERRUPTED,
    PICKED_UP,
    CallRecord,
)
from tests.unit.core.harness import START, Walk, plan
from tests.unit.core.test_hunting import sales
from tests.unit.core.test_outside import office
from tests.unit.core.test_recording import granted, recording
from tests.unit.core.test_recording import office as recording_office

DAY = {
    "keys": {"1": {"extension": "201"}, "3": "busy", "9": "replay"},
    "invalid": {"attempts": "1"},
    "no_input": {"attempts": "1"},
}
CIRCLE = {"day": {"no_input": {"attempts": "1", "then": {"menu": "day"}, "announcement": "none"}}}


def walks() -> list[Walk]:
    """Calls that meet everything that can be told of a call."""
    menus = {"day": DAY}
    circle = Walk(plan(CIRCLE, limits={"steps": "4"}))
    while Fact.TOO_MANY_STEPS not in {note.fact for note in notes(circle)}:
        circle.listen().wait()
    rings = Walk(plan(menus)).press("1")
    answers = Walk(plan(menus)).press("1").send(events.LegRinging("c-leg2")).answered()
    silent = Walk(plan(menus))
    codes = plan(menus, service_codes={"pick_up": "*8", "login": "*45"})
    with_pin = plan(menus, service_codes={"login": "*45"}, pin="1234")
    overriding = plan(menus, service_codes={"override": "*28"}, pin="1234")
    no_pin = plan(menus, service_codes={"override": "*28"})
    until = START + timedelta(hours=1)
    other = PhoneTarget("202")
    talks = [Walk(plan(menus)).press("1").answered() for _ in range(4)]
    down = Walk(office(), "03337654321", phone="201")
    return [
        circle,
        rings.leg_ends(LegOutcome.BUSY),
        answers.leg_ends(LegOutcome.HUNG_UP),
        talks[0].send(events.Held(Side.LEG)).send(events.Resumed(Side.LEG)),
        talks[0].send(events.Transferred(Side.LEG, "999")),
        talks[1].offer(events.LegOffered("o", Side.LEG, "o-leg1", other)),
        talks[2].offer(events.LegOffered("o", Side.LEG, "o-leg1", other, ringing=True)),
        talks[3].send(events.MenuOffered("o", Side.LEG, "main", ("day",))),
        Walk(plan(menus)).press("1").offer(events.PickedUp("o", "o-caller", other)),
        Walk(codes, "*8", phone="202").send(events.NothingRings()),
        Walk(codes, "*8", phone="202").hand_over(Side.CALLER),
        Walk(codes, "*45202", phone="201"),
        Walk(codes, "*45", phone="201").send(events.LineToggled(LineChange.LOGOUT)),
        Walk(with_pin, "*45202", phone="201").press("1#"),
        Walk(overriding, "*28", phone="201").press("1234#1"),
        Walk(overriding, "*28", phone="201").press("1234#0"),
        Walk(no_pin, "*28", phone="201"),
        Walk(plan(menus), overrides={"main": Override("day", START, until, "root")}),
        Walk(plan(menus), overrides={"main": Override("gone", START)}),
        silent.send(events.PromptEnded(silent.prompt, played=False)).wait(),
        Walk(office(), "03337654321", phone="201").leg_ends(LegOutcome.BUSY, Cause.NO_CIRCUIT),
        down.send(events.LegEnded(down.leg, LegOutcome.UNREACHABLE, Cause.NO_CIRCUIT, trunk_down="rejected")),
        *(Walk(office(), number, phone="201") for number in ("0011123456", "0899123456", "000442079460958")),
        Walk(office(outside_calls=None), "03337654321", phone="201"),
        Walk(plan(menus)).press("3").wait(),
        Walk(plan(menus)).press("7"),
        Walk(plan(menus)).press("9"),
        Walk(plan(menus)).send(events.CallerLeft()),
        Walk(plan(menus)).send(events.Closing()),
        Walk(plan(menus), "999"),
        Walk(plan(menus, multiselection={"enabled": "no"})),
        Walk(plan(menus, multiselection={"week": {}})),
        *hunts(),
        *recordings(),
    ]


def recordings() -> list[Walk]:
    kept, empty, failed = events.RecordingOutcome
    errand = Walk(recording_office(), first=begin_recording("c", "201", "welcome"))
    return [
        recording().recorded(empty).listen().recorded(failed),
        recording().recorded(kept).press("1").listen().press("3").saved(False).send(events.CallerLeft()),
        recording().recorded(kept).press("3").saved(),
        granted("*77"),
        Walk(recording_office(pin=""), "*7712", phone="201"),
        errand.leg_ends(LegOutcome.BUSY),
    ]


def hunts() -> list[Walk]:
    queue = {"leave_key": "1", "leave_to": {"extension": "203"}}
    waits = Walk(sales("201", queue=queue), "100").busy("201").press("1")
    full = Walk(sales("201", queue=queue), "100").busy("201")
    full.queue_is_full = True
    joins = Walk(plan({"day": DAY}, hunt_groups={"sales": {"name": "Vendite"}})).press("1").answered()
    return [
        waits.press("1"),
        full.press("1"),
        joins.send(events.GroupOffered("o", Side.LEG, "sales")),
        Walk(sales({"outside": "3331234567"}), "500").answers("+393331234567"),
    ]


def notes(walk: Walk) -> list[Note]:
    return [effect for effect in walk.effects if isinstance(effect, Note)]


OF_THE_DRIVER = {Fact.TAKEN_OVER, Fact.GOES_ON, Fact.BEGINS_ANEW}
"""What happens to a call without its rules' doing."""

ALL = [note for walk in walks() for note in notes(walk)]


def test_these_calls_meet_every_fact() -> None:
    assert {note.fact for note in ALL} == set(Fact) - OF_THE_DRIVER


SAID_WITH_ANOTHER = {"endpoint"}
"""What is told with a fact and has no place of its own in its words: it is said with the origin."""


@pytest.mark.parametrize("language", Language)
def test_every_fact_has_words_that_name_exactly_what_the_core_tells(language: Language) -> None:
    sentences = explain._SENTENCES[language]
    assert sentences.keys() == set(Fact)
    for note in ALL:
        named = {field for _, field, _, _ in string.Formatter().parse(sentences[note.fact]) if field}
        assert named == note.about.keys() - SAID_WITH_ANOTHER, note.fact


@pytest.mark.parametrize("language", Language)
def test_every_code_has_words(language: Language) -> None:
    words = WORDS[language]
    assert words.outcomes.keys() == {*Outcome, INTERRUPTED, FAULT}
    assert words.leg_outcomes.keys() == {*LegOutcome, ANSWERED, ANSWERED_ELSEWHERE, CALLER_LEFT, PICKED_UP}
    assert words.destinations.keys() == set(To)
    assert words.origins.keys() == set(Origin)
    assert words.skips.keys() == set(Skip)
    assert words.exits.keys() == set(Exit)
    assert words.changes.keys() == set(LineChange)
    assert words.prompts.keys() == SYSTEM_PROMPTS.keys()
    assert words.labels.keys() == WORDS[Language.ENGLISH].labels.keys()


@pytest.mark.parametrize("language", Language)
def test_no_sentence_holds_a_code(language: Language) -> None:
    kinds = [str(Destination(kind=kind, target="x" * (kind in WITH_TARGET))) for kind in To]
    goes = [Note(Fact.GOES_TO, {"destination": destination}) for destination in kinds]
    ends = [Note(Fact.ENDED, {"outcome": outcome, "cause": "16"}) for outcome in Outcome]
    legs = [Note(Fact.NOT_REACHED, {"line": "201", "outcome": outcome}) for outcome in LegOutcome]
    for note in (*ALL, *goes, *ends, *legs):
        said = explain.in_words(note, language, Names())
        assert not {"_", "{"} & set(said), said


def test_ids_are_said_by_their_names_of_the_multiselection_at_hand() -> None:
    names = Names(
        extensions={"201": "Anna Rossi"},
        multiselections={"main": "Centralino", "turin": "Torino"},
        menus={"main/day": "Giorno", "turin/day": "Giornata"},
        announcements={"welcome": "Benvenuto"},
    )
    record = CallRecord(Caller("c", "100"), START)
    for fact, about in (
        (Fact.MULTISELECTION, {"multiselection": "main"}),
        (Fact.MENU, {"menu": "day"}),
        (Fact.PLAYS, {"announcements": "no-input welcome"}),
        (Fact.MULTISELECTION, {"multiselection": "turin"}),
        (Fact.GOES_TO, {"destination": "menu day"}),
        (Fact.RINGS, {"line": "201", "seconds": "20"}),
    ):
        record.note(START, Note(fact, about))
    said = explain.explained(record, Language.ITALIAN, names)
    for sentence, name in zip(
        said, ("Centralino", "Giorno", "Benvenuto", "Torino", "Giornata", "Anna Rossi"), strict=True
    ):
        assert name in sentence


def test_the_names_of_a_plan() -> None:
    names = names_of(plan({"day": {"name": "Giorno"}, "night": {}}).plan)
    assert (names.multiselections, names.menus) == ({"main": "Centralino"}, {"main/day": "Giorno"})
    assert names.numbers == {"100": "Centralino", "201": "201", "202": "202", "203": "203"}


def test_a_call_that_is_older_than_the_words_is_told_all_the_same() -> None:
    for note in (
        Note(Fact.RINGS, {"extension": "201"}),
        Note(Fact.GOES_TO, {"destination": "teleport x"}),
        Note(Fact.ENDED, {"outcome": "teleported"}),
        Note(Fact.ARRIVED, {"origin": "space"}),
    ):
        assert explain.in_words(note, Language.ENGLISH, Names())
