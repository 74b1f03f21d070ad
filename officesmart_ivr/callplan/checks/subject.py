"""What the rules look at: the plan, where it is written, the sounds; and walks over the plan's parts."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, Protocol

from officesmart_ivr.callplan.calendars import Calendars
from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Path, Positions
from officesmart_ivr.core.numbers import OutsideNumber
from officesmart_ivr.core.prepared import PreparedPlan, Service, ServiceKind
from officesmart_ivr.core.strategies import Strategy
from officesmart_ivr.messages import Message

NEED_A_MENU = (To.REPLAY, To.PREVIOUS_MENU)
"""Destinations that lead back to a menu, and make no sense before the caller was in one."""


WITH_A_NUMBER = (To.OUTSIDE, To.DIAL)
"""Destinations whose target is a telephone number."""


class Sounds(Protocol):
    """The folder of sounds, as far as a plan's checks need it."""

    def problem(self, file: str) -> tuple[Literal["missing", "bad"], Message] | None:
        """Say what is wrong with a sound file, in words for people; None if nothing is."""


@dataclass(frozen=True, slots=True)
class Way:
    """A destination of the plan and where it belongs.

    ``menu`` is empty outside the menus, ``multiselection`` for the ways out of ``hunt_group``.
    """

    path: Path
    destination: Destination
    multiselection: str = ""
    menu: str = ""
    hunt_group: str = ""

    @property
    def target_path(self) -> Path:
        """Where the target is written."""
        return (*self.path, self.destination.kind.value)


@dataclass(frozen=True)
class Walk:
    """The ways through a plan, and what is heard on them."""

    plan: CallPlan

    @cached_property
    def ways(self) -> Sequence[Way]:
        """Every destination of the plan. A dozen rules look at all of them, and a plan may have many."""
        return tuple(self._ways())

    def _ways(self) -> Iterator[Way]:
        for name, multiselection in self.plan.multiselections.items():
            at: Path = ("multiselections", name)
            if multiselection.when_disabled is not None:
                yield Way((*at, "when_disabled"), multiselection.when_disabled, name)
            for key, destination in multiselection.default_keys.items():
                yield Way((*at, "default_keys", key), destination, name)
            for menu_name, menu in multiselection.menus.items():
                menu_at = (*at, "menus", menu_name)
                for key, destination in menu.keys.items():
                    yield Way((*menu_at, "keys", key), destination, name, menu_name)
                yield Way((*menu_at, "no_input", "then"), menu.no_input.then, name, menu_name)
                yield Way((*menu_at, "invalid", "then"), menu.invalid.then, name, menu_name)
                yield Way((*menu_at, "when_transfer_fails"), menu.when_transfer_fails, name, menu_name)

        for name in self.plan.hunt_groups:
            yield from self.exits(name)
            queue = self.plan.hunt_groups[name].queue
            if queue is not None and queue.leave_to is not None:
                yield Way(("hunt_groups", name, "queue", "leave_to"), queue.leave_to, hunt_group=name)

    def exits(self, name: str) -> Iterator[Way]:
        """Yield where a hunt group leads when nobody takes the call, as far as its plan says."""
        group = self.plan.hunt_groups[name]
        for part, destination in (
            ("when_busy", group.when_busy),
            ("when_no_answer", group.when_no_answer),
            ("when_unreachable", group.when_unreachable),
        ):
            if destination is not None:
                yield Way(("hunt_groups", name, part), destination, hunt_group=name)

    def announcements_used(self) -> Iterator[tuple[Path, str]]:
        """Yield every mention of an announcement: where, and which."""
        for way in self.ways:
            if way.destination.announcement is not None:
                yield (*way.path, "announcement"), way.destination.announcement
            if way.destination.kind is To.PLAY:
                yield way.target_path, way.destination.target
        for name, multiselection in self.plan.multiselections.items():
            for menu_name, menu in multiselection.menus.items():
                at: Path = ("multiselections", name, "menus", menu_name)
                yield (*at, "announcement"), menu.announcement
                for part, announcement in (
                    ("no_input", menu.no_input.announcement),
                    ("invalid", menu.invalid.announcement),
                ):
                    if announcement is not None:
                        yield (*at, part, "announcement"), announcement
        for name, group in self.plan.hunt_groups.items():
            if group.queue is not None:
                queue_at: Path = ("hunt_groups", name, "queue")
                if group.queue.announcement is not None:
                    yield (*queue_at, "announcement"), group.queue.announcement
                for index, announcement in enumerate(group.queue.announcements):
                    yield (*queue_at, "announcements", index), announcement


@dataclass(frozen=True)
class Subject(Walk):
    """A plan under check. It may have unknown references: a rule must not take them for granted.

    ``secrets`` are the names of those that are there, ``strategies`` those that groups may use, ``calendars``
    the files that special days may name; ``prepared`` is the plan as calls use it. ``now`` (aware) is the
    moment of the check, for what is over or lies ahead.
    """

    positions: Positions
    sounds: Sounds
    secrets: Container[str]
    prepared: PreparedPlan
    strategies: Mapping[str, Strategy]
    calendars: Calendars
    now: datetime

    def finding(self, code: Code, path: Path, message: Message) -> Finding:
        """Make a finding about the value at ``path``."""
        return Finding(self.positions.of_value(path), code, message)

    def finding_at_key(self, code: Code, path: Path, message: Message) -> Finding:
        """Make a finding about the name that leads to the value at ``path``."""
        return Finding(self.positions.of_key(path), code, message)

    def number_reached(self, destination: Destination) -> Service | OutsideNumber | None:
        """Return what the number of an ``outside`` or ``dial`` leads to; None when it exists nowhere."""
        find = self.prepared.outside if destination.kind is To.OUTSIDE else self.prepared.dialled
        return find(destination.target)

    def multiselection_reached(self, destination: Destination) -> str | None:
        """Return the multiselection that a destination leads to, by its name or by one of its numbers."""
        return self._service_reached(destination, To.MULTISELECTION, ServiceKind.MULTISELECTION)

    def hunt_group_reached(self, destination: Destination) -> str | None:
        """Return the hunt group that a destination leads to, by its name or by one of its numbers."""
        return self._service_reached(destination, To.HUNT_GROUP, ServiceKind.HUNT_GROUP)

    def _service_reached(self, destination: Destination, to: To, kind: ServiceKind) -> str | None:
        if destination.kind is to:
            return destination.target
        if destination.kind in WITH_A_NUMBER:
            found = self.number_reached(destination)
            if isinstance(found, Service) and found.kind is kind:
                return found.id
        return None
