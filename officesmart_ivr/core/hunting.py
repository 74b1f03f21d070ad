"""A hunt group looks for somebody who answers: members ring, or the caller waits in the group's queue.

Who is offered the call is decided by :mod:`officesmart_ivr.core.hunt` in the driver's critical section; here
is what happens around it: ringing, the times, the queue, what the caller hears, and how a hunt ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

from msgspec.structs import replace

from officesmart_ivr.callplan.destination import Destination
from officesmart_ivr.callplan.model import Music, Queue
from officesmart_ivr.core import transfer
from officesmart_ivr.core.effects import (
    CancelLeg,
    Cause,
    Connect,
    HuntEnd,
    LeaveHunt,
    Missed,
    Offer,
    PlayToLeg,
    RingLeg,
    StartMusic,
    StartRinging,
    StopMusic,
    StopRinging,
    Take,
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
from officesmart_ivr.core.groups import PreparedGroup, PreparedMember
from officesmart_ivr.core.hunt import Exit, Search, Skip, leg_of
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import HuntClock, Hunting, HuntOn, Next, Outcome, State, Talking
from officesmart_ivr.core.target import OutsideTarget, Target
from officesmart_ivr.core.turn import Turn

CONFIRM_KEY = "1"
CONFIRM_SECONDS = 15.0
"""How long somebody outside who has answered may take to press the key."""

SPOKEN_PLACES = 20
"""The last place in the queue for which there is a prompt."""

_COMES_FREE = frozenset({Skip.BUSY, Skip.WRAP_UP})
"""Reasons that pass by themselves: a caller may wait for it."""

_RELEASE = {
    Exit.BUSY: (Outcome.BUSY, Cause.BUSY),
    Exit.NO_ANSWER: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
    Exit.UNREACHABLE: (Outcome.UNREACHABLE, Cause.SUBSCRIBER_ABSENT),
}


def hunt(turn: Turn, group: str, *, after: str = "") -> State:
    """Look for somebody in a group; ``after``: the call that has hunted there so far."""
    return _search(turn, Search(group), after)


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
    return _Hunt(turn, Hunting(turn.journey(), seeded)).offer(after)


def offered(turn: Turn, state: Hunting, event: Offered) -> Next:
    """Ring the members whose lines were reserved, or wait, or leave."""
    if event.offer != state.offer:
        return not_wanted(turn, state, event)
    hunt = _Hunt(turn, state)
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
    hunt = _Hunt(turn, state)
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
    return _Hunt(turn, state).leave(Exit.BUSY)


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
    hunt = _Hunt(turn, state)
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
    return _Hunt(turn, state).connect(event.leg, state.legs[event.leg].target)


def leg_ended(turn: Turn, state: Hunting, event: LegEnded) -> Next:
    """A member was busy, refused, could not be reached, or hung up before taking the call."""
    if event.leg not in state.legs:
        turn.ignore(event)
        return state
    hunt = _Hunt(turn, state)
    outcome = LegOutcome.REJECTED if event.outcome is LegOutcome.HUNG_UP else event.outcome
    hunt.not_reached(event.leg, outcome)
    return hunt.state() if hunt.legs else hunt.offer()


def timer_fired(turn: Turn, state: Hunting, event: TimerFired) -> Next:
    """One of the hunt's times is over."""
    clock = next((clock for clock, timer in state.timers.items() if timer == event.timer), None)
    if clock is None:
        turn.ignore(event)
        return state
    hunt = _Hunt(turn, state)
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
    if queue is None or queue.leave_to is None or event.key != queue.leave_key or not state.has_waited:
        turn.ignore(event)
        return state
    turn.note(Fact.LEAVES_QUEUE, entry=event.key, destination=str(queue.leave_to))
    hunt = _Hunt(turn, state)
    hunt.end(HuntEnd.LEFT)
    return queue.leave_to


def prompt_ended(turn: Turn, state: Hunting, event: PromptEnded) -> State:
    """Go back to the music after an announcement; ask again who has not pressed the key."""
    hunt = _Hunt(turn, state)
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
    hunt = _Hunt(turn, state)
    hunt.end(HuntEnd.ANSWERED, event.leg, event.target.line)
    turn.answer()
    turn.effects += [Take(event.call), Connect(event.leg)]
    turn.note(Fact.PICKED_UP, line=event.target.line, call=event.call)
    turn.sent_by = ""
    return Talking(turn.journey(), event.leg, event.target)


def abandon(turn: Turn, state: Hunting) -> None:
    """Release everything: the caller is gone."""
    _Hunt(turn, state).end(HuntEnd.ABANDONED)


def leave(turn: Turn, state: Hunting) -> None:
    """Release everything: the call goes on elsewhere."""
    _Hunt(turn, state).end(HuntEnd.LEFT)


