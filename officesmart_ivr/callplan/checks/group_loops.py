"""Ways that never end because phones are rung again and again, or nobody is there to be rung."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject, Way
from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.messages import say

_RINGS = (To.EXTENSION, To.OUTSIDE, To.DIAL)

_EXITS = 3
"""The ways out of a group; one that is not written makes the call a failed transfer."""

_SHOWN = 8
"""Places of a circle that a message names."""


def endless_hunting(subject: Subject) -> Iterator[Finding]:
    """Groups that nobody takes a call in lead it round in a circle, also by way of what is switched off.

    Any circle of exits is one: a caller may find one group busy, and the next one without an answer. A menu
    on the way ends it, for there the caller chooses; silent callers who meet a group are treated as those who
    meet a phone (:func:`officesmart_ivr.callplan.checks.loops.endless_loop`): people are asked.
    """
    done: set[str] = set()
    for start in subject.plan.hunt_groups:
        if start in done:
            continue
        # The groups on the way from the start to here, and for each the exits not yet followed.
        trail: dict[str, Iterator[tuple[Way, str]]] = {start: _following(subject, start)}
        while trail:
            here = next(reversed(trail))
            step = next(trail[here], None)
            if step is None:
                done.add(here)
                del trail[here]
                continue
            way, group = step
            if group in trail:
                groups = list(trail)
                yield _circle(subject, way, groups[groups.index(group) :])
            elif group not in done:
                trail[group] = _following(subject, group)


def endless_ringing(subject: Subject) -> Iterator[Finding]:
    """``when_transfer_fails`` rings a phone: when that fails too, the menu's only answer is to ring it again.

    So it is with a group that leads back to the menu, or on to a phone. A number that is dialled may also be
    a multiselection's, which has an end of its own.
    """
    for way in subject.ways:
        if way.path[-1] == "when_transfer_fails" and _may_fail(subject, way.destination):
            message = say(
                "{target} would ring again and again while nobody answers; lead to a menu, or hang_up",
                target=way.destination.target,
            )
            yield subject.finding(Code.ENDLESS_LOOP, way.target_path, message)


def _following(subject: Subject, group: str) -> Iterator[tuple[Way, str]]:
    """Yield the groups that a call comes to from a group, and the exit that leads to each."""
    for way in subject.exits(group):
        following = subject.hunt_group_reached(_forwarded(subject, way.destination))
        if following is not None and following in subject.plan.hunt_groups:
            yield way, following


def _forwarded(subject: Subject, destination: Destination) -> Destination:
    """Follow multiselections that are switched off to where they lead in the end."""
    seen: set[str] = set()
    while name := subject.multiselection_reached(destination):
        multiselection = subject.plan.multiselections.get(name)
        if multiselection is None or multiselection.enabled or name in seen:
            break
        if multiselection.when_disabled is None:
            break
        seen.add(name)
        destination = multiselection.when_disabled
    return destination


def _may_fail(subject: Subject, destination: Destination) -> bool:
    """Say whether a call that is led here may find nobody, and come back as a failed transfer."""
    ahead, seen = [destination], set[str]()
    while ahead:
        destination = _forwarded(subject, ahead.pop())
        group = subject.hunt_group_reached(destination)
        if group is None:
            if destination.kind in _RINGS and subject.multiselection_reached(destination) is None:
                return True
        elif group in subject.plan.hunt_groups and group not in seen:
            seen.add(group)
            exits = [way.destination for way in subject.exits(group)]
            if len(exits) < _EXITS:
                return True
            ahead += exits
    return False


def _circle(subject: Subject, way: Way, groups: list[str]) -> Finding:
    shown = [*groups, groups[0]]
    if len(shown) > _SHOWN:
        shown[_SHOWN - 1 : -1] = ["..."]
    message = say(
        "a call that nobody takes goes in a circle of hunt groups: {way}; let one end", way=" -> ".join(shown)
    )
    return subject.finding(Code.ENDLESS_LOOP, way.target_path, message)
