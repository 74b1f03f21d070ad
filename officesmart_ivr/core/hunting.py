"""A hunt group looks for somebody who answers: members ring, or the caller waits in the group's queue.

Who is offered the call is decided by :mod:`officesmart_ivr.core.hunt` in the driver's critical section; here
is what happens around it: ringing, the times, the queue, what the caller hears, and how a hunt ends.
"""

from __future__ import annotations

from zlib import crc32

from msgspec.structs import replace

from officesmart_ivr.core import pick_up
from officesmart_ivr.core.effects import (
    CancelLeg,
    Cause,
    HuntEnd,
    Wait,
)
from officesmart_ivr.core.events import (
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegKeyPressed,
    LegOutcome,
    LegRinging,
    PickedUp,
    PromptEnded,
    TimerFired,
)
from officesmart_ivr.core.hunt import Exit, Search, leg_of
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.hunt_turn import CONFIRM_KEY, HuntTurn
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import HuntClock, Hunting, HuntOn, Next, State
from officesmart_ivr.core.turn import Turn

CONFIRM_SECONDS = 15.0
"""How long somebody outside who has answered may take to press the key."""


def hunt(turn: Turn, group: str, *, after: str = "", called_member: str = "") -> State:
    """Look for somebody in a group; ``after``: the call that has hunted there so far.

    ``called_member``: whose own number was called, where the group hunts on.
    """
    return _search(turn, Search(group, called_member), after)


def hunt_on(turn: Turn, direct: HuntOn) -> State:
    """Look for somebody in place of a member whose own number was called.

    A phone that has refused is not rung by this call again; a line that was busy may be, once it is free.
    """
    tried = {direct.called_member: direct.refused} if direct.refused else {}
    return _search(turn, Search(direct.group, direct.called_member, tried=tried))


def _search(turn: Turn, search: Search, after: str = "") -> State:
    turn.typed = ""
    turn.note(Fact.HUNT_GROUP, hunt_group=search.group)
    seeded = replace(search, seed=crc32(turn.caller.call_id.encode()))
    return HuntTurn(turn, Hunting(turn.journey(), seeded)).offer(after)


def offered(turn: Turn, state: Hunting, event: Offered) -> Next:
    """Ring the members whose lines were reserved, or wait, or leave."""
    if event.offer != state.offer:
        return not_wanted(turn, state, event)
    hunt = HuntTurn(turn, state)
    if event.group is None or event.decision is None:
        return hunt.leave(Exit.UNREACHABLE)
    hunt.begin(event.group)
    decision = event.decision
    hunt.note_skipped(decision.skipped)
    hunt.take_over(decision.search)
    if decision.members:
        hunt.ring(decision.members)
        return hunt.state()
    if decision.exit is None:
        return hunt.state()
    return hunt.nobody(decision.exit)


def not_wanted(turn: Turn, state: State, event: Offered) -> State:
    """Free the lines that were reserved for a hunt which is over."""
    turn.ignore(event)
    if event.decision is not None:
        turn.effects += [
            CancelLeg(leg_of(event.offer, member), Cause.ANSWERED_ELSEWHERE)
            for member in event.decision.members
        ]
    return state


def placed(turn: Turn, state: Hunting, event: Placed) -> State:
    """Take note of the caller's place in the queue; at the first time let him wait."""
    if event.offer != state.offer:
        turn.ignore(event)
        return state
    hunt = HuntTurn(turn, state)
    hunt.place = event.place
    if not hunt.waits:
        hunt.wait()
    return hunt.state()


def queue_full(turn: Turn, state: Hunting, event: QueueFull) -> Next:
    """Leave: there is no place in the queue."""
    if event.offer != state.offer:
        turn.ignore(event)
        return state
    turn.note(Fact.QUEUE_FULL, hunt_group=state.search.group)
    return HuntTurn(turn, state).leave(Exit.BUSY)


def leg_ringing(turn: Turn, state: Hunting, event: LegRinging) -> State:
    """Note that a member's phone really rings."""
    member = state.legs.get(event.leg)
    if member is None:
        turn.ignore(event)
    else:
        turn.note(Fact.RINGING, line=member.id)
    return state


