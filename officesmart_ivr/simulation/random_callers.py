"""Callers who do anything at all, to find out whether a plan holds for each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from officesmart_ivr.callplan.caller_keys import HANG_UP, WAIT
from officesmart_ivr.callplan.plan_tests import Answering
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.simulation.request import Request

_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_MINUTES = 3 * 365 * 24 * 60
_KEYS = "0123456789*#"
_MOST_ENTRIES = 12
_UNKNOWN = ("0", "9999999", "0212340000", "+390212340000", "112", "0112", "+447700900123")
"""Numbers that most plans know nothing of: nobody's, outside ones, emergency calls."""


def random_caller(plan: PreparedPlan, rng: Random) -> Request:
    """Return a call that somebody might make: anywhen, to any number, pressing any keys, whoever is there.

    The same state of ``rng`` gives the same call.
    """
    extensions = list(plan.plan.extensions)
    sender = rng.choice([*extensions, *[""] * max(1, 2 * len(extensions))])
    return Request(
        at=_FROM + timedelta(minutes=rng.randrange(_MINUTES)),
        number=_number(plan, rng, is_phone=bool(sender)),
        sender=sender or rng.choice(("", "+393331234567")),
        keys=tuple(_entry(plan, rng) for _ in range(rng.randrange(_MOST_ENTRIES))),
        members={
            line: rng.choice(list(Answering))
            for line in sorted(plan.lines())
            if rng.random() < 0.7  # the others are free
        },
        overrides={
            name: rng.choice(list(multiselection.menus))
            for name, multiselection in plan.plan.multiselections.items()
            if rng.random() < 0.1
        },
        lasts=rng.choice((1.0, 60.0, 3600.0)),
        overlaps=rng.random() < 0.3,
    )


def _number(plan: PreparedPlan, rng: Random, *, is_phone: bool) -> str:
    numbers = [*plan.services, *plan.dids]
    codes = [
        code + rng.choice(("", *plan.plan.extensions))
        for _, code in plan.plan.service_codes
        if is_phone and isinstance(code, str)
    ]
    return rng.choice([*numbers, *numbers, *codes, rng.choice(_UNKNOWN)])


def _entry(plan: PreparedPlan, rng: Random) -> str:
    match rng.randrange(20):
        case 0:
            return HANG_UP
        case 1 | 2:
            return WAIT
        case 3:
            return rng.choice([*plan.plan.extensions, "1"])
        case 4:
            return "".join(rng.choices(_KEYS, k=rng.randint(2, 6)))
        case _:
            return rng.choice(_KEYS)
