"""The rules of a call as one function.

``step(plan, state, event, now, overrides) -> (next state, effects)`` is pure: the same arguments give the
same answer. What may happen in which state is the table below. An event that can come late (a prompt that
ended as it was stopped) is ignored and counted; one that cannot happen raises ImpossibleEventError and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core import (
    closing,
    errand,
    handover,
    hunting,
    line_switches,
    menu,
    override_code,
    pick_up,
    pin,
    recording,
    routing,
    taking_up,
    transfer,
)
from officesmart_ivr.core.effects import CancelLeg, Cause, Effect
from officesmart_ivr.core.events import (
    Arrived,
    CallerLeft,
    Closing,
    Event,
    GroupOffered,
    HandedOver,
    Held,
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegKeyPressed,
    LegOffered,
    LegRinging,
    LineToggled,
    MenuOffered,
    NothingOffered,
    NothingRings,
    PickedUp,
    PromptEnded,
    RecordingEnded,
    RecordingSaved,
    Resumed,
    TimerFired,
    Transferred,
)
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import NO_OVERRIDES, Overrides
from officesmart_ivr.core.place import TakenUp
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import (
    Announcing,
    Caller,
    CallingPhone,
    ChoosingAnnouncement,
    ChoosingOverride,
    Ended,
    EnteringPin,
    Hunting,
    InMenu,
    Journey,
    New,
    Next,
    Origin,
    Outcome,
    PickingUp,
    Recording,
    RecordingSoon,
    Reviewing,
    Ringing,
    Saving,
    State,
    Talking,
    ToCall,
    Toggling,
)
from officesmart_ivr.core.turn import Turn
from officesmart_ivr.errors import ImpossibleEventError

Handler = Callable[[Turn, Any, Any], Next]

_TO_A_MENU = frozenset({To.REPLAY, To.PREVIOUS_MENU, To.MENU, To.MULTISELECTION})


def begin(caller: Caller) -> New:
    """Return the state of a call of which nothing has happened yet."""
    return New(Journey(caller))


def begin_recording(call_id: str, extension: str, announcement: str, company: str = "") -> ToCall:
    """Return the first state of a call to a phone of the office, which then records an announcement.

    ``company`` is the name that the phone shows.
    """
    caller = Caller(call_id, extension, name=company, origin=Origin.OFFICE, endpoint=extension)
    return ToCall(Journey(caller), announcement)


def step(
    plan: PreparedPlan, state: State, event: Event, now: datetime, overrides: Overrides = NO_OVERRIDES
) -> tuple[State, list[Effect]]:
    """Return the next state and what is to be done, in this order.

    ``now`` is aware; ``overrides`` are the manual ones of this moment, which may be newer than the call.
    Raises ImpossibleEventError for an event that cannot happen in this state.
    """
    handler = _TABLE.get((type(state), type(event)))
    if handler is None:
        raise ImpossibleEventError(f"{type(event).__name__} cannot happen in {type(state).__name__}")
    turn = Turn(plan, state.journey, now, overrides)
    following = routing.settle(turn, handler(turn, state, event))
    # Only now is it known what the call carries on: a handler may make a state before its last id.
    return msgspec.structs.replace(following, journey=turn.journey()), turn.effects


def _arrived(turn: Turn, state: New, event: Arrived) -> Next:
    return routing.route(turn)


def _announcement_over(turn: Turn, state: Announcing) -> Next:
    if isinstance(state.then, Destination):
        return state.then
    return turn.end(state.then.outcome, state.then.cause)


def _announced(turn: Turn, state: Announcing, event: PromptEnded) -> Next:
    if event.prompt != state.prompt:
        return _late(turn, state, event)
    if not event.played:
        turn.note(Fact.NOT_PLAYED)
    turn.cancel_timer(state.timer)
    return _announcement_over(turn, state)


def _announced_long_enough(turn: Turn, state: Announcing, event: TimerFired) -> Next:
    if event.timer != state.timer:
        return _late(turn, state, event)
    turn.stop(state.prompt)
    return _announcement_over(turn, state)


def _key_during_announcement(turn: Turn, state: Announcing, event: KeyPressed) -> Next:
    """Any key stops a prompt; before a menu it also counts there."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    if isinstance(state.then, Destination) and state.then.kind in _TO_A_MENU:
        turn.typed += event.key
    return _announcement_over(turn, state)


def _caller_left(turn: Turn, state: State, event: CallerLeft) -> State:
    turn.note(Fact.CALLER_LEFT)
    match state:
        case InMenu() | Announcing() | EnteringPin() | ChoosingOverride() | ChoosingAnnouncement():
            turn.cancel_timer(state.timer)
        case Reviewing():
            turn.cancel_timer(state.timer)
            turn.note(Fact.LEFT_AS_DRAFT)
        case Ringing():
            turn.cancel_timer(state.timer)
            turn.effects.append(CancelLeg(state.leg))
        case CallingPhone():
            turn.cancel_timer(state.timer)
            turn.effects.append(CancelLeg(state.leg))
        case Hunting():
            hunting.abandon(turn, state)
        case Talking():
            turn.effects.append(CancelLeg(state.leg))
            return turn.over(Outcome.CONNECTED, Cause.NORMAL)
    return turn.over(Outcome.CALLER_LEFT, Cause.NORMAL)