def leg_answered(turn: Turn, state: Hunting, event: LegAnswered) -> State:
    """Connect the first who answers. Somebody outside is asked first whether he is a person."""
    member = state.legs.get(event.leg)
    if member is None or event.leg in state.asked:
        turn.ignore(event)
        return state
    hunt = HuntTurn(turn, state)
    if not member.confirms:
        return hunt.connect(event.leg, member.target)
    hunt.ask(event.leg, member)
    hunt.start(HuntClock.RING, CONFIRM_SECONDS)
    return hunt.state()


def leg_key_pressed(turn: Turn, state: Hunting, event: LegKeyPressed) -> State:
    """Connect whoever outside has taken the call by the key."""
    if event.leg not in state.asked or event.key != CONFIRM_KEY:
        turn.ignore(event)
        return state
    return HuntTurn(turn, state).connect(event.leg, state.legs[event.leg].target)


def leg_ended(turn: Turn, state: Hunting, event: LegEnded) -> Next:
    """A member was busy, refused, could not be reached, or hung up before taking the call."""
    if event.leg not in state.legs:
        turn.ignore(event)
        return state
    hunt = HuntTurn(turn, state)
    outcome = LegOutcome.REJECTED if event.outcome is LegOutcome.HUNG_UP else event.outcome
    hunt.not_reached(event.leg, outcome)
    return hunt.state() if hunt.legs else hunt.offer()


def timer_fired(turn: Turn, state: Hunting, event: TimerFired) -> Next:
    """One of the hunt's times is over."""
    clock = next((clock for clock, timer in state.timers.items() if timer == event.timer), None)
    if clock is None:
        turn.ignore(event)
        return state
    hunt = HuntTurn(turn, state)
    del hunt.timers[clock]
    match clock:
        case HuntClock.RING:
            for leg in list(hunt.legs):
                turn.effects.append(CancelLeg(leg, Cause.NO_ANSWER))
                hunt.not_reached(leg, LegOutcome.NO_ANSWER)
            return hunt.offer()
        case HuntClock.TOTAL:
            return hunt.leave(Exit.NO_ANSWER)
        case HuntClock.QUEUE:
            hunt.may_wait = False
            return hunt.leave(Exit.BUSY) if hunt.waits else hunt.state()
        case HuntClock.RETRY:
            hunt.search = Search(hunt.search.group, hunt.search.called_member, hunt.search.seed)
            turn.effects.append(Wait(hunt.offer_id, hunt.search, hunt.settled_group))
        case HuntClock.ANNOUNCE:
            hunt.announce()
    return hunt.state()


def key_pressed(turn: Turn, state: Hunting, event: KeyPressed) -> Next:
    """Let a caller who waits, or has waited, leave the queue by its key."""
    queue = state.group.settings.queue if state.group else None
    to = queue.leave_to if queue and event.key == queue.leave_key and state.has_waited else None
    # The group may be of a later plan than the call's.
    if to is None or not turn.plan.has(to.kind, to.target):
        turn.ignore(event)
        return state
    turn.note(Fact.LEAVES_QUEUE, entry=event.key, destination=str(to))
    hunt = HuntTurn(turn, state)
    hunt.end(HuntEnd.LEFT)
    return to


def prompt_ended(turn: Turn, state: Hunting, event: PromptEnded) -> State:
    """Go back to the music after an announcement; ask again who has not pressed the key."""
    hunt = HuntTurn(turn, state)
    asked = next((leg for leg, prompt in state.asked.items() if prompt == event.prompt), None)
    if asked is not None:
        if event.played:
            hunt.ask(asked, state.legs[asked], again=True)
    elif event.prompt == state.prompt:
        hunt.prompt = ""
        hunt.sound()
    else:
        turn.ignore(event)
    return hunt.state()


def picked_up(turn: Turn, state: Hunting, event: PickedUp) -> State:
    """Connect the caller with the phone that takes the call in the members' place."""
    hunt = HuntTurn(turn, state)
    hunt.end(HuntEnd.ANSWERED, event.leg, event.target.line)
    return pick_up.talk(turn, event)


def abandon(turn: Turn, state: Hunting) -> None:
    """Release everything: the caller is gone."""
    HuntTurn(turn, state).end(HuntEnd.ABANDONED)


def leave(turn: Turn, state: Hunting) -> None:
    """Release everything: the call goes on elsewhere."""
    HuntTurn(turn, state).end(HuntEnd.LEFT)
