"""From a number or a destination to the next state of the call."""

from __future__ import annotations

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core import hunting, menu, service_codes, transfer
from officesmart_ivr.core.effects import Cause, Tone
from officesmart_ivr.core.events import NothingRings
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.numbers import Kind, OutsideNumber
from officesmart_ivr.core.outside import Reason, caller_id
from officesmart_ivr.core.overrides import Override, override_at, period_at
from officesmart_ivr.core.prepared import Service, ServiceKind
from officesmart_ivr.core.state import Announcing, End, HuntOn, Next, Origin, Outcome, PickingUp, State
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget
from officesmart_ivr.core.turn import Turn

BUSY_TONE_SECONDS = 4.0

_UNKNOWN_NUMBER = End(Outcome.REFUSED, Cause.UNALLOCATED)
_NOT_ALLOWED = End(Outcome.REFUSED, Cause.REJECTED)
_BUSY = End(Outcome.BUSY, Cause.BUSY)
_LIMIT = End(Outcome.LIMIT, Cause.NORMAL)

_WHY_REFUSED = {
    Reason.NOT_LISTED: Fact.NOT_ALLOWED,
    Reason.DENIED: Fact.DENIED,
    Reason.PREMIUM: Fact.PREMIUM,
}


def route(turn: Turn) -> Next:
    """Find the owner of the dialled number and begin there; a phone's call may also go outside.

    A number that does not exist is released with cause 1 (ITU-T Q.850), which SIP phones see as 404; one
    that may not be called with 21, seen as 403.
    """
    caller = turn.caller
    turn.note(
        Fact.ARRIVED,
        number=caller.dialled,
        caller=caller.number,
        origin=caller.origin,
        endpoint=caller.endpoint,
    )
    if caller.origin is Origin.PHONE:
        return service_codes.serve(turn, caller.dialled) or dial(turn, caller.dialled)
    # Only the plan's own destinations lead from a trunk to the outside, never what the caller dialled.
    return _reach(turn, caller.dialled, turn.plan.received(caller.dialled))


def settle(turn: Turn, following: Next) -> State:
    """Follow destinations until the call comes to rest in a state."""
    while not isinstance(following, State):
        if isinstance(following, HuntOn):
            following = hunting.hunt_on(turn, following)
        else:
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
            return menu.enter(turn, again=True)
        case To.PREVIOUS_MENU:
            is_first = len(turn.trail) == 1
            turn.trail = turn.trail[:-1] or turn.trail
            return menu.enter(turn, again=is_first)
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
            return transfer.ring(turn, PhoneTarget(destination.target))
        case To.DIAL:
            return dial(turn, destination.target)
        case To.BUSY:
            return _busy(turn)
        case To.HANG_UP:
            return turn.end(Outcome.HANG_UP, Cause.NORMAL)
        case To.OUTSIDE:
            return _reach(turn, destination.target, turn.plan.outside(destination.target))
        case To.HUNT_GROUP:
            return hunting.hunt(turn, destination.target)


def nothing_rings(turn: Turn, state: PickingUp, event: NothingRings) -> Next:
    """Tell the phone that there is nothing to pick up, and release it."""
    turn.note(Fact.NOTHING_RINGS)
    return _refused(turn, _NOT_ALLOWED, "not-allowed")


def dial(turn: Turn, number: str) -> Next:
    """Go where a phone of the office gets with this number."""
    return _reach(turn, number, turn.plan.dialled(number))


def _reach(turn: Turn, dialled: str, found: Service | OutsideNumber | None) -> Next:
    match found:
        case None:
            turn.note(Fact.UNKNOWN_NUMBER, number=dialled)
            return _refused(turn, _UNKNOWN_NUMBER, "unknown-number")
        case Service():
            return _enter_service(turn, found)
        case OutsideNumber():
            return _call_outside(turn, found)


