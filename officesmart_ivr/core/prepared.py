"""A plan prepared for calls: what every call looks up is worked out once per plan, not once per key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from officesmart_ivr.callplan.calendars import NO_CALENDARS, Calendars
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.model import CallPlan, Menu, Multiselection
from officesmart_ivr.core.digits import Entries, Extensions
from officesmart_ivr.core.groups import PreparedGroup, prepare_group
from officesmart_ivr.core.numbers import OutsideNumber, outside_number, without_prefix
from officesmart_ivr.core.outside import Policy, policy_of
from officesmart_ivr.core.strategies import SHIPPED, Strategy
from officesmart_ivr.core.week import PreparedWeek


class ServiceKind(StrEnum):
    """What a number of the plan can belong to."""

    MULTISELECTION = "multiselection"
    EXTENSION = "extension"
    HUNT_GROUP = "hunt_group"


class Service(msgspec.Struct, frozen=True):
    """The owner of a number: its kind and its id in the plan."""

    kind: ServiceKind
    id: str


@dataclass(frozen=True, slots=True)
class PreparedMenu:
    """A menu with the merged keys that can be pressed at it."""

    menu: Menu
    entries: Entries


@dataclass(frozen=True, slots=True)
class PreparedPlan:
    """A plan with its indexes.

    ``services`` maps each number that can be called, as the plan writes it, to its owner; ``dids`` those of
    them that can be called from outside, as E.164. ``weeks`` has the week of each multiselection, by the
    clock of its site. ``direct_hunts`` maps each extension whose own calls a group hunts on to that group; of
    several groups the first one does. ``pin``: what phones must type before they may change other lines;
    nobody may where it is empty.
    """

    plan: CallPlan
    services: Mapping[str, Service]
    dids: Mapping[str, Service]
    menus: Mapping[tuple[str, str], PreparedMenu]
    weeks: Mapping[str, PreparedWeek]
    policy: Policy
    groups: Mapping[str, PreparedGroup]
    direct_hunts: Mapping[str, str]
    pin: str = field(default="", repr=False)

    def received(self, number: str) -> Service | None:
        """Return the owner of a number that a call from outside asks for, in any of its spellings.

        Internal numbers come first, exactly as they are written. Nothing here leads outside.
        """
        if found := self.services.get(number):
            return found
        outside = outside_number(number, self.plan.company.country)
        return self.dids.get(outside.text) if outside else None

    def dialled(self, number: str) -> Service | OutsideNumber | None:
        """Return what a phone of the office reaches with this number; None when it exists nowhere."""
        if found := self.services.get(number):
            return found
        company = self.plan.company
        outside = without_prefix(number, company.outside_prefix, company.country)
        return self.outside(outside) if outside else None

    def outside(self, number: str) -> Service | OutsideNumber | None:
        """Return what an outside number reaches: one of our own is reached without a carrier."""
        found = outside_number(number, self.plan.company.country)
        return self.dids.get(found.text, found) if found else None

    def site_of(self, extension: str) -> str | None:
        """Return the site of an extension; None when it has none, or the plan has no such extension."""
        found = self.plan.extensions.get(extension)
        return found.site if found else None

    def zone(self, site: str | None) -> ZoneInfo:
        """Return the time zone of a site; the company's for None, or where the site says nothing."""
        return zone_of(self.plan, site)

    def lines(self) -> Collection[str]:
        """Return every line whose state is kept: the extensions, and the members of groups."""
        members = (line for group in self.groups.values() for line in group.lines)
        return {*self.plan.extensions, *members}

    def line_named(self, number: str) -> str | None:
        """Return the line that a number means; None when it means none.

        It is an extension, or the number of a member outside, in any spelling, with the prefix or without.
        """
        if number in self.plan.extensions:
            return number
        company, lines = self.plan.company, self.lines()
        for written in (number, without_prefix(number, company.outside_prefix, company.country)):
            outside = outside_number(written, company.country) if written else None
            if outside is not None and outside.text in lines:
                return outside.text
        return None

    def multiselection_named(self, number: str) -> str | None:
        """Return the multiselection with a number, in any spelling, with the prefix or without; or None."""
        for found in (self.dialled(number), self.received(number)):
            if isinstance(found, Service) and found.kind is ServiceKind.MULTISELECTION:
                return found.id
        return None

    def recorded_by(self, number: str) -> str | None:
        """Return the announcement that is recorded by telephone under a number; None when none is."""
        found = self.plan.announcements.items()
        return next((name for name, each in found if number and each.record_number == number), None)

    def memberships(self) -> dict[str, list[str]]:
        """Return the groups of each line that is a member of one, enabled there or not."""
        found: dict[str, list[str]] = {}
        for name, group in self.groups.items():
            for line in group.lines:
                found.setdefault(line, []).append(name)
        return found

    def has(self, kind: To, target: str) -> bool:
        """Say whether there is such a destination, of which another plan than this one has told.

        Only multiselections are looked for: of another thing that is not there callers are told.
        """
        return kind is not To.MULTISELECTION or target in self.plan.multiselections

    def multiselection(self, name: str) -> Multiselection:
        """Return a multiselection by its id; KeyError when the plan has none (the checks prevent it)."""
        return self.plan.multiselections[name]


