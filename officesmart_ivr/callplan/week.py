"""The week of a multiselection as the plan writes it: which menu speaks when."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from officesmart_ivr.callplan import holidays
from officesmart_ivr.callplan.base import Model
from officesmart_ivr.callplan.fields import CalendarFile, Name, PlanId
from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.callplan.times import ALL_DAY, EVERY_DAY, AnyDate, Days, Hours, MonthDay
from officesmart_ivr.messages import say

OTHERWISE = "otherwise"
_RESERVED = ("disabled", "override", OTHERWISE)
"""What explanations and simulations call a moment that no period or special day has chosen."""


def _own_name(name: str) -> str:
    if name.lower() in _RESERVED:
        raise refusal(
            "bad-value",
            say("'{name}' already has a meaning where periods are named; choose another name", name=name),
        )
    return name


def _country(code: str) -> str:
    if code.upper() not in holidays.countries():
        message = say(
            "no holidays are known of '{code}'; write a country's two letters, such as IT, or list the days",
            code=code,
        )
        raise refusal("bad-value", message)
    return code.upper()


PeriodName = Annotated[Name, AfterValidator(_own_name)]


class Otherwise(Model):
    """The menu that speaks when no period matches."""

    menu: PlanId


class WeeklyPeriod(Model):
    """Hours of some days of the week, every week, with their menu.

    ``days`` count from 0, Monday; ``hours`` belong to the day on which they start.
    """

    name: PeriodName
    days: Days = EVERY_DAY
    hours: Hours = ALL_DAY
    menu: PlanId


class Source(StrEnum):
    """What can say on which days a special day is."""

    DATE = "date"
    RANGE = "from"
    HOLIDAYS = "holidays"
    ICS = "ics"


class SpecialDay(Model):
    """Days with a menu of their own, which goes before the weekly periods; exactly one source says which.

    ``date``: one day, of one year or of every year. ``from`` and ``to``: all days from one to the other, both
    included; of every year they may go over its end. ``holidays``: those of a country, with the patron saint
    of the multiselection's site. ``ics``: what a calendar file beside the plan says. ``hours``: only then.
    """

    name: PeriodName
    menu: PlanId
    hours: Hours = ALL_DAY
    date: AnyDate | None = None
    first: Annotated[AnyDate | None, Field(alias="from")] = None
    last: Annotated[AnyDate | None, Field(alias="to")] = None
    holidays: Annotated[str, AfterValidator(_country)] | None = None
    ics: CalendarFile | None = None

    @property
    def source(self) -> Source:
        """What says on which days this is."""
        if self.date is not None:
            return Source.DATE
        if self.holidays is not None:
            return Source.HOLIDAYS
        return Source.ICS if self.ics is not None else Source.RANGE

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [
            key
            for key, value in (
                ("date", self.date),
                ("from", self.first or self.last),
                ("holidays", self.holidays),
                ("ics", self.ics),
            )
            if value is not None
        ]
        if not given:
            message = say("a special day needs one of 'date', 'from' and 'to', 'holidays', 'ics'")
            raise refusal("missing-field", message)
        if len(given) > 1:
            key = "to" if given[1] == "from" and self.first is None else given[1]
            message = say(
                "'{first}' says already when this is; make '{key}' a special day of its own",
                first=given[0],
                key=key,
            )
            raise refusal("bad-value", message, key=key)
        if given == ["from"]:
            self._has_a_range()
        return self

    def _has_a_range(self) -> None:
        first, last = self.first, self.last
        if first is None or last is None:
            raise refusal("missing-field", say("'from' and 'to' go together"))
        if isinstance(first, MonthDay) != isinstance(last, MonthDay):
            message = say("write the year in both of 'from' and 'to', or in none (then it is every year)")
            raise refusal("bad-value", message, key="to")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            message = say("'to' is before 'from'; the days from one to the other are meant")
            raise refusal("bad-value", message, key="to")


class Week(Model):
    """The calendar that chooses a menu: the first special day that matches, else a period, else otherwise."""

    otherwise: Otherwise | None = None
    periods: Annotated[tuple[WeeklyPeriod, ...], Field(max_length=100)] = ()
    special_days: Annotated[tuple[SpecialDay, ...], Field(max_length=200)] = ()

    def menus(self) -> tuple[str, ...]:
        """Return every menu that may speak first, each once."""
        parts = (*self.special_days, *self.periods, *((self.otherwise,) if self.otherwise else ()))
        return tuple(dict.fromkeys(part.menu for part in parts))
