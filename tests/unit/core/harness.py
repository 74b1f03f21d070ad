"""A call under a virtual clock: events go in by name, what the caller notices comes out.

Hunts get their members from a board of lines, all registered and free at first.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.hunt import Chooser, Search, joining, next_offer
from officesmart_ivr.core.hunt_events import Offered, Placed, QueueFull
from officesmart_ivr.core.lines import View
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import NO_OVERRIDES, Overrides
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.target import Target
from officesmart_ivr.state.memory import MemoryLineBoard

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def plan(menus: dict[str, Any], *, pin: str = "", **changes: Any) -> PreparedPlan:
    """A plan whose first menu speaks at the number 100, with the extensions 201 to 203."""
    multiselection = {
        "name": "Centralino",
        "numbers": ["100"],
        "week": {"otherwise": {"menu": next(iter(menus), "none")}},
        "menus": {name: {"announcement": name, **menu} for name, menu in menus.items()},
    } | changes.pop("multiselection", {})
    others = changes.pop("multiselections", {})
    return prepare(
        CallPlan.model_validate(
            {
                "version": "1",
                "company": {"name": "Studio"},
                "extensions": {number: {"name": number} for number in ("201", "202", "203")},
                "multiselections": {"main": multiselection, **others},
            }
            | changes
        ),
        pin=pin,
    )


T = TypeVar("T")


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of something that never waits."""
    try:
        work.send(None)
    except StopIteration as result:
        value: T = result.value
        return value
    raise AssertionError("it waits")


