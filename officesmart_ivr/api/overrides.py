"""Manual overrides as people ask for them: multiselections, menus and moments are named in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from officesmart_ivr.api.moments import COMING_FORMS, coming
from officesmart_ivr.api.parameters import WRITTEN_APART
from officesmart_ivr.api.schema import MultiselectionView, NewOverride, OverrideView
from officesmart_ivr.callplan.findings import did_you_mean
from officesmart_ivr.core.overrides import Override, override_at, period_at
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import ApiError
from officesmart_ivr.state.overrides import OverrideBoard, change_override

DISABLED = "disabled"
"""The name of the period of a multiselection that is switched off."""

_BAD_REQUEST, _NOT_FOUND, _CONFLICT = 400, 404, 409


class OverrideDesk:
    """Shows, sets and clears the overrides of the plan of the moment; ``clock`` gives the time, aware."""

    def __init__(
        self, board: OverrideBoard, plan: Callable[[], PreparedPlan], clock: Callable[[], datetime]
    ) -> None:
        self._board = board
        self._plan = plan
        self._clock = clock

    def multiselections(self) -> list[MultiselectionView]:
        """Return what speaks at each multiselection of the plan."""
        plan = self._plan()
        return [self._view(plan, name) for name in plan.plan.multiselections]

    def multiselection(self, written: str) -> MultiselectionView:
        """Return what speaks at one, named by its id or one of its numbers. Raises ApiError for none."""
        plan = self._plan()
        return self._view(plan, _named(plan, written))

    def overrides(self) -> Mapping[str, OverrideView]:
        """Return the overrides that hold, by the multiselections' ids, with times as their sites see them."""
        found = ((each.id, each.override) for each in self.multiselections())
        return {name: override for name, override in found if override is not None}

    async def put(self, written: str, wanted: NewOverride) -> MultiselectionView:
        """Set an override. Raises ApiError for a multiselection, a menu or a moment that cannot be meant."""
        plan, now = self._plan(), self._clock()
        name = _named(plan, written)
        menus = plan.multiselection(name).menus
        if wanted.menu not in menus:
            what = f"'{name}' has no menu '{wanted.menu}'{did_you_mean(wanted.menu, menus)}"
            raise _refused(what, _NOT_FOUND, "menu", f"Its menus: {', '.join(menus)}.")
        by = _author(wanted.author)
        override = Override(wanted.menu, now, await _until(plan, name, wanted, now), by)
        change_override(self._board, name, override, by)
        return self._view(plan, name)

    def clear(self, written: str, author: str) -> MultiselectionView:
        """Clear an override, if there is one. Raises ApiError for a multiselection that there is not."""
        plan = self._plan()
        name = _named(plan, written)
        if name in self._board.view(self._clock()):
            change_override(self._board, name, None, _author(author))
        return self._view(plan, name)

    def _view(self, plan: PreparedPlan, name: str) -> MultiselectionView:
        now, multiselection = self._clock(), plan.multiselection(name)
        zone = plan.zone(multiselection.site)
        override = override_at(self._board.view(now), name, now)
        period = period_at(plan, name, now, override) if multiselection.enabled else None
        return MultiselectionView(
            id=name,
            name=multiselection.name,
            numbers=multiselection.numbers,
            period=period.name if period else None if multiselection.enabled else DISABLED,
            menu=period.menu if period else None,
            menus={menu: each.name for menu, each in multiselection.menus.items()},
            override=None
            if override is None
            else OverrideView(
                menu=override.menu,
                set_at=override.set_at.astimezone(zone),
                until=override.until.astimezone(zone) if override.until else None,
                by=override.by,
            ),
        )


def _named(plan: PreparedPlan, written: str) -> str:
    if written in plan.plan.multiselections:
        return written
    found = plan.multiselection_named(WRITTEN_APART.sub("", written))
    if found is None:
        known = [*plan.plan.multiselections]
        known += [number for each in plan.plan.multiselections.values() for number in each.numbers]
        what = f"there is no multiselection '{written}'{did_you_mean(written, known)}"
        remedy = "'officesmart-ivr override' shows them all, with their numbers."
        raise _refused(what, _NOT_FOUND, "multiselection", remedy)
    return found


async def _until(plan: PreparedPlan, name: str, wanted: NewOverride, now: datetime) -> datetime | None:
    if wanted.until_period_end:
        if wanted.until:
            what = "an override is until a moment or until the end of the period, not both"
            raise _refused(what, _BAD_REQUEST, "until", "Leave one of them out.")
        # Through a year of special days it may take longer than callers should wait.
        return await asyncio.to_thread(_end_of_period, plan, name, now)
    if not wanted.until:
        return None
    zone = plan.zone(plan.multiselection(name).site)
    try:
        until = coming(wanted.until, now.astimezone(zone))
    except ValueError:
        what = f"until: '{wanted.until}' is no moment"
        raise _refused(what, _BAD_REQUEST, "until", COMING_FORMS) from None
    if until <= now:
        over, present = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (until, now))
        what = f"until: {over} is over; it is {present} there"
        raise _refused(what, _BAD_REQUEST, "until", "Name a moment to come.")
    return until


def _end_of_period(plan: PreparedPlan, name: str, now: datetime) -> datetime:
    end = plan.weeks[name].next_change(now)
    if end is None:
        what = f"the week of '{name}' has the same menu for a year and longer, so no period ends"
        remedy = "Give a time instead, such as 18:00, or none, and clear the override yourself."
        raise _refused(what, _CONFLICT, "until_period_end", remedy)
    return end


def _author(author: str) -> str:
    """Keep what would spoil a log out of a name."""
    return "".join(letter for letter in author if letter.isprintable()).strip()


def _refused(what: str, status: int, where: str, remedy: str) -> ApiError:
    return ApiError(what, status=status, where=where, remedy=remedy)
