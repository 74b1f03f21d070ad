"""Ways that never end.

The limit on a call's steps cuts every loop in the end; a plan that needs it is wrong all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from officesmart_ivr.callplan.checks.entrances import Choice, choices_together
from officesmart_ivr.callplan.checks.subject import NEED_A_MENU, Subject
from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.messages import Message, joined, say, template

Spot = tuple[str, str]
"""Where a call is: a multiselection and its menu, or, with an empty menu, at the door of a multiselection."""

Moves = Mapping[Spot, Sequence[Spot]]

_CALLERS = {
    "no_input": template("a caller who presses nothing goes in a circle: {way}; let one of them end"),
    "invalid": template(
        "a caller who presses only keys without a meaning goes in a circle: {way}; let one of them end"
    ),
}
"""The callers who choose nothing: the part of a menu that moves each of them on, and what is told of them."""

_MOST_WORK = 100_000
"""Spots that are looked at, for each combination of choices anew: a check stays fast, whatever the plan."""

_SHOWN = 8
"""Spots of a circle that a message names."""


def endless_loop(subject: Subject) -> Iterator[Finding]:
    """A caller who chooses nothing is led in a circle, by menus or by disabled multiselections.

    Two callers are followed through the plan: one who never presses a key (each menu's ``no_input.then``),
    one who only presses keys without a meaning (``invalid.then``). For such a caller each menu has one way
    on: to another menu, to the door of a multiselection, back to itself (``replay``, ``play``), back to the
    menu before (``previous_menu``; at the first menu, itself), or an end. From the door of a multiselection
    that is disabled one way leads on, for everybody; from one that is enabled, a way to each menu that its
    week may choose.

    A circle passes each door once, so it needs one choice of each week on it. Where several of these weeks
    have a choice, the circle is real only if they choose so at the same time: a night menu here may lead
    there, and the day menu there lead here, without harm.

    ``previous_menu`` is a way only where the same caller was led in from a menu: a caller who chose the
    menu by a key goes back once, which ends. Ringing a phone ends a way, too: each round asks a person anew.
    """
    plan = subject.plan
    reported: set[frozenset[Spot]] = set()
    every: Choice = {name: _entrances(plan, name) for name in plan.multiselections}
    for part in _CALLERS:
        for circle in _real_circles(subject, part, every):
            if frozenset(circle) not in reported:
                reported.add(frozenset(circle))
                yield _finding(subject, circle, part)


def _real_circles(subject: Subject, part: str, every: Choice) -> Iterator[list[Spot]]:
    moves = _moves(subject, part, every)
    looked_through: set[Spot] = set()
    for circle in _circles(moves):
        if len(_with_a_choice(subject.plan, circle, every)) < 2:
            yield circle
        elif circle[0] not in looked_through:
            around = _around(moves, circle[0])
            looked_through |= around
            names = sorted({name for name, _ in around})
            combinations = choices_together(subject, _with_a_choice(subject.plan, around, every))
            for choice in islice(combinations, max(1, _MOST_WORK // len(around))):
                narrowed = _moves(subject, part, {name: choice.get(name, every[name]) for name in names})
                yield from _circles({spot: narrowed[spot] for spot in narrowed if spot in around})


def _with_a_choice(plan: CallPlan, spots: Iterable[Spot], every: Choice) -> list[str]:
    """Return those of the doors among these spots that lead to several menus, or at times to none."""
    doors = [name for name, menu in spots if not menu and every[name]]
    weeks = {name: plan.multiselections[name].week for name in doors}
    return sorted(name for name in doors if len(every[name]) > 1 or weeks[name].otherwise is None)


def _moves(subject: Subject, part: str, entrances: Choice) -> Moves:
    """Return where each spot moves a caller who chooses nothing; a spot that ends the call is left out.

    Looks at the multiselections that ``entrances`` names.
    """
    moves: defaultdict[Spot, list[Spot]] = defaultdict(list)
    going_back: list[Spot] = []
    plan = subject.plan
    for spot, destination in _ways_on(plan, entrances, part):
        if destination.kind is To.PREVIOUS_MENU:
            going_back.append(spot)
        elif following := _arrival(subject, spot, destination):
            moves[spot].append(following)
    first_menus = {(name, menu) for name, menus in entrances.items() for menu in menus}
    came_from: defaultdict[Spot, list[Spot]] = defaultdict(list)
    for spot, following_spots in moves.items():
        for following in following_spots:
            came_from[following].append(spot)
    for spot in going_back:
        before = [spot] if spot in first_menus else came_from[spot]
        if before:
            moves[spot] += before
    for name, menus in entrances.items():
        if menus:
            moves[name, ""] += [(name, menu) for menu in menus]
    return moves


def _ways_on(plan: CallPlan, names: Iterable[str], part: str) -> Iterator[tuple[Spot, Destination]]:
    for name, multiselection in ((name, plan.multiselections[name]) for name in names):
        forward = multiselection.when_disabled
        # What is played for a multiselection that is off has no menu to come back to: the call ends after it.
        if not multiselection.enabled and forward is not None and forward.kind not in (*NEED_A_MENU, To.PLAY):
            yield (name, ""), forward
        for menu_name, menu in multiselection.menus.items():
            behaviour = menu.no_input if part == "no_input" else menu.invalid
            yield (name, menu_name), behaviour.then


def _arrival(subject: Subject, spot: Spot, destination: Destination) -> Spot | None:
    match destination.kind:
        case To.REPLAY | To.PLAY:
            return spot
        case To.MENU:
            return spot[0], destination.target
        case _:
            reached = subject.multiselection_reached(destination)
            return (reached, "") if reached and reached in subject.plan.multiselections else None


def _entrances(plan: CallPlan, name: str) -> Sequence[str]:
    """Return the menus with which a call to a multiselection may begin."""
    multiselection = plan.multiselections[name]
    return multiselection.week.menus() if multiselection.enabled else ()


def _circles(moves: Moves) -> Iterator[list[Spot]]:
    """Yield a circle for each way that closes one, at least one wherever there are any.

    Every way is followed once, so this is linear.
    """
    done: set[Spot] = set()
    for start in moves:
        if start in done:
            continue
        # The spots on the way from the start to here, and for each the ways not yet followed.
        trail: dict[Spot, Iterator[Spot]] = {start: iter(moves[start])}
        while trail:
            here = next(reversed(trail))
            following = next(trail[here], None)
            if following is None:
                done.add(here)
                del trail[here]
            elif following in trail:
                spots = list(trail)
                yield spots[spots.index(following) :]
            elif following in moves and following not in done:
                trail[following] = iter(moves[following])


def _around(moves: Moves, spot: Spot) -> set[Spot]:
    """Return the spots that can be reached from a spot and lead back to it."""
    backwards: defaultdict[Spot, list[Spot]] = defaultdict(list)
    for before, following_spots in moves.items():
        for following in following_spots:
            backwards[following].append(before)
    return _reached(moves, spot) & _reached(backwards, spot)


def _reached(moves: Moves, start: Spot) -> set[Spot]:
    reached, ahead = {start}, [start]
    while ahead:
        for following in moves.get(ahead.pop(), ()):
            if following not in reached:
                reached.add(following)
                ahead.append(following)
    return reached


def _finding(subject: Subject, circle: list[Spot], part: str) -> Finding:
    # The door of what is enabled is no place where a call could be met; nor does a way begin there.
    plan = subject.plan
    places = [spot for spot in circle if spot[1] or not plan.multiselections[spot[0]].enabled]
    name, menu = places[0]
    path: Path = ("multiselections", name, "when_disabled")
    if menu:
        path = ("multiselections", name, "menus", menu, part, "then")
    shown = [
        f"{name}/{menu}" if menu else say("{name} (disabled)", name=name)
        for name, menu in [*places, places[0]]
    ]
    if len(shown) > _SHOWN:
        shown[_SHOWN - 1 : -1] = ["..."]
    way = joined(" -> ", shown)
    if not any(menu for _, menu in places):
        message = say("calls go in a circle: {way}; let one of them end", way=way)
    else:
        message = Message(_CALLERS[part], {"way": way})
    return subject.finding(Code.ENDLESS_LOOP, path, message)