def prepare(
    plan: CallPlan,
    strategies: Mapping[str, Strategy] = SHIPPED,
    *,
    pin: str = "",
    calendars: Calendars = NO_CALENDARS,
) -> PreparedPlan:
    """Work out a plan's indexes. Takes time linear in the plan's size.

    ``pin``: that of the service codes; ``calendars``: the calendar files that special days may name.
    """
    services = {number: Service(ServiceKind.EXTENSION, number) for number in plan.extensions}
    dids: dict[str, Service] = {}
    for service, numbers in _numbers_of_services(plan):
        services.update(dict.fromkeys(numbers, service))
        for number in numbers:
            if outside := outside_number(number, plan.company.country):
                dids[outside.text] = service
    policy = policy_of(plan.outside_calls)
    groups = {
        name: prepare_group(name, group, plan, policy, strategies) for name, group in plan.hunt_groups.items()
    }
    return PreparedPlan(
        plan,
        services,
        dids,
        _menus(plan),
        _weeks(plan, calendars),
        policy,
        groups,
        _direct_hunts(groups),
        pin,
    )


def zone_of(plan: CallPlan, site: str | None) -> ZoneInfo:
    """Return the time zone of a site; the company's for None, or where the site says nothing."""
    place = plan.sites.get(site) if site else None
    return ZoneInfo((place.timezone if place else None) or plan.company.timezone)


def _weeks(plan: CallPlan, calendars: Calendars) -> dict[str, PreparedWeek]:
    weeks: dict[str, PreparedWeek] = {}
    for name, multiselection in plan.multiselections.items():
        site = plan.sites.get(multiselection.site or "")
        zone = zone_of(plan, multiselection.site)
        saint = site.patron_saint if site else None
        weeks[name] = PreparedWeek(multiselection.week, zone, saint=saint, calendars=calendars)
    return weeks


def _numbers_of_services(plan: CallPlan) -> Iterator[tuple[Service, Collection[str]]]:
    for name, multiselection in plan.multiselections.items():
        yield Service(ServiceKind.MULTISELECTION, name), multiselection.numbers
    for name, group in plan.hunt_groups.items():
        yield Service(ServiceKind.HUNT_GROUP, name), group.numbers


def _menus(plan: CallPlan) -> dict[tuple[str, str], PreparedMenu]:
    extensions = Extensions(plan.extensions.keys())
    return {
        (name, menu_name): PreparedMenu(
            menu,
            Entries(
                {**multiselection.default_keys, **menu.keys},
                extensions if menu.dial_extensions else None,
            ),
        )
        for name, multiselection in plan.multiselections.items()
        for menu_name, menu in multiselection.menus.items()
    }


def _direct_hunts(groups: Mapping[str, PreparedGroup]) -> dict[str, str]:
    hunts: dict[str, str] = {}
    for name, group in groups.items():
        if group.settings.hunt_direct_calls:
            for member in group.members.values():
                if not member.is_outside:
                    hunts.setdefault(member.id, name)
    return hunts
