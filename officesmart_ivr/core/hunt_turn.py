"""The workbench of a hunt: what one step of it reads and changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    Wait,
)
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.groups import PreparedGroup, PreparedMember
from officesmart_ivr.core.hunt import Exit, Search, Skip, leg_of
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import HuntClock, Hunting, Next, Outcome, State, Talking
from officesmart_ivr.core.target import Target
from officesmart_ivr.core.turn import Turn

CONFIRM_KEY = "1"

SPOKEN_PLACES = 20
"""The last place in the queue for which there is a prompt."""

_COMES_FREE = frozenset({Skip.BUSY, Skip.WRAP_UP})
"""Reasons that pass by themselves: a caller may wait for it."""

_RELEASE = {
    Exit.BUSY: (Outcome.BUSY, Cause.BUSY),
    Exit.NO_ANSWER: (Outcome.NO_ANSWER, Cause.NO_ANSWER),
    Exit.UNREACHABLE: (Outcome.UNREACHABLE, Cause.SUBSCRIBER_ABSENT),
}


class HuntTurn:
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
            transfer.note_ringing(self.turn, member.target, settings.ring_seconds)
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
        if then is not None and self.turn.plan.has(then.kind, then.target):
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
