"""The rules of a call as one function.

``step(plan, state, event, now) -> (next state, effects)`` is pure: the same arguments give the same answer.
What may happen in which state is the table below. An event that can come late (a prompt that ended as it was
stopped) is ignored and counted; one that cannot happen raises ImpossibleEventError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core import handover, hunting, menu, pick_up, routing, service_codes, transfer
from officesmart_ivr.core.effects import CancelLeg, Cause, Effect
from officesmart_ivr.core.events import (
    Arrived,
    CallerLeft,
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
    Resumed,
    TimerFired,
    Transferred,
)
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import (
    Announcing,
    Caller,
    Ended,
    EnteringPin,
    Hunting,
    InMenu,
    Journey,
    New,
    Next,
    Outcome,
    PickingUp,
    Ringing,
    State,
    Talking,
    Toggling,
)
from officesmart_ivr.core.turn import Turn
from officesmart_ivr.errors import ImpossibleEventError

Handler = Callable[[Turn, Any, Any], Next]

_TO_A_MENU = frozenset({To.REPLAY, To.PREVIOUS_MENU, To.MENU, To.MULTISELECTION})


def begin(caller: Caller) -> New:
    """Return the state of a call of which nothing has happened yet."""
    return New(Journey(caller))


def step(plan: PreparedPlan, state: State, event: Event, now: datetime) -> tuple[State, list[Effect]]:
    """Return the next state and what is to be done, in this order.

    ``now`` is aware. Raises ImpossibleEventError for an event that cannot happen in this state.
    """
    handler = _TABLE.get((type(state), type(event)))
    if handler is None:
        raise ImpossibleEventError(f"{type(event).__name__} cannot happen in {type(state).__name__}")
    turn = Turn(plan, state.journey, now)
    return routing.settle(turn, handler(turn, state, event)), turn.effects


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
        case InMenu() | Announcing() | EnteringPin():
            turn.cancel_timer(state.timer)
        case Ringing():
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
}
"""What may come in any state once the call has begun, for example for a leg that was just cancelled."""

_BY_STATE: Mapping[type[State], Mapping[type[Event], Handler]] = {
    New: {Arrived: _arrived, CallerLeft: _caller_left, KeyPressed: _late},
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
        KeyPressed: service_codes.key_pressed,
        PromptEnded: service_codes.prompt_ended,
        TimerFired: service_codes.timer_fired,
    },
    Toggling: {**_ANYTIME, LineToggled: service_codes.line_toggled},
    Ended: {**_ANYTIME, CallerLeft: _late, HandedOver: _late},
}

_TABLE: Mapping[tuple[type[State], type[Event]], Handler] = {
    (state, event): handler for state, row in _BY_STATE.items() for event, handler in row.items()
}