class _Hunt:
    """The workbench of a hunt in one step: the state's fields, to be changed and frozen again."""

    def __init__(self, turn: Turn, state: Hunting) -> None:
        self.turn = turn
        self.search = state.search
        self.offer_id = state.offer
        self.group = state.group
        self.legs = dict(state.legs)
        self.asked = dict(state.asked)
        self.skipped = dict(state.skipped)
        self.timers = dict(state.timers)
        self.prompt = state.prompt
        self.sounds = state.sounds
        self.waits = state.waits
        self.has_waited = state.has_waited
        self.may_wait = state.may_wait
        self.place = state.place
        self.announced = state.announced

    def state(self) -> Hunting:
        """Freeze it."""
        return Hunting(
            self.turn.journey(),
            self.search,
            self.offer_id,
            self.group,
            self.legs,
            self.asked,
            self.skipped,
            self.timers,
            self.prompt,
            self.sounds,
            self.waits,
            self.has_waited,
            self.may_wait,
            self.place,
            self.announced,
        )

    @property
    def settled_group(self) -> PreparedGroup:
        """The group as this hunt found it."""
        assert self.group is not None, "the first offer has told"
        return self.group

    @property
    def queue(self) -> Queue | None:
        """The group's queue, if it has one."""
        return self.settled_group.settings.queue

    def begin(self, group: PreparedGroup) -> None:
        """Take note of the group as it is now; one whose members ring stays as it was."""
        if not self.legs:
            self.group = group
        if HuntClock.TOTAL not in self.timers:
            self.start(HuntClock.TOTAL, group.settings.total_seconds)

    def take_over(self, search: Search) -> None:
        """Go on with the driver's search. How earlier offers have ended only we know."""
        ended = {member: outcome for member, outcome in self.search.tried.items() if outcome is not None}
        known = {member: ended.get(member, outcome) for member, outcome in search.tried.items()}
        self.search = replace(search, tried=known)

    def offer(self, after: str = "") -> State:
        """Ask for the next members to ring."""
        self.stop(HuntClock.RING)
        self.offer_id = self.turn.new_id("leg")
        self.turn.effects.append(Offer(self.offer_id, self.search, after))
        return self.state()

    def ring(self, members: Iterable[PreparedMember]) -> None:
        """Ring members whose lines are reserved; the caller hears that somebody is looked for."""
        self.waits = False
        self.stop(HuntClock.RETRY)
        settings = self.settled_group.settings
        for member in members:
            leg = leg_of(self.offer_id, member)
            self.legs[leg] = member
            self._note_ringing(member.target, settings.ring_seconds)
            self.turn.effects.append(
                RingLeg(
                    leg,
                    member.target,
                    settings.ring_seconds,
                    hunt_group=self.settled_group.id,
                    name_prefix=settings.caller_name_prefix,
                    wrap_up_seconds=settings.wrap_up_seconds,
                )
            )
        if HuntClock.RING not in self.timers:
            self.start(HuntClock.RING, settings.ring_seconds)
        self.sound()

    def _note_ringing(self, target: Target, seconds: float) -> None:
        if isinstance(target, OutsideTarget):
            self.turn.note(
                Fact.CALLS_OUTSIDE,
                line=target.line,
                trunk=target.trunk,
                caller_id=target.caller_id or "-",
                seconds=f"{seconds:g}",
            )
        else:
            self.turn.note(Fact.RINGS, line=target.line, seconds=f"{seconds:g}")

    def nobody(self, why: Exit) -> Next:
        """Nobody can be offered the call: wait where somebody will be free again, else leave."""
        somebody_is_busy = any(reason in _COMES_FREE for reason in self.skipped.values())
        goes_on = why is Exit.BUSY or (
            why is Exit.NO_ANSWER and somebody_is_busy and self.settled_group.settings.next_on_no_answer
        )
        if self.queue is None or not self.may_wait or not goes_on:
            return self.leave(why)
        self.offer_id = self.turn.new_id("leg")
        self.turn.effects.append(Wait(self.offer_id, self.search, self.settled_group))
        return self.state()

    def wait(self) -> None:
        """Let the caller wait; members who did not answer are asked again after a while."""
        queue = self.queue
        assert queue is not None, "a group without a queue has no places"
        self.waits = True
        self.stop(HuntClock.TOTAL)
        self.turn.note(Fact.WAITS, hunt_group=self.search.group, place=str(self.place))
        if self.search.tried:
            self.start(HuntClock.RETRY, queue.retry_seconds)
        if self.has_waited:
            return
        self.has_waited = True
        self.turn.answer()
        self.start(HuntClock.QUEUE, queue.max_seconds)
        self.start(HuntClock.ANNOUNCE, queue.announce_seconds)
        self._say((queue.announcement,) if queue.announcement else ())

    def announce(self) -> None:
        """Tell a caller who waits his place, and the next of the announcements."""
        queue = self.queue
        if queue is None:
            # An edit has taken the queue away since the caller waited in it.
            return
        self.start(HuntClock.ANNOUNCE, queue.announce_seconds)
        if not self.waits or self.prompt:
            return
        following: tuple[str, ...] = ()
        if queue.announcements:
            following = (queue.announcements[self.announced % len(queue.announcements)],)
        self.announced += 1
        self._say(following)

    def _say(self, announcements: Iterable[str]) -> None:
        """Play announcements, and the place where the group says it; the music pauses meanwhile."""
        words = list(announcements)
        says_place = self.queue is not None and self.queue.announce_position
        if says_place and 1 <= self.place <= SPOKEN_PLACES:
            words += ["queue-position", f"number-{self.place}"]
        if not words:
            self.sound()
            return
        self.hush()
        self.prompt = self.turn.play(*words)

    def sound(self) -> None:
        """Begin what a caller hears who waits for somebody, unless he hears it or a prompt already."""
        if self.sounds is not None or self.prompt:
            return
        self.sounds = self.settled_group.settings.music
        if self.sounds is Music.RINGING:
            self.turn.effects.append(StartRinging())
        else:
            self.turn.answer()
            self.turn.effects.append(StartMusic())

    def hush(self) -> None:
        """End the music or the ringing tone, whichever it is: an edit may have changed the group's choice."""
        if self.sounds is not None:
            self.turn.effects.append(StopRinging() if self.sounds is Music.RINGING else StopMusic())
            self.sounds = None

    def ask(self, leg: str, member: PreparedMember, *, again: bool = False) -> None:
        """Ask the person of a leg to press the key that takes the call."""
        prompt = self.turn.new_id("p")
        self.asked[leg] = prompt
        self.turn.effects.append(PlayToLeg(leg, prompt, ("confirm-call",)))
        if not again:
            self.turn.note(Fact.ASKED, line=member.id, entry=CONFIRM_KEY)

    def not_reached(self, leg: str, outcome: LegOutcome) -> None:
        """Take note of an offer that was not taken."""
        member = self.legs.pop(leg)
        self.asked.pop(leg, None)
        self.search = self.search.ended(member.id, outcome)
        self.turn.note(Fact.NOT_REACHED, line=member.id, outcome=outcome.value)
        if outcome is LegOutcome.NO_ANSWER:
            limit = self.settled_group.settings.pause_after_missed
            self.turn.effects.append(Missed(member.id, limit))

    def connect(self, leg: str, target: Target) -> State:
        """Let the caller talk to who answered first; the others have missed nothing."""
        del self.legs[leg]
        if prompt := self.asked.pop(leg, ""):
            self.turn.stop(prompt)
        self.end(HuntEnd.ANSWERED, leg, target.line)
        self.turn.answer()
        self.turn.effects.append(Connect(leg))
        self.turn.note(Fact.ANSWERED, line=target.line)
        self.turn.sent_by = ""
        return Talking(self.turn.journey(), leg, target)

    def leave(self, why: Exit) -> Next:
        """Leave the group the way the plan says, else as from any transfer that reaches nobody."""
        self.end(HuntEnd(why.value))
        self.turn.note(Fact.LEAVES_GROUP, hunt_group=self.search.group, outcome=why.value)
        then = self._then(why)
        if then is not None:
            return then
        return transfer.failed(self.turn, *_RELEASE[why], "transfer-failed")

    def _then(self, why: Exit) -> Destination | None:
        if self.group is None:
            return None
        settings = self.group.settings
        match why:
            case Exit.BUSY:
                return settings.when_busy
            case Exit.NO_ANSWER:
                return settings.when_no_answer
            case Exit.UNREACHABLE:
                return settings.when_unreachable

    def end(self, how: HuntEnd, answered: str = "", line: str = "") -> None:
        """End the hunt: nothing of it rings, plays or runs on. ``answered``: the leg of who has answered."""
        for clock in list(self.timers):
            self.stop(clock)
        for leg in self.legs:
            cause = Cause.ANSWERED_ELSEWHERE if how is HuntEnd.ANSWERED else Cause.NORMAL
            self.turn.effects.append(CancelLeg(leg, cause))
        self.turn.effects.append(LeaveHunt(how, answered, line))
        self.hush()
        self.turn.stop(self.prompt)

    def note_skipped(self, skipped: Mapping[str, Skip]) -> None:
        """Note who was passed over, once for each reason."""
        for member, why in skipped.items():
            if why is not Skip.ALREADY_TRIED and self.skipped.get(member) is not why:
                self.turn.note(Fact.SKIPPED, line=member, why=why.value)
        self.skipped = dict(skipped)

    def start(self, clock: HuntClock, seconds: float) -> None:
        """Start a clock anew."""
        self.stop(clock)
        self.timers[clock] = self.turn.start_timer(seconds)

    def stop(self, clock: HuntClock) -> None:
        """Stop a clock if it runs."""
        self.turn.cancel_timer(self.timers.pop(clock, ""))