class Walk:
    """One call. ``timers``, ``legs`` and ``prompt`` are what is going on now; ``alone``: a parted caller."""

    def __init__(
        self,
        prepared: PreparedPlan,
        dialled: str = "100",
        *,
        phone: str = "",
        overrides: Overrides = NO_OVERRIDES,
        first: state.State | None = None,
    ) -> None:
        self.plan = prepared
        self.groups = prepared.groups
        self.overrides = dict(overrides)
        self.now = START
        self.effects: list[effects.Effect] = []
        self.timers: dict[str, datetime] = {}
        self.legs: dict[str, str] = {}
        self.targets: dict[str, Target] = {}
        self.prompt = ""
        self.plays: list[str] = []
        self.connected = ""
        self.alone = False
        self.offered: events.LegOffered | events.PickedUp | None = None
        self.wanted: frozenset[str] | None = None
        self.cause: int | None = None
        self.music = self.ringing = False
        self.said_to_leg: list[str] = []
        self.leg_prompts: set[str] = set()
        self.hunt_ends: list[effects.HuntEnd] = []
        self.missed: dict[str, int] = {}
        self.toggles: list[tuple[str, str]] = []
        self.waiting: tuple[str, Search] | None = None
        self.growing: tuple[str, Search] | None = None
        self.queue_is_full = False
        self.recordings: list[effects.StartRecording] = []
        self.stopped: list[str] = []
        self.discarded: list[str] = []
        self.saves: list[str] = []
        self.board = MemoryLineBoard()
        for line in prepared.lines():
            self.board.update(line, START - timedelta(hours=1), registered=True)
        self._pending: list[events.Event] = []
        origin = state.Origin.PHONE if phone else state.Origin.TRUNK
        caller = state.Caller("c", dialled, phone or "3331234567", origin=origin, endpoint=phone)
        self.state: state.State = first or begin(caller)
        self.send(events.Arrived())

    def send(self, event: events.Event) -> Walk:
        self.state, out = step(self.plan, self.state, event, self.now, self.overrides)
        self.effects += out
        for effect in out:
            self._carry_out(effect)
        while self._pending:
            self.send(self._pending.pop(0))
        return self

    def _carry_out(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Play(prompt, announcements):
                assert not self.prompt, "two prompts at once"
                self.prompt = prompt
                self.plays += announcements
            case effects.PlayTone(prompt, tone):
                self.prompt = prompt
                self.plays.append(f"tone:{tone}")
            case effects.StopPrompt(prompt) if prompt in self.leg_prompts:
                self.leg_prompts.discard(prompt)
            case effects.StopPrompt(prompt):
                assert prompt == self.prompt, "stops what does not play"
                self.prompt = ""
            case effects.StartTimer(timer, seconds):
                self.timers[timer] = self.now + timedelta(seconds=seconds)
            case effects.CancelTimer(timer):
                del self.timers[timer]
            case effects.RingLeg(leg, target):
                self.targets[leg] = target
                self.legs[leg] = target.line
            case effects.CancelLeg(leg):
                del self.legs[leg]
                self.board.release(leg, self.now)
            case effects.Connect(leg):
                self.connected = self.legs[leg]
                self.alone = False
            case effects.Part():
                assert self.connected, "parts who does not talk"
                self.connected = ""
                self.alone = True
            case effects.Promote(leg):
                del self.legs[leg]
            case effects.Take() if self.offered is not None:
                self.legs[self.offered.leg] = self.offered.target.line
                self.offered = None
            case effects.Offer(offer, search):
                self._offer(offer, search, next_offer)
            case effects.Wait(offer, search):
                if self.queue_is_full:
                    self._pending.append(QueueFull(offer))
                else:
                    if self.waiting is None:
                        self._pending.append(Placed(offer, 1))
                    self.waiting = offer, search
            case effects.LeaveHunt(how):
                self.waiting = self.growing = None
                self.hunt_ends.append(how)
            case effects.Missed(line, limit):
                self.missed[line] = limit
            case effects.ToggleLine(line, switch):
                self.toggles.append((line, switch))
            case effects.SetOverride(multiselection, None):
                self.overrides.pop(multiselection, None)
            case effects.SetOverride(multiselection, override) if override is not None:
                self.overrides[multiselection] = override
            case effects.StartRecording():
                assert not self.prompt, "a prompt would be recorded too"
                self.recordings.append(effect)
            case effects.StopRecording(recording):
                assert recording == self.recordings[-1].recording, "stops what is not recorded"
                self.stopped.append(recording)
            case effects.PlayRecording(prompt, recording):
                assert not self.prompt, "two prompts at once"
                assert recording == self.recordings[-1].recording, "plays what is gone"
                self.prompt = prompt
                self.plays.append(f"recording:{recording}")
            case effects.DiscardRecording(recording):
                self.discarded.append(recording)
            case effects.SaveRecording(recording):
                self.saves.append(recording)
            case effects.PlayToLeg(_, prompt, announcements):
                self.leg_prompts.add(prompt)
                self.said_to_leg += announcements
            case effects.StartMusic() | effects.StartRinging():
                assert not any((self.music, self.ringing)), "two sounds at once"
                self.music = isinstance(effect, effects.StartMusic)
                self.ringing = not self.music
            case effects.StopMusic():
                assert self.music, "no music plays"
                self.music = False
            case effects.StopRinging():
                assert self.ringing, "nothing rings"
                self.ringing = False
            case effects.PickUp(lines):
                self.wanted = lines
            case effects.HangUp(cause):
                assert self.cause is None, "hung up twice"
                self.cause = int(cause)

    def _offer(self, offer: str, search: Search, decide: Callable[..., Any]) -> bool:
        """Decide and reserve as a driver does; say whether somebody is rung or the hunt leaves."""
        group = self.groups[search.group]
        decided: Callable[[View], Any] = partial(decide, group, search)
        chooser = Chooser(decided, offer)
        at_once(self.board.reserve("c", chooser, self.now, group=search.group))
        decision = chooser.decision
        if decision.members:
            self.growing = offer, decision.search
            self.waiting = None
        if decision.members or (decide is next_offer and self.waiting is None):
            self._pending.append(Offered(offer, group, decision))
        return bool(decision.members)

    def line_free(self, line: str) -> Walk:
        """Free a line that another call had, and serve who waits for it."""
        self.board.release(f"other-{line}", self.now)
        if self.waiting is not None:
            self._offer(*self.waiting, next_offer)
        elif self.growing is not None:
            self._offer(*self.growing, joining)
        while self._pending:
            self.send(self._pending.pop(0))
        return self

    def busy(self, *lines: str) -> Walk:
        """Let another call have lines."""
        for line in lines:
            self.board.occupy(line, f"other-{line}", f"other-{line}", self.now)
        return self

    def rings(self) -> list[str]:
        """The lines that ring, or talk."""
        return sorted(self.legs.values())

    def leg_on(self, line: str) -> str:
        return next(leg for leg, rung in self.legs.items() if rung == line)

    def ends_on(self, line: str, outcome: events.LegOutcome) -> Walk:
        """End the leg of one line."""
        leg = self.leg_on(line)
        del self.legs[leg]
        self.board.release(leg, self.now)
        return self.send(events.LegEnded(leg, outcome))

    def answers(self, line: str) -> Walk:
        return self.send(events.LegAnswered(self.leg_on(line)))

    def press(self, keys: str) -> Walk:
        for key in keys:
            self.send(events.KeyPressed(key))
        return self

    def listen(self) -> Walk:
        """Let the prompt play to its end."""
        ended, self.prompt = self.prompt, ""
        assert ended, "nothing plays"
        return self.send(events.PromptEnded(ended))

    def recorded(self, outcome: events.RecordingOutcome = events.RecordingOutcome.KEPT) -> Walk:
        """Let the recording that is under way be over."""
        return self.send(events.RecordingEnded(self.recordings[-1].recording, outcome, 2.0))

    def saved(self, saved: bool = True) -> Walk:
        """Let what is being saved be so, or fail."""
        return self.send(events.RecordingSaved(self.saves[-1], saved))

    def wait(self) -> Walk:
        """Let the next timer run out."""
        timer = min(self.timers, key=self.timers.__getitem__)
        self.now = self.timers.pop(timer)
        return self.send(events.TimerFired(timer))

    @property
    def leg(self) -> str:
        (leg,) = self.legs
        return leg

    def leg_ends(self, outcome: events.LegOutcome, cause: int = 0) -> Walk:
        leg = next(iter(self.legs))
        del self.legs[leg]
        self.board.release(leg, self.now)
        return self.send(events.LegEnded(leg, outcome, cause))

    def offer(self, event: events.LegOffered | events.PickedUp) -> Walk:
        """Let another call offer a leg; see what becomes of it in ``legs``."""
        self.offered = event
        self.send(event)
        self.offered = None
        return self

    def hand_over(self, gave: events.Side | None) -> Walk:
        """Another call has taken what it was offered: if a leg, that is not ours any more."""
        if gave is events.Side.LEG:
            del self.legs[self.leg]
        return self.send(events.HandedOver("other", gave))

    def answered(self) -> Walk:
        return self.send(events.LegAnswered(next(iter(self.legs))))

    @property
    def menu(self) -> str:
        return self.state.journey.trail[-1]

    @property
    def outcome(self) -> str:
        assert isinstance(self.state, state.Ended)
        return self.state.outcome.value

    @property
    def facts(self) -> list[Fact]:
        return [effect.fact for effect in self.effects if isinstance(effect, effects.Note)]

    @property
    def ignored(self) -> int:
        return sum(isinstance(effect, effects.Ignored) for effect in self.effects)
