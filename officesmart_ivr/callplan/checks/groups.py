"""Hunt groups: who is in them, how they are reached, and the strategy."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.numbers import owner
from officesmart_ivr.callplan.checks.outside import not_callable
from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.core.groups import line_of
from officesmart_ivr.core.numbers import OutsideNumber, is_emergency
from officesmart_ivr.core.prepared import Service
from officesmart_ivr.messages import Message, quoted, say


def unknown_strategy(subject: Subject) -> Iterator[Finding]:
    """No strategy has this name, neither of the shipped ones nor of those that packages add."""
    known = ", ".join(subject.strategies)
    for name, group in subject.plan.hunt_groups.items():
        if group.strategy not in subject.strategies:
            message = say(
                "there is no strategy {name}{hint}; there are {known}",
                name=quoted(group.strategy),
                hint=did_you_mean(group.strategy, subject.strategies.keys()),
                known=known,
            )
            yield subject.finding(Code.UNKNOWN_STRATEGY, ("hunt_groups", name, "strategy"), message)


def duplicate_member(subject: Subject) -> Iterator[Finding]:
    """Two members of a group are the same line, perhaps in two spellings of its number."""
    for name, group in subject.plan.hunt_groups.items():
        lines: dict[str, int] = {}
        for index, member in enumerate(group.members):
            line = line_of(member, subject.plan.company.country)
            first = lines.setdefault(line, index)
            if first != index:
                place = subject.positions.of_key(("hunt_groups", name, "members", first))
                message = say(
                    "{line} is a member of {group} already, at {place}; remove one",
                    line=line,
                    group=quoted(name),
                    place=place,
                )
                yield subject.finding(Code.DUPLICATE_MEMBER, ("hunt_groups", name, "members", index), message)


def menu_without_multiselection(subject: Subject) -> Iterator[Finding]:
    """A group leads to a menu. Menus belong to a multiselection, and the call may have been in none."""
    for way in subject.ways:
        if way.hunt_group and way.destination.kind is To.MENU:
            message = say(
                "a menu belongs to a multiselection: lead there, with {{multiselection: NAME}}, or 'replay'"
            )
            yield subject.finding(Code.BAD_VALUE, way.target_path, message)


def unfit_outside_member(subject: Subject) -> Iterator[Finding]:
    """A member outside that is no number outside: impossible, the office's own, or an emergency number."""
    for name, group in subject.plan.hunt_groups.items():
        for index, member in enumerate(group.members):
            if member.outside is not None:
                problem = _problem(subject, member.outside)
                if problem is not None:
                    path: Path = ("hunt_groups", name, "members", index, "outside")
                    yield subject.finding(Code.BAD_VALUE, path, problem)


def _problem(subject: Subject, number: str) -> Message | None:
    country = subject.plan.company.country
    if is_emergency(number, country):
        return say(
            "{number} calls the emergency services, who are nobody's colleagues; remove it", number=number
        )
    match subject.prepared.outside(number):
        case None:
            return not_callable(number, country)
        case Service(kind=kind, id=name):
            return say(
                "{number} is the office's own, {owner} has it: a group cannot ring it",
                number=number,
                owner=owner(kind, name),
            )
        case OutsideNumber():
            return None


def dead_group(subject: Subject) -> Iterator[Finding]:
    """Nobody in a group is enabled."""
    for name, group in subject.plan.hunt_groups.items():
        if not any(member.enabled for member in group.members):
            message = say(
                "no member of {group} is enabled: nobody takes its calls; enable or add one",
                group=quoted(name),
            )
            yield subject.finding_at_key(Code.DEAD_GROUP, ("hunt_groups", name), message)


def circular_without_direct_calls(subject: Subject) -> Iterator[Finding]:
    """Circular differs from linear only in calls to a member's own number, and these are not hunted on."""
    for name, group in subject.plan.hunt_groups.items():
        if group.strategy == "circular" and not group.hunt_direct_calls:
            message = say(
                "'circular' is as 'linear' without 'hunt_direct_calls: true'; "
                "for calls in turns use 'uniform_sequential'"
            )
            path: Path = ("hunt_groups", name, "strategy")
            yield subject.finding(Code.CIRCULAR_WITHOUT_DIRECT_CALLS, path, message)


def ambiguous_direct_calls(subject: Subject) -> Iterator[Finding]:
    """Two groups would hunt on when a line cannot take a call to its own number; only the first one does."""
    hunts = subject.prepared.direct_hunts
    for name, group in subject.plan.hunt_groups.items():
        for index, member in enumerate(group.members):
            hunter = hunts.get(member.extension or "", name)
            if group.hunt_direct_calls and member.enabled and hunter != name:
                message = say(
                    "calls to {extension} itself are hunted on by {group}, not by this group; let only one "
                    "of them have 'hunt_direct_calls'",
                    extension=member.extension,
                    group=quoted(hunter),
                )
                path: Path = ("hunt_groups", name, "members", index)
                yield subject.finding(Code.AMBIGUOUS_DIRECT_CALLS, path, message)


def unreachable_group(subject: Subject) -> Iterator[Finding]:
    """No number, no destination and no member's own number leads to a group."""
    reached = {subject.hunt_group_reached(way.destination) for way in subject.ways}
    for name, group in subject.plan.hunt_groups.items():
        if not group.numbers and not group.hunt_direct_calls and name not in reached:
            message = say(
                "nothing leads to the hunt group {group}, and it has no numbers; give it one",
                group=quoted(name),
            )
            yield subject.finding_at_key(Code.UNREACHABLE_GROUP, ("hunt_groups", name), message)
