"""A plan as a graph: boxes for numbers, multiselections, menus, groups and phones, and the ways between them.

Each way is a row of its box. One that leads nowhere else (the menu again, the end of the call) is told in
words, and has no arrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.model import HuntGroup, Menu, Multiselection
from officesmart_ivr.core.numbers import OutsideNumber
from officesmart_ivr.core.prepared import PreparedPlan, Service
from officesmart_ivr.flow.words import WORDS
from officesmart_ivr.observe.explain import voice
from officesmart_ivr.observe.names import names_of

_MOST_MEMBERS = 12
"""Members of a group that are named."""


class Kind(StrEnum):
    """What a box stands for."""

    NUMBERS = "numbers"
    MULTISELECTION = "multiselection"
    MENU = "menu"
    HUNT_GROUP = "hunt_group"
    EXTENSION = "extension"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Row:
    """A way out of a box.

    ``label`` says when it is taken. ``target`` is the id of the box that it leads to; without one ``says``
    tells what happens. ``is_faint``: what happens when things go wrong.
    """

    label: str
    target: str = ""
    says: str = ""
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the plan: its title, what is to be known of it, and the ways out."""

    id: str
    kind: Kind
    title: str
    details: Sequence[str] = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The boxes by their ids, in the order of the plan; every row's target is among them."""

    boxes: Mapping[str, Box]


def flow_of(plan: PreparedPlan, multiselection: str = "") -> Flow:
    """Return the call flow of a plan; with a multiselection, what its callers can reach.

    KeyError when the plan has no such multiselection.
    """
    boxes = {box.id: box for box in _Draft(plan).boxes()}
    if not multiselection:
        return Flow(boxes)
    start = _box(Kind.MULTISELECTION, multiselection)
    if start not in boxes:
        raise KeyError(multiselection)
    reached, ahead = {_box(Kind.NUMBERS, start)}, [start]
    while ahead:
        here = ahead.pop()
        if here not in reached:
            reached.add(here)
            ahead += [row.target for row in boxes[here].rows if row.target]
    return Flow({name: box for name, box in boxes.items() if name in reached})


def _box(kind: Kind, *names: str) -> str:
    return "/".join((kind.value, *names))


