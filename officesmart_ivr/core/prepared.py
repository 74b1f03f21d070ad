"""A plan prepared for calls: what every call looks up is worked out once per plan, not once per key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.model import CallPlan, Menu, Multiselection
from officesmart_ivr.core.digits import Entries, Extensions
from officesmart_ivr.core.numbers import OutsideNumber, outside_number, without_prefix
from officesmart_ivr.core.outside import Policy, policy_of


class ServiceKind(StrEnum):
    """What a number of the plan can belong to."""

    MULTISELECTION = "multiselection"
    EXTENSION = "extension"


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
    them that can be called from outside, as E.164.
    """

    plan: CallPlan
    services: Mapping[str, Service]
    dids: Mapping[str, Service]
    menus: Mapping[tuple[str, str], PreparedMenu]
    policy: Policy

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

    def multiselection(self, name: str) -> Multiselection:
        """Return a multiselection by its id; KeyError when the plan has none (the checks prevent it)."""
        return self.plan.multiselections[name]


def prepare(plan: CallPlan) -> PreparedPlan:
    """Work out a plan's indexes. Takes time linear in the plan's size."""
    services = {number: Service(ServiceKind.EXTENSION, number) for number in plan.extensions}
    for name, multiselection in plan.multiselections.items():
        services.update(dict.fromkeys(multiselection.numbers, Service(ServiceKind.MULTISELECTION, name)))
    dids = {
        outside.text: Service(ServiceKind.MULTISELECTION, name)
        for name, multiselection in plan.multiselections.items()
        for number in multiselection.numbers
        if (outside := outside_number(number, plan.company.country))
    }
    extensions = Extensions(plan.extensions.keys())
    menus = {
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
    return PreparedPlan(plan, services, dids, menus, policy_of(plan.outside_calls))
