"""What people call the things of a plan, for texts that would else show ids."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from officesmart_ivr.callplan.model import CallPlan, Language
from officesmart_ivr.core.groups import line_of

NAMES_FILE = "names"
"""The state of the data folder in which they are kept, to tell calls while no plan can be read."""


class Names(msgspec.Struct, frozen=True):
    """The names of a plan, by id, and in which language and time zone its company lives.

    ``menus`` are by ``multiselection/menu``, ``numbers`` hold what can be dialled, ``outside`` the members of
    groups outside by their lines. What has no name is missing.
    """

    language: Language = Language.ENGLISH
    timezone: str = "UTC"
    extensions: Mapping[str, str] = {}
    multiselections: Mapping[str, str] = {}
    hunt_groups: Mapping[str, str] = {}
    menus: Mapping[str, str] = {}
    announcements: Mapping[str, str] = {}
    numbers: Mapping[str, str] = {}
    outside: Mapping[str, str] = {}

    def line(self, line: str) -> str:
        """Return whose line it is; empty where nobody knows."""
        return self.extensions.get(line) or self.outside.get(line, "")


def names_of(plan: CallPlan) -> Names:
    """Return the names of a plan."""
    extensions = {number: extension.name for number, extension in plan.extensions.items()}
    multiselections = {name: each.name for name, each in plan.multiselections.items()}
    return Names(
        language=plan.company.language,
        timezone=plan.company.timezone,
        extensions=extensions,
        multiselections=multiselections,
        hunt_groups={name: each.name for name, each in plan.hunt_groups.items()},
        menus={
            f"{name}/{menu_name}": menu.name
            for name, each in plan.multiselections.items()
            for menu_name, menu in each.menus.items()
            if menu.name
        },
        announcements={name: each.name for name, each in plan.announcements.items() if each.name},
        numbers=extensions
        | {number: each.name for each in plan.multiselections.values() for number in each.numbers}
        | {number: each.name for each in plan.hunt_groups.values() for number in each.numbers},
        outside={
            line_of(member, plan.company.country): member.name
            for group in plan.hunt_groups.values()
            for member in group.members
            if member.name
        },
    )
