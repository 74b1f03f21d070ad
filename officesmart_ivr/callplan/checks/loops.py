"""Ways that never end.

The limit on a call's steps cuts every loop in the end; a plan that needs it is wrong all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from officesmart_ivr.callplan.checks.subject import NEED_A_MENU, Subject
from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Path

Spot = tuple[str, str]
"""Where a call waits: a multiselection and its menu, or, with an empty menu, a disabled multiselection."""

_CALLERS = {"no_input": "presses nothing", "invalid": "presses only keys without a meaning"}
"""The callers who choose nothing: the part of a menu that moves each of them on, and who they are."""

_SHOWN = 8
"""Spots of a circle that a message names."""


def endless_loop(subject: Subject) -> Iterator[Finding]:
    """A caller who chooses nothing is led in a circle, by menus or by disabled multiselections.

    Two callers are followed through the plan: one who never presses a key (each menu's ``no_input.then``),
    one who only presses keys without a meaning (``invalid.then``). For such a caller each menu has one way
    on: to another menu or multiselection, back to itself (``replay``, ``play``), back to the menu before
    (``previous_menu``; at the first menu, itself), or an end. A disabled multiselection moves everybody on.
    So the plan is a graph with at most one edge from each spot, and an endless way is a circle in it.

    ``previous_menu`` is an edge only where the same caller was led in from a menu: a caller who chose the
    menu by a key goes back once, which ends. Ringing a phone ends a way, too: each round asks a person anew.
    """
    reported: set[frozenset[Spot]] = set()
    for part, who in _CALLERS.items():
        for circle in _circles(_moves(subject, part)):
            if frozenset(circle) not in reported:
                reported.add(frozenset(circle))
                yield _finding(subject, circle, part, who)


def _moves(subject: Subject, part: str) -> Mapping[Spot, Spot]:
    """Return where each spot moves a caller who chooses nothing; a spot that ends the call is left out."""
    moves: dict[Spot, Spot] = {}
    going_back: list[Spot] = []
    plan = subject.plan
    for spot, destination in _ways_on(plan, part):
        if destination.kind is To.PREVIOUS_MENU:
            going_back.append(spot)
        elif following := _arrival(subject, spot, destination):
            moves[spot] = following
    first_menus = {_entrance(plan, name) for name in plan.multiselections}
    came_from = {following: spot for spot, following in moves.items()}
    for spot in going_back:
        if spot in first_menus:
            moves[spot] = spot
        elif spot in came_from:
            moves[spot] = came_from[spot]
    return moves


def _ways_on(plan: CallPlan, part: str) -> Iterator[tuple[Spot, Destination]]:
    for name, multiselection in plan.multiselections.items():
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
            return _entrance(subject.plan, reached) if reached else None


def _entrance(plan: CallPlan, name: str) -> Spot | None:
    """Return where a call to a multiselection begins, None if it is refused."""
    multiselection = plan.multiselections.get(name)
    if multiselection is None:
        return None
    if not multiselection.enabled:
        return name, ""
    otherwise = multiselection.week.otherwise
    return (name, otherwise.menu) if otherwise else None


def _circles(moves: Mapping[Spot, Spot]) -> Iterator[list[Spot]]:
    """Yield each circle once. Every spot is walked over once, so this is linear."""
    done: set[Spot] = set()
    for start in moves:
        walk: dict[Spot, int] = {}
        spot = start
        while spot in moves and spot not in done and spot not in walk:
            walk[spot] = len(walk)
            spot = moves[spot]
        done |= walk.keys()
        if spot in walk:
            yield list(walk)[walk[spot] :]


def _finding(subject: Subject, circle: list[Spot], part: str, who: str) -> Finding:
    name, menu = circle[0]
    path: Path = ("multiselections", name, "when_disabled")
    if menu:
        path = ("multiselections", name, "menus", menu, part, "then")
    led = f"a caller who {who} goes" if any(menu for _, menu in circle) else "calls go"
    shown = [f"{name}/{menu}" if menu else f"{name} (disabled)" for name, menu in [*circle, circle[0]]]
    if len(shown) > _SHOWN:
        shown[_SHOWN - 1 : -1] = ["..."]
    way = " -> ".join(shown)
    return subject.finding(Code.ENDLESS_LOOP, path, f"{led} in a circle: {way}")