def _call_outside(turn: Turn, number: OutsideNumber) -> Next:
    """Call a number outside if the plan's policy allows it and there is a trunk."""
    decision = turn.plan.policy.decide(number)
    outside_calls = turn.plan.plan.outside_calls
    if decision.allowed and outside_calls is not None:
        shown = caller_id(turn.plan.plan, _site(turn))
        is_emergency = number.kind is Kind.EMERGENCY
        target = OutsideTarget(number.text, outside_calls.trunk, shown, is_emergency)
        return transfer.ring(turn, target)
    why = _WHY_REFUSED[decision.reason] if outside_calls else Fact.NO_TRUNK
    entry = {"prefix": decision.prefix} if decision.prefix else {}
    turn.note(why, number=number.text, **entry)
    return _refused(turn, _NOT_ALLOWED, "not-allowed")


def _site(turn: Turn) -> str | None:
    """Return the site for which the call goes out.

    That is the site of the phone that transfers the call, else of the one that calls, else that of the
    multiselection.
    """
    if turn.sent_by or turn.caller.origin is Origin.PHONE:
        return turn.plan.site_of(turn.sent_by or turn.caller.endpoint)
    return turn.plan.multiselection(turn.multiselection).site if turn.multiselection else None


def _refused(turn: Turn, end: End, announcement: str) -> Next:
    """Say why the call goes no further: back at the menu if there is one, else before it is released.

    Before the answer the announcement is early media, so that nobody pays for it. Of a transfer that goes no
    further the phone hears that transferred the call: it is rung again.
    """
    if turn.trail or turn.sent_by:
        return transfer.failed(turn, end.outcome, end.cause, announcement)
    return Announcing(turn.journey(), turn.play(announcement), end)


def _enter_service(turn: Turn, service: Service) -> Next:
    match service.kind:
        case ServiceKind.MULTISELECTION:
            return _enter_multiselection(turn, service.id)
        case ServiceKind.EXTENSION:
            return transfer.ring(turn, PhoneTarget(service.id))
        case ServiceKind.HUNT_GROUP:
            return hunting.hunt(turn, service.id)


def _enter_multiselection(turn: Turn, name: str) -> Next:
    """Choose by precedence: switched off, then the manual override, then the week."""
    multiselection = turn.plan.multiselection(name)
    turn.multiselection, turn.trail, turn.sent_by = name, (), ""
    turn.note(Fact.MULTISELECTION, multiselection=name)
    if not multiselection.enabled:
        turn.note(Fact.DISABLED, multiselection=name)
        if multiselection.when_disabled is None:
            return turn.end(Outcome.REFUSED, Cause.REJECTED)
        return multiselection.when_disabled
    override = override_at(turn.overrides, name, turn.now)
    if override is not None:
        _note_override(turn, override)
    period = period_at(turn.plan, name, turn.now, override)
    if period is None:
        turn.note(Fact.NO_PERIOD, multiselection=name)
        return turn.end(Outcome.REFUSED, Cause.REJECTED)
    turn.note(Fact.PERIOD, period=period.name, menu=period.menu)
    turn.trail = (period.menu,)
    return menu.enter(turn)


def _note_override(turn: Turn, override: Override) -> None:
    """Tell of the manual override that holds; the plan of the call may have no such menu."""
    name = turn.multiselection
    if override.menu not in turn.plan.multiselection(name).menus:
        turn.note(Fact.OVERRIDE_IGNORED, multiselection=name, menu=override.menu)
        return
    until = override.until.isoformat() if override.until else ""
    turn.note(Fact.OVERRIDDEN, by=override.by, since=override.set_at.isoformat(), until=until)


def _busy(turn: Turn) -> State:
    """Tell the caller that it is busy: by the cause before the answer, by the tone after it."""
    if not turn.answered:
        return turn.end(_BUSY.outcome, _BUSY.cause)
    prompt = turn.play_tone(Tone.BUSY)
    timer = turn.start_timer(BUSY_TONE_SECONDS)
    return Announcing(turn.journey(), prompt, _BUSY, timer)
