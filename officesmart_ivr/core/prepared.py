"""A plan prepared for calls: what every call looks up is worked out once per plan, not once per key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.model import CallPlan, Menu, Multiselection
from officesmart_ivr.core.digits import Entries, Extensions


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
    """A plan with its indexes. ``services`` maps each number that can be called to its owner."""

    plan: CallPlan
    services: Mapping[str, Service]
    menus: Mapping[tuple[str, str], PreparedMenu]

    def service(self, number: str) -> Service | None:
        """Return whose number this is, exactly as it was dialled."""
        return self.services.get(number)

    def multiselection(self, name: str) -> Multiselection:
        """Return a multiselection by its id; KeyError when the plan has none (the checks prevent it)."""
        return self.plan.multiselections[name]


def prepare(plan: CallPlan) -> PreparedPlan:
    """Work out a plan's indexes. Takes time linear in the plan's size."""
    services = {number: Service(ServiceKind.EXTENSION, number) for number in plan.extensions}
    for name, multiselection in plan.multiselections.items():
        services.update(dict.fromkeys(multiselection.numbers, Service(ServiceKind.MULTISELECTION, name)))
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
    return PreparedPlan(plan, services, menus)
