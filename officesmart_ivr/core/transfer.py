"""Ringing a phone or an outside number for the caller, talking, and what follows when nobody is reached."""

from __future__ import annotations

from officesmart_ivr.core.effects import CancelLeg, Cause, Connect, RingLeg, StartRinging, StopRinging
from officesmart_ivr.core.events import LegAnswered, LegEnded, LegOutcome, LegRinging, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import HuntOn, Next, Outcome, Ringing, State, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target
from officesmart_ivr.core.turn import Turn

RELEASE = {
    LegOutcome.BUSY: (Outcome.BUSY, Cause.BUSY),
    LegOutcome.REJECTED: (Outcome.BUSY, Cause.REJECTED),
    LegOutcome.NO_ANSWER: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
    LegOutcome.UNREACHABLE: (Outcome.UNREACHABLE, Cause.SUBSCRIBER_ABSENT),
    LegOutcome.DO_NOT_DISTURB: (Outcome.BUSY, Cause.BUSY),
    LegOutcome.HUNG_UP: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
}
"""How a call that has no menu to return to is released."""

_PASSED_ON = {int(cause): cause for cause in (Cause.UNALLOCATED, Cause.NO_CIRCUIT)}
"""Causes of the outside world that say more than the outcome: a wrong number, no line."""

_CANNOT_TAKE_IT = frozenset({LegOutcome.BUSY, LegOutcome.UNREACHABLE, LegOutcome.DO_NOT_DISTURB})
"""Outcomes of a call to a member's own number after which its group hunts on, where the plan says so."""

OUTSIDE_RING_SECONDS = 60.0
"""How long an outside number is called. Carriers need some of it before it rings."""


def ring(turn: Turn, target: Target) -> State:
    """Ring a line, which may be called; the caller hears that it rings."""
    seconds = _ring_seconds(turn, target)
    note_ringing(turn, target, seconds)
    leg = turn.new_id("leg")
    turn.effects.append(RingLeg(leg, target, seconds))
    return wait_for(turn, leg, target)


def note_ringing(turn: Turn, target: Target, seconds: float) -> None:
    """Note that a line will be rung, for so long at most."""
    if isinstance(target, OutsideTarget):
        turn.note(
            Fact.CALLS_OUTSIDE,
            line=target.line,
            trunk=target.trunk,
            caller_id=target.caller_id or "-",
            seconds=f"{seconds:g}",
        )
    else:
        turn.note(Fact.RINGS, line=target.line, seconds=f"{seconds:g}")


def wait_for(turn: Turn, leg: str, target: Target) -> State:
    """Let the caller wait for a leg that is being rung; he hears that it rings."""
    turn.typed = ""
    turn.effects.append(StartRinging())
    timer = turn.start_timer(_ring_seconds(turn, target))
    return Ringing(turn.journey(), leg, timer, target)


def _ring_seconds(turn: Turn, target: Target) -> float:
    if isinstance(target, OutsideTarget):
        return OUTSIDE_RING_SECONDS
    extension = turn.plan.plan.extensions.get(target.extension)
    # A call with a later plan may have given us a line that ours does not know.
    return extension.ring_seconds if extension else OUTSIDE_RING_SECONDS


def leg_ringing(turn: Turn, state: Ringing, event: LegRinging) -> State:
    """Note that the phone really rings."""
    if event.leg != state.leg:
        turn.ignore(event)
    else:
        turn.note(Fact.RINGING, line=state.target.line)
    return state


def leg_answered(turn: Turn, state: Ringing, event: LegAnswered) -> State:
    """Let both talk."""
    if event.leg != state.leg:
        turn.ignore(event)
        return state
    turn.cancel_timer(state.timer)
    turn.effects.append(StopRinging())
    turn.answer()
    turn.effects.append(Connect(state.leg))
    turn.note(Fact.ANSWERED, line=state.target.line)
    turn.sent_by = ""
    return Talking(turn.journey(), state.leg, state.target)


def leg_ended_ringing(turn: Turn, state: Ringing, event: LegEnded) -> Next:
    """The phone was busy, rejected the call or could not be reached."""
    if event.leg != state.leg:
        turn.ignore(event)
        return state
    turn.cancel_timer(state.timer)
    if event.trunk_down and isinstance(state.target, OutsideTarget):
        turn.note(Fact.TRUNK_DOWN, trunk=state.target.trunk, state=event.trunk_down)
    return _not_reached(turn, state, event.outcome, event.cause)


def ring_time_over(turn: Turn, state: Ringing, event: TimerFired) -> Next:
    """Nobody answered in time."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    turn.effects.append(CancelLeg(state.leg, Cause.NO_ANSWER))
    return _not_reached(turn, state, LegOutcome.NO_ANSWER)


def leg_ended_talking(turn: Turn, state: Talking, event: LegEnded) -> Next:
    """The person called hung up: the caller is released too. Where the two were never joined, go on."""
    if event.leg != state.leg:
        turn.ignore(event)
        return state
    if event.outcome is not LegOutcome.HUNG_UP:
        return _go_on(turn, state.target, event.outcome, event.cause)
    turn.note(Fact.OTHER_LEFT, line=state.target.line)
    return turn.end(Outcome.CONNECTED, Cause.NORMAL)


def failed(turn: Turn, outcome: Outcome, cause: Cause, announcement: str) -> Next:
    """Go on after a transfer that reached nobody.

    A phone that transferred the call is rung again. A call that came through a menu returns there as the menu
    says, after an announcement of what happened; any other is released with the cause.
    """
    if turn.sent_by:
        return _recall(turn)
    if not turn.trail:
        return turn.end(outcome, cause)
    then = turn.menu().menu.when_transfer_fails
    return then if then.announcement else then.model_copy(update={"announcement": announcement})


def _recall(turn: Turn) -> Next:
    """Ring the phone that transferred the call; if it is not reached either, the call goes its usual way."""
    extension, turn.sent_by = turn.sent_by, ""
    turn.note(Fact.RECALLS, line=extension)
    return ring(turn, PhoneTarget(extension))


def _not_reached(turn: Turn, state: Ringing, outcome: LegOutcome, cause: int = 0) -> Next:
    turn.effects.append(StopRinging())
    return _go_on(turn, state.target, outcome, cause)


def _go_on(turn: Turn, target: Target, outcome: LegOutcome, cause: int) -> Next:
    """Note who was not reached, and go on. What the world says of a number is passed on to our phone."""
    released_as, release_cause = RELEASE[outcome]
    if not isinstance(target, OutsideTarget):
        turn.note(Fact.NOT_REACHED, line=target.line, outcome=outcome.value)
        group = turn.plan.direct_hunts.get(target.extension)
        if group is not None and outcome in _CANNOT_TAKE_IT:
            return HuntOn(group, target.extension, outcome if cause else None)
        return failed(turn, released_as, release_cause, "transfer-failed")
    if cause == Cause.NO_CIRCUIT:
        turn.note(Fact.NO_LINE, line=target.line, trunk=target.trunk, outcome=outcome.value)
    else:
        turn.note(Fact.NOT_REACHED, line=target.line, outcome=outcome.value)
    return failed(turn, released_as, _PASSED_ON.get(cause, release_cause), "transfer-failed")