def _late(turn: Turn, state: State, event: Event) -> State:
    turn.ignore(event)
    return state


_ANYTIME: Mapping[type[Event], Handler] = {
    CallerLeft: _caller_left,
    Closing: closing.closing,
    KeyPressed: _late,
    PromptEnded: _late,
    TimerFired: _late,
    LegRinging: _late,
    LegAnswered: _late,
    LegEnded: _late,
    LegKeyPressed: _late,
    Offered: hunting.not_wanted,
    Placed: _late,
    QueueFull: _late,
    Held: _late,
    Resumed: _late,
    Transferred: _late,
    LegOffered: _late,
    MenuOffered: _late,
    GroupOffered: _late,
    NothingOffered: _late,
    PickedUp: _late,
    HandedOver: handover.handed_over,
    NothingRings: _late,
    LineToggled: _late,
    RecordingEnded: _late,
    RecordingSaved: _late,
}
"""What may come in any state once the call has begun, for example for a leg that was just cancelled."""

_BY_STATE: Mapping[type[State], Mapping[type[Event], Handler]] = {
    New: {
        Arrived: _arrived,
        TakenUp: taking_up.taken_up,
        CallerLeft: _caller_left,
        Closing: _late,
        KeyPressed: _late,
    },
    ToCall: {Arrived: errand.begin},
    CallingPhone: {
        **_ANYTIME,
        LegRinging: errand.leg_ringing,
        LegAnswered: errand.leg_answered,
        LegEnded: errand.leg_ended,
        TimerFired: errand.ring_time_over,
    },
    InMenu: {
        **_ANYTIME,
        KeyPressed: menu.key_pressed,
        PromptEnded: menu.prompt_ended,
        TimerFired: menu.timer_fired,
    },
    Announcing: {
        **_ANYTIME,
        KeyPressed: _key_during_announcement,
        PromptEnded: _announced,
        TimerFired: _announced_long_enough,
    },
    Ringing: {
        **_ANYTIME,
        TimerFired: transfer.ring_time_over,
        LegRinging: transfer.leg_ringing,
        LegAnswered: transfer.leg_answered,
        LegEnded: transfer.leg_ended_ringing,
        PickedUp: pick_up.picked_up,
    },
    Hunting: {
        **_ANYTIME,
        Offered: hunting.offered,
        Placed: hunting.placed,
        QueueFull: hunting.queue_full,
        KeyPressed: hunting.key_pressed,
        PromptEnded: hunting.prompt_ended,
        TimerFired: hunting.timer_fired,
        LegRinging: hunting.leg_ringing,
        LegAnswered: hunting.leg_answered,
        LegKeyPressed: hunting.leg_key_pressed,
        LegEnded: hunting.leg_ended,
        PickedUp: hunting.picked_up,
    },
    Talking: {
        **_ANYTIME,
        LegEnded: transfer.leg_ended_talking,
        Held: handover.held,
        Resumed: handover.resumed,
        Transferred: handover.transferred,
        LegOffered: handover.leg_offered,
        MenuOffered: handover.menu_offered,
        GroupOffered: handover.group_offered,
        NothingOffered: handover.nothing_offered,
    },
    PickingUp: {**_ANYTIME, NothingRings: routing.nothing_rings},
    EnteringPin: {
        **_ANYTIME,
        KeyPressed: pin.key_pressed,
        PromptEnded: pin.prompt_ended,
        TimerFired: pin.timer_fired,
    },
    ChoosingOverride: {
        **_ANYTIME,
        KeyPressed: override_code.key_pressed,
        PromptEnded: override_code.prompt_ended,
        TimerFired: override_code.timer_fired,
    },
    ChoosingAnnouncement: {
        **_ANYTIME,
        KeyPressed: recording.number_key,
        PromptEnded: recording.number_prompt_ended,
        TimerFired: recording.number_time_over,
    },
    RecordingSoon: {
        **_ANYTIME,
        KeyPressed: recording.key_before,
        PromptEnded: recording.prompt_before_ended,
    },
    Recording: {
        **_ANYTIME,
        KeyPressed: recording.key_while_recording,
        RecordingEnded: recording.recording_ended,
    },
    Reviewing: {
        **_ANYTIME,
        KeyPressed: recording.key_reviewing,
        PromptEnded: recording.prompt_reviewing_ended,
        TimerFired: recording.time_reviewing_over,
    },
    Saving: {**_ANYTIME, RecordingSaved: recording.recording_saved},
    Toggling: {**_ANYTIME, LineToggled: line_switches.line_toggled},
    Ended: {
        **_ANYTIME,
        CallerLeft: _late,
        Closing: _late,
        HandedOver: _late,
        RecordingEnded: recording.ended_meanwhile,
        RecordingSaved: recording.saved_meanwhile,
    },
}

_TABLE: Mapping[tuple[type[State], type[Event]], Handler] = {
    (state, event): handler for state, row in _BY_STATE.items() for event, handler in row.items()
}
