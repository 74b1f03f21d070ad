"""Manual overrides: a menu that speaks at a multiselection in place of the one that its week would choose.

An override holds from the moment it is set until it is cleared, or until a moment that was given with it. At
that moment it is over: like the periods of a week it is half open. Times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from officesmart_ivr.callplan.model import Multiselection
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.week import Period

OVERRIDE = "override"
"""The name of the period of a call that met an override."""

CLEAR = "0"
"""The key with which a phone clears an override."""

_KEYS = "123456789"


class Override(msgspec.Struct, frozen=True):
    """The ``menu`` that is to speak, and ``until`` when; None is until somebody clears it.

    ``by``: who has set it: the number of an extension, or the name that a command or a program has given.
    """

    menu: str
    set_at: datetime
    until: datetime | None = None
    by: str = ""

    def holds(self, now: datetime) -> bool:
        """Say whether it is not over yet."""
        return self.until is None or now < self.until


Overrides = Mapping[str, Override]
"""The overrides by the multiselections' ids; some may be over."""

NO_OVERRIDES: Overrides = MappingProxyType({})


def override_at(overrides: Overrides, multiselection: str, now: datetime) -> Override | None:
    """Return the override of a multiselection that holds at ``now``."""
    found = overrides.get(multiselection)
    return found if found is not None and found.holds(now) else None


def period_at(
    plan: PreparedPlan, multiselection: str, now: datetime, override: Override | None
) -> Period | None:
    """Return what speaks at an enabled multiselection: the override that holds, or what its week chooses.

    An override for a menu that the plan does not have is none. None: nothing speaks, and calls are refused.
    """
    if override is not None and override.menu in plan.multiselection(multiselection).menus:
        return Period(OVERRIDE, override.menu)
    return plan.weeks[multiselection].at(now)


def override_keys(multiselection: Multiselection) -> Mapping[str, str]:
    """Return which key of a phone means which menu.

    Where the plan does not say, its first nine menus in their order.
    """
    return multiselection.override_keys or dict(zip(_KEYS, multiselection.menus, strict=False))