class _Draft:
    """Makes the boxes of a plan; phones and outside numbers only where something leads to them."""

    def __init__(self, plan: PreparedPlan) -> None:
        self._plan = plan
        self._words = WORDS[plan.plan.company.language]
        self._voice = voice(plan.plan.company.language, names_of(plan.plan))
        self._ends: dict[str, Box] = {}

    def boxes(self) -> Iterator[Box]:
        """Yield all boxes."""
        for name, multiselection in self._plan.plan.multiselections.items():
            yield from self._numbers(multiselection.numbers, _box(Kind.MULTISELECTION, name))
            yield self._multiselection(name, multiselection)
            for menu_name, menu in multiselection.menus.items():
                yield self._menu(name, menu_name, menu)
        for name, group in self._plan.plan.hunt_groups.items():
            yield from self._numbers(group.numbers, _box(Kind.HUNT_GROUP, name))
            yield self._group(name, group)
        yield from self._ends.values()

    def _numbers(self, numbers: Sequence[str], target: str) -> Iterator[Box]:
        if numbers:
            shown = [*numbers[:_MOST_MEMBERS]]
            if len(numbers) > len(shown):
                shown.append(self._words.more.format(len(numbers) - len(shown)))
            yield Box(_box(Kind.NUMBERS, target), Kind.NUMBERS, ", ".join(shown), (), (Row("", target),))

    def _multiselection(self, name: str, multiselection: Multiselection) -> Box:
        is_off = not multiselection.enabled
        rows: list[Row] = []
        for menu in multiselection.week.menus():
            week = multiselection.week
            periods = [special.name for special in week.special_days if special.menu == menu]
            periods += [period.name for period in week.periods if period.menu == menu]
            if week.otherwise is not None and week.otherwise.menu == menu:
                periods.append(self._voice.words.otherwise)
            label = ", ".join(dict.fromkeys(periods))
            rows.append(Row(label, _box(Kind.MENU, name, menu), is_faint=is_off))
        if multiselection.when_disabled is not None:
            label = self._words.when_disabled
            rows.append(self._row(label, multiselection.when_disabled, name, is_faint=not is_off))
        details = (self._words.disabled,) if is_off else ()
        title = self._voice.multiselection(name)
        return Box(_box(Kind.MULTISELECTION, name), Kind.MULTISELECTION, title, details, rows)

    def _menu(self, name: str, menu_name: str, menu: Menu) -> Box:
        keys = self._plan.menus[name, menu_name].entries.keys
        rows = [
            self._row(" ".join(filter(None, (key, to.label))), to, name) for key, to in sorted(keys.items())
        ]
        words = self._words
        for label, to in (
            (words.no_input, menu.no_input.then),
            (words.invalid, menu.invalid.then),
            (words.when_transfer_fails, menu.when_transfer_fails),
        ):
            rows.append(self._row(label, to, name, is_faint=True))
        details = (words.any_extension,) if menu.dial_extensions else ()
        title = self._voice.menu(menu_name, name)
        return Box(_box(Kind.MENU, name, menu_name), Kind.MENU, title, details, rows)

    def _group(self, name: str, group: HuntGroup) -> Box:
        words, lines = self._words, self._plan.groups[name]
        members = [self._voice.line(line) for line in lines.order]
        members += [words.not_in_use.format(self._voice.line(line)) for line in lines.left_out]
        details = [group.strategy, *members[:_MOST_MEMBERS]]
        if len(members) > _MOST_MEMBERS:
            details.append(words.more.format(len(members) - _MOST_MEMBERS))
        if group.hunt_direct_calls:
            details.append(words.direct)
        rows: list[Row] = []
        if group.queue is not None:
            details.append(words.queue.format(group.queue.places))
            if group.queue.leave_to is not None:
                label = words.leave_queue.format(group.queue.leave_key)
                rows.append(self._row(label, group.queue.leave_to, ""))
        for label, to in (
            (words.when_busy, group.when_busy),
            (words.when_no_answer, group.when_no_answer),
            (words.when_unreachable, group.when_unreachable),
        ):
            if to is not None:
                rows.append(self._row(label, to, "", is_faint=True))
        title = self._voice.hunt_group(name)
        return Box(_box(Kind.HUNT_GROUP, name), Kind.HUNT_GROUP, title, details, rows)

    def _row(self, label: str, to: Destination, multiselection: str, *, is_faint: bool = False) -> Row:
        target = self._target(to, multiselection)
        said = "" if target else self._voice.destination(str(to), multiselection)
        return Row(label, target, said, is_faint)

    def _target(self, to: Destination, multiselection: str) -> str:
        match to.kind:
            case To.MENU:
                return _box(Kind.MENU, multiselection, to.target)
            case To.MULTISELECTION:
                return _box(Kind.MULTISELECTION, to.target)
            case To.HUNT_GROUP:
                return _box(Kind.HUNT_GROUP, to.target)
            case To.EXTENSION:
                return self._phone(to.target)
            case To.OUTSIDE:
                return self._number(to.target, self._plan.outside(to.target))
            case To.DIAL:
                return self._number(to.target, self._plan.dialled(to.target))
            case To.REPLAY | To.PREVIOUS_MENU | To.HANG_UP | To.BUSY | To.PLAY:
                return ""

    def _number(self, written: str, found: Service | OutsideNumber | None) -> str:
        if isinstance(found, Service):
            kind = Kind(found.kind.value)
            return self._phone(found.id) if kind is Kind.EXTENSION else _box(kind, found.id)
        return self._end(Kind.OUTSIDE, found.text if found else written)

    def _phone(self, extension: str) -> str:
        return self._end(Kind.EXTENSION, extension)

    def _end(self, kind: Kind, line: str) -> str:
        name = _box(kind, line)
        self._ends.setdefault(name, Box(name, kind, self._voice.line(line)))
        return name
