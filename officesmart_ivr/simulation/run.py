"""Simulations from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.simulation.call import SimulatedCall
from officesmart_ivr.simulation.office import Office
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result

BETWEEN_SECONDS = 1.0
"""How long after the end of a call the next one begins."""


def simulate(
    plan: PreparedPlan, requests: Sequence[Request], seconds: Callable[[str], float] = lambda _: 1.0
) -> list[Result]:
    """Make calls one after the other in one office, and return what became of each.

    What the office remembers (whom groups have offered a call last, since when lines are idle) carries over
    from call to call. ``seconds`` tells how long an announcement lasts, by its id.
    There is at least one request.
    """
    return make_calls(Office(plan, seconds, requests[0].at), requests)


def make_calls(office: Office, requests: Sequence[Request]) -> list[Result]:
    """Make calls one after the other in an office, and return what became of each, when all are over."""
    return [call.result() for call in complete(office, requests)]


def complete(office: Office, requests: Sequence[Request]) -> list[SimulatedCall]:
    """Make calls one after the other in an office, and return them when all are over."""
    calls: list[SimulatedCall] = []
    for request in requests:
        if calls:
            _run(office, _settled(calls[-1]) if request.overlaps else _over(calls[-1]))
            _pass_time(office, request.at)
        office.arrange(request.members, request.overrides)
        call = SimulatedCall(office, request)
        calls.append(call)
        call.arrive()
    for call in calls:
        _run(office, _over(call))
    return calls


def _run(office: Office, until: Callable[[], bool]) -> None:
    while not until():
        if not office.clock.tick():
            raise RuntimeError("a simulated call waits for something that never happens")


def _settled(call: SimulatedCall) -> Callable[[], bool]:
    return lambda: call.has_settled


def _over(call: SimulatedCall) -> Callable[[], bool]:
    return lambda: call.is_over


def _pass_time(office: Office, until: datetime) -> None:
    """Let what is due happen until a moment, but for a while at least."""
    passed: list[bool] = []
    wait = (until - office.clock.now()).total_seconds()
    office.clock.later(max(BETWEEN_SECONDS, wait), lambda: passed.append(True))
    _run(office, lambda: bool(passed))
