"""Which menu speaks at a moment."""

from __future__ import annotations

from datetime import datetime

import msgspec

from officesmart_ivr.callplan.model import Week

OTHERWISE = "otherwise"


class Period(msgspec.Struct, frozen=True):
    """The period that holds at a moment, by name, and its menu."""

    name: str
    menu: str


def period_at(week: Week, now: datetime) -> Period | None:
    """Return the period that holds at ``now`` (aware), or None when the plan says nothing about it.

    So far a week has only its ``otherwise``, which holds at every moment.
    """
    return Period(OTHERWISE, week.otherwise.menu) if week.otherwise else None
