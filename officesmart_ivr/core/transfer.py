"""Ringing a phone for the caller, talking, and what follows when nobody could be reached."""

from __future__ import annotations

from officesmart_ivr.core.effects import CancelLeg, Cause, Connect, RingLeg, StartRinging, StopRinging
from officesmart_ivr.core.events import LegAnswered, LegEnded, LegOutcome, LegRinging, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import Next, Outcome, Ringing, State, Talking
from officesmart_ivr.core.turn import Turn

_RELEASE = {
    LegOutcome.BUSY: (Outcome.BUSY, Cause.BUSY),
    LegOutcome.REJECTED: (Outcome.BUSY, Cause.REJECTED),
    LegOutcome.NO_ANSWER: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
    LegOutcome.UNREACHABLE: (Outcome.UNREACHABLE, Cause.SUBSCRIBER_ABSENT),
    LegOutcome.HUNG_UP: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
}
"""How a call that has no menu to return to is released."""


def ring(turn: Turn, extension: str) -> State:
    """Ring the phones of an extension; the caller hears that it rings."""
    turn.typed = ""
    seconds = turn.plan.plan.extensions[extension].ring_seconds
    leg = turn.new_id("leg")
    turn.note(Fact.RINGS, extension=extension, seconds=f"{seconds:g}")
    turn.effects.append(RingLeg(leg, extension, seconds))
    turn.effects.append(StartRinging())
    timer = turn.start_timer(seconds)
    return Ringing(turn.journey(), leg, timer, extension)


def leg_ringing(turn: Turn, state: Ringing, event: LegRinging) -> State:
    """Note that the phone really rings."""
    if event.leg != state.leg:
        turn.ignore(event)
    else:
        turn.note(Fact.RINGING, extension=state.extension)
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
    turn.note(Fact.ANSWERED, extension=state.extension)
    return Talking(turn.journey(), state.leg, state.extension)


def leg_ended_ringing(turn: Turn, state: Ringing, event: LegEnded) -> Next:
    """The phone was busy, rejected the call or could not be reached."""
    if event.leg != state.leg:
        turn.ignore(event)
        return state
    turn.cancel_timer(state.timer)
    return _not_reached(turn, state, event.outcome)


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
        turn.note(Fact.NOT_REACHED, extension=state.extension, outcome=event.outcome.value)
        return failed(turn, *_RELEASE[event.outcome], "transfer-failed")
    turn.note(Fact.OTHER_LEFT, extension=state.extension)
    return turn.end(Outcome.CONNECTED, Cause.NORMAL)


def failed(turn: Turn, outcome: Outcome, cause: Cause, announcement: str) -> Next:
    """Go on after a transfer that reached nobody.

    A call that came through a menu returns there as the menu says, after an announcement of what happened;
    any other is released with the cause.
    """
    if not turn.trail:
        return turn.end(outcome, cause)
    then = turn.menu().menu.when_transfer_fails
    return then if then.announcement else then.model_copy(update={"announcement": announcement})


def _not_reached(turn: Turn, state: Ringing, outcome: LegOutcome) -> Next:
    turn.note(Fact.NOT_REACHED, extension=state.extension, outcome=outcome.value)
    turn.effects.append(StopRinging())
    return failed(turn, *_RELEASE[outcome], "transfer-failed")
