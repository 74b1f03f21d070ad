"""Groups and boards for the tests of hunts: members A to D are the extensions 201 to 204."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.lines import LastOffered, Leg, Line, Phase, View
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.strategies import SHIPPED, Strategy

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
NUMBERS = {"A": "201", "B": "202", "C": "203", "D": "204"}
LETTERS = {number: letter for letter, number in NUMBERS.items()}


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def office(
    members: Iterable[Any] = NUMBERS.values(), strategies: Mapping[str, Strategy] = SHIPPED, **settings: Any
) -> PreparedPlan:
    """A plan with the group ``sales``."""
    sales = {"name": "Vendite", "numbers": ["500"], "members": list(members), **settings}
    return prepare(
        CallPlan.model_validate(
            {
                "version": "1",
                "company": {"name": "Studio"},
                "extensions": {number: {"name": letter} for letter, number in NUMBERS.items()},
                "trunks": {"carrier": {"server": "sip.example.net"}},
                "outside_calls": {"trunk": "carrier", "allow": ["+39"]},
                "hunt_groups": {"sales": sales},
            }
        ),
        strategies,
    )


def group(members: str = "ABCD", **settings: Any) -> PreparedGroup:
    return office([NUMBERS[letter] for letter in members], **settings).groups["sales"]


def line(letter: str, **state: Any) -> Line:
    """A registered line that has been there since eight."""
    return Line(NUMBERS[letter], **{"ready_since": at(-120), "registered": True, **state})


def busy(letter: str) -> Line:
    number = NUMBERS[letter]
    return line(letter, legs=(Leg(f"x-{number}", number, "x", Phase.TALKING),))


def board(*special: Line, last: str = "", place: int = 0, now: datetime = TEN) -> View:
    """Lines that are all free but for the special ones."""
    lines = {number: line(letter) for letter, number in NUMBERS.items()}
    lines |= {known.id: known for known in special}
    groups = {"sales": LastOffered(NUMBERS.get(last, last), place)} if last else {}
    return View(lines, groups, now)
