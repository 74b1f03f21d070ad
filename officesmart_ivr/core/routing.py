"""From a number or a destination to the next state of the call."""

from __future__ import annotations

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core import menu, transfer
from officesmart_ivr.core.effects import Cause, Tone
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import Service, ServiceKind
from officesmart_ivr.core.state import Announcing, End, Next, Outcome, State
from officesmart_ivr.core.turn import Turn
from officesmart_ivr.core.week import period_at

BUSY_TONE_SECONDS = 4.0

_UNKNOWN_NUMBER = End(Outcome.REFUSED, Cause.UNALLOCATED)
_BUSY = End(Outcome.BUSY, Cause.BUSY)
_LIMIT = End(Outcome.LIMIT, Cause.NORMAL)


def route(turn: Turn) -> Next:
    """Find the owner of the dialled number and begin there.

    A number that does not exist is announced as early media, so that nobody pays for it, and released with
    cause 1 (ITU-T Q.850), which SIP phones see as 404.
    """
    caller = turn.caller
    turn.note(
        Fact.ARRIVED,
        number=caller.dialled,
        caller=caller.number,
        origin=caller.origin,
        endpoint=caller.endpoint,
    )
    service = turn.plan.service(caller.dialled)
    if service is None:
        turn.note(Fact.UNKNOWN_NUMBER, number=caller.dialled)
        prompt = turn.play("unknown-number")
        return Announcing(turn.journey(), prompt, _UNKNOWN_NUMBER)
    return _enter_service(turn, service)


def settle(turn: Turn, following: Next) -> State:
    """Follow destinations until the call comes to rest in a state."""
    while isinstance(following, Destination):
        following = _go(turn, following)
    return following


def _go(turn: Turn, destination: Destination) -> Next:
    """Take the call to a destination of the plan, after the announcement that it may have.

    Every move counts towards the plan's ``limits.steps``: a call that goes in circles hears an apology and
    is released.
    """
    if destination.announcement is not None:
        turn.answer()
        prompt = turn.play(destination.announcement)
        return Announcing(turn.journey(), prompt, destination.model_copy(update={"announcement": None}))
    turn.steps += 1
    limit = turn.plan.plan.limits.steps
    if turn.steps > limit:
        turn.note(Fact.TOO_MANY_STEPS, steps=str(limit))
        turn.answer()
        return Announcing(turn.journey(), turn.play("too-many-steps"), _LIMIT)
    turn.note(Fact.GOES_TO, destination=str(destination))
    return _arrive(turn, destination)


def _arrive(turn: Turn, destination: Destination) -> Next:
    match destination.kind:
        case To.REPLAY | To.PREVIOUS_MENU if not turn.trail:
            # Nothing to go back to, as after the announcement of a switched-off multiselection.
            return turn.end(Outcome.HANG_UP, Cause.NORMAL)
        case To.REPLAY:
            return menu.enter(turn)
        case To.PREVIOUS_MENU:
            turn.trail = turn.trail[:-1] or turn.trail
            return menu.enter(turn)
        case To.MENU:
            turn.trail = (*turn.trail, destination.target)
            return menu.enter(turn)
        case To.PLAY:
            turn.answer()
            prompt = turn.play(destination.target)
            return Announcing(turn.journey(), prompt, Destination(kind=To.REPLAY))
        case To.MULTISELECTION:
            return _enter_multiselection(turn, destination.target)
        case To.EXTENSION:
            return transfer.ring(turn, destination.target)
        case To.DIAL:
            return _dial(turn, destination.target)
        case To.BUSY:
            return _busy(turn)
        case To.HANG_UP:
            return turn.end(Outcome.HANG_UP, Cause.NORMAL)
        case To.OUTSIDE | To.HUNT_GROUP:
            return _not_allowed(turn, destination.target)


def _dial(turn: Turn, number: str) -> Next:
    """Go where a phone of the office would get with this number."""
    service = turn.plan.service(number)
    return _not_allowed(turn, number) if service is None else _enter_service(turn, service)


def _not_allowed(turn: Turn, number: str) -> Next:
    turn.note(Fact.NOT_ALLOWED, number=number)
    return transfer.failed(turn, Outcome.REFUSED, Cause.REJECTED, "not-allowed")


def _enter_service(turn: Turn, service: Service) -> Next:
    match service.kind:
        case ServiceKind.MULTISELECTION:
            return _enter_multiselection(turn, service.id)
        case ServiceKind.EXTENSION:
            return transfer.ring(turn, service.id)


def _enter_multiselection(turn: Turn, name: str) -> Next:
    """Choose by precedence: switched off, then the week."""
    multiselection = turn.plan.multiselection(name)
    turn.multiselection, turn.trail = name, ()
    turn.note(Fact.MULTISELECTION, multiselection=name)
    if not multiselection.enabled:
        turn.note(Fact.DISABLED, multiselection=name)
        if multiselection.when_disabled is None:
            return turn.end(Outcome.REFUSED, Cause.REJECTED)
        return multiselection.when_disabled
    period = period_at(multiselection.week, turn.now)
    if period is None:
        turn.note(Fact.NO_PERIOD, multiselection=name)
        return turn.end(Outcome.REFUSED, Cause.REJECTED)
    turn.note(Fact.PERIOD, period=period.name, menu=period.menu)
    turn.trail = (period.menu,)
    return menu.enter(turn)


def _busy(turn: Turn) -> State:
    """Tell the caller that it is busy: by the cause before the answer, by the tone after it."""
    if not turn.answered:
        return turn.end(_BUSY.outcome, _BUSY.cause)
    prompt = turn.play_tone(Tone.BUSY)
    timer = turn.start_timer(BUSY_TONE_SECONDS)
    return Announcing(turn.journey(), prompt, _BUSY, timer)
