"""The end of the application: callers who do not talk are told that they cannot be served, and released."""

from __future__ import annotations

from officesmart_ivr.core import hunting
from officesmart_ivr.core.effects import CancelLeg, Cause, StopRinging
from officesmart_ivr.core.events import Closing
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import (
    Announcing,
    CallingPhone,
    ChoosingAnnouncement,
    ChoosingOverride,
    End,
    EnteringPin,
    Hunting,
    InMenu,
    Next,
    Outcome,
    PickingUp,
    Recording,
    RecordingSoon,
    Reviewing,
    Ringing,
    Saving,
    State,
    Talking,
    Toggling,
)
from officesmart_ivr.core.turn import Turn

_APOLOGY = End(Outcome.HANG_UP, Cause.NORMAL)


def closing(turn: Turn, state: State, event: Closing) -> Next:
    """End what goes on, and apologise. Who talks talks on, and a last announcement is heard out."""
    match state:
        case Talking() | PickingUp() | Toggling() | Announcing(then=End()) | Recording() | Saving():
            # A recording that does not come to its end is a draft, for the next process to find.
            return state
        case CallingPhone():
            turn.cancel_timer(state.timer)
            turn.effects.append(CancelLeg(state.leg))
            turn.note(Fact.CLOSING)
            return turn.over(Outcome.HANG_UP, Cause.NORMAL)
        case InMenu() | Announcing() | EnteringPin() | ChoosingOverride() | ChoosingAnnouncement():
            turn.stop(state.prompt)
            turn.cancel_timer(state.timer)
        case RecordingSoon():
            turn.stop(state.prompt)
        case Reviewing():
            turn.stop(state.prompt)
            turn.cancel_timer(state.timer)
            turn.note(Fact.LEFT_AS_DRAFT)
        case Ringing():
            turn.cancel_timer(state.timer)
            turn.effects += [CancelLeg(state.leg), StopRinging()]
        case Hunting():
            hunting.leave(turn, state)
    turn.note(Fact.CLOSING)
    return turn.say("too-many-steps", then=_APOLOGY)
