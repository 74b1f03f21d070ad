"""The application calls a phone itself, to let whoever answers record an announcement.

There is nobody in the caller's place until the phone has answered; from then on its user sits there.
"""

from __future__ import annotations

from officesmart_ivr.core import recording, transfer
from officesmart_ivr.core.effects import CancelLeg, Cause, Promote, RingLeg
from officesmart_ivr.core.events import Arrived, LegAnswered, LegEnded, LegOutcome, LegRinging, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import CallingPhone, State, ToCall
from officesmart_ivr.core.target import PhoneTarget
from officesmart_ivr.core.turn import Turn


def begin(turn: Turn, state: ToCall, event: Arrived) -> State:
    """Ring the phone."""
    target = PhoneTarget(turn.caller.endpoint)
    seconds = turn.plan.plan.extensions[target.extension].ring_seconds
    turn.note(Fact.CALLS_TO_RECORD, line=target.line, announcement=state.announcement)
    transfer.note_ringing(turn, target, seconds)
    leg = turn.new_id("leg")
    turn.effects.append(RingLeg(leg, target, seconds))
    return CallingPhone(turn.journey(), state.announcement, leg, turn.start_timer(seconds), target)


def leg_ringing(turn: Turn, state: CallingPhone, event: LegRinging) -> State:
    """Note that the phone really rings."""
    turn.note(Fact.RINGING, line=state.target.line)
    return state


def leg_answered(turn: Turn, state: CallingPhone, event: LegAnswered) -> State:
    """Let who has answered record."""
    turn.cancel_timer(state.timer)
    turn.note(Fact.ANSWERED, line=state.target.line)
    turn.effects.append(Promote(state.leg))
    turn.promoted, turn.answered = state.target, True
    return recording.begin(turn, state.announcement)


def leg_ended(turn: Turn, state: CallingPhone, event: LegEnded) -> State:
    """Nobody can be rung, or the phone refuses."""
    turn.cancel_timer(state.timer)
    return _not_reached(turn, state, event.outcome)


def ring_time_over(turn: Turn, state: CallingPhone, event: TimerFired) -> State:
    """Nobody answered in time."""
    turn.effects.append(CancelLeg(state.leg, Cause.NO_ANSWER))
    return _not_reached(turn, state, LegOutcome.NO_ANSWER)


def _not_reached(turn: Turn, state: CallingPhone, outcome: LegOutcome) -> State:
    turn.note(Fact.NOT_REACHED, line=state.target.line, outcome=outcome.value)
    return turn.over(*transfer.RELEASE[outcome])
