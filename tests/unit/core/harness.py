"""A call under a virtual clock: events go in by name, what the caller notices comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core import effects, events, state
from officesmart_ivr.core.call import begin, step
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.target import Target

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def plan(menus: dict[str, Any], **changes: Any) -> PreparedPlan:
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
        )
    )


class Walk:
    """One call. ``timers``, ``legs`` and ``prompt`` are what is going on now; ``alone``: a parted caller."""

    def __init__(self, prepared: PreparedPlan, dialled: str = "100", *, phone: str = "") -> None:
        self.plan = prepared
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
        origin = state.Origin.PHONE if phone else state.Origin.TRUNK
        caller = state.Caller("c", dialled, phone or "3331234567", origin=origin, endpoint=phone)
        self.state: state.State = begin(caller)
        self.send(events.Arrived())

    def send(self, event: events.Event) -> Walk:
        self.state, out = step(self.plan, self.state, event, self.now)
        self.effects += out
        for effect in out:
            self._carry_out(effect)
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
            case effects.PickUp(lines):
                self.wanted = lines
            case effects.HangUp(cause):
                assert self.cause is None, "hung up twice"
                self.cause = int(cause)

    def press(self, keys: str) -> Walk:
        for key in keys:
            self.send(events.KeyPressed(key))
        return self

    def listen(self) -> Walk:
        """Let the prompt play to its end."""
        ended, self.prompt = self.prompt, ""
        assert ended, "nothing plays"
        return self.send(events.PromptEnded(ended))

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
        leg = self.leg
        del self.legs[leg]
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
        return self.send(events.LegAnswered(self.leg))

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
