"""What became of a call, in the form that ``simulate`` prints and plan tests expect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

import msgspec

from officesmart_ivr.callplan.model import Language
from officesmart_ivr.callplan.plan_tests import Ended
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Outcome
from officesmart_ivr.core.target import OutsideTarget, Target
from officesmart_ivr.observe.explain import explained
from officesmart_ivr.observe.names import Names
from officesmart_ivr.state.call_log import CallRecord

DISABLED = "disabled"
"""The period of a call that met a multiselection which is switched off."""


class Step(msgspec.Struct, frozen=True):
    """A line of the explanation: when (ISO 8601, at the service's clock), what by its code, why in words."""

    at: str
    what: str
    why: str


class Result(msgspec.Struct, frozen=True):
    """What became of a call.

    ``period``: ``disabled``, ``override``, the special day's or period's name, or ``otherwise``; None for a
    call to no multiselection. ``menus``: each menu entered, in order. ``plays``: each announcement begun.
    ``offers``: the lines that rang, those of each wave together, in configured order. ``connected``: the line
    that took the call.
    """

    period: str | None
    menus: Sequence[str]
    plays: Sequence[str]
    offers: Sequence[Sequence[str]]
    connected: str | None
    ended: Ended
    steps: Sequence[Step]


def ended_as(outcome: Outcome, talked_with: Target | None, record: CallRecord, *, in_group: bool) -> Ended:
    """Return how a call ended.

    One that a destination of the plan has led to a number outside, where somebody answered, was forwarded. A
    member of a group outside is a colleague, and a phone that has dialled the number itself is connected.
    """
    if outcome is not Outcome.CONNECTED:
        return Ended(outcome.value)
    was_led = any(step.note.fact is Fact.GOES_TO for step in record.steps)
    is_forwarded = isinstance(talked_with, OutsideTarget) and was_led and not in_group
    return Ended.FORWARDED if is_forwarded else Ended.CONNECTED


def period_of(record: CallRecord) -> str | None:
    """Return the period in which the first multiselection of a call was met."""
    for step in record.steps:
        match step.note.fact:
            case Fact.DISABLED:
                return DISABLED
            case Fact.PERIOD:
                return step.note.about["period"]
            case Fact.NO_PERIOD:
                return None
    return None


def menus_of(record: CallRecord) -> list[str]:
    """Return each menu that a call has entered, in order; going back enters again, a replay does not."""
    return [step.note.about["menu"] for step in record.steps if step.note.fact is Fact.MENU]


def steps_of(record: CallRecord, names: Names, language: Language, zone: tzinfo) -> list[Step]:
    """Return the explanation of a call."""
    sentences = explained(record, language, names)
    return [
        Step(step.at.astimezone(zone).isoformat(), step.note.fact.value, why)
        for step, why in zip(record.steps, sentences, strict=True)
    ]


def in_order(wave: Iterable[str], configured: Sequence[str]) -> list[str]:
    """Return the lines of a wave in configured order, those that are in none at the end."""
    places = {line: place for place, line in enumerate(configured)}
    return sorted(wave, key=lambda line: places.get(line, len(places)))
