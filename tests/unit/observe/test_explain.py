from __future__ import annotations

import string

import pytest

from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core import events
from officesmart_ivr.core.effects import Cause, Note
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.observe import explain
from tests.unit.core.harness import Walk, plan
from tests.unit.core.test_outside import office

DAY = {
    "keys": {"1": {"extension": "201"}, "3": "busy"},
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
    down = Walk(office(), "03337654321", phone="201")
    return [
        circle,
        rings.leg_ends(LegOutcome.BUSY),
        answers.leg_ends(LegOutcome.HUNG_UP),
        silent.send(events.PromptEnded(silent.prompt, played=False)).wait(),
        Walk(office(), "03337654321", phone="201").leg_ends(LegOutcome.BUSY, Cause.NO_CIRCUIT),
        down.send(events.LegEnded(down.leg, LegOutcome.UNREACHABLE, Cause.NO_CIRCUIT, trunk_down="rejected")),
        *(Walk(office(), number, phone="201") for number in ("0011123456", "0899123456", "000442079460958")),
        Walk(office(outside_calls=None), "03337654321", phone="201"),
        Walk(plan(menus)).press("3").wait(),
        Walk(plan(menus)).press("7"),
        Walk(plan(menus)).send(events.CallerLeft()),
        Walk(plan(menus), "999"),
        Walk(plan(menus, multiselection={"enabled": "no"})),
        Walk(plan(menus, multiselection={"week": {}})),
    ]


def notes(walk: Walk) -> list[Note]:
    return [effect for effect in walk.effects if isinstance(effect, Note)]


OF_THE_DRIVER = {Fact.TAKEN_OVER}
"""What happens to a call without its rules' doing."""

ALL = [note for walk in walks() for note in notes(walk)]


def test_these_calls_meet_every_fact() -> None:
    assert {note.fact for note in ALL} == set(Fact) - OF_THE_DRIVER


@pytest.mark.parametrize("language", Language)
def test_every_fact_has_words_that_name_exactly_what_the_core_tells(language: Language) -> None:
    words = explain._WORDS[language]
    assert words.keys() == set(Fact)
    for note in ALL:
        named = {field for _, field, _, _ in string.Formatter().parse(words[note.fact]) if field}
        assert named == note.about.keys(), note.fact
        assert explain.in_words(note, language)
