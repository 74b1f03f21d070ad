"""One step of a call while it is being worked out: what it reads, and the effects it gathers."""

from __future__ import annotations

from datetime import datetime

from officesmart_ivr.callplan.destination import Destination
from officesmart_ivr.core.effects import (
    Answer,
    CancelTimer,
    Cause,
    Effect,
    HangUp,
    Ignored,
    Note,
    Play,
    PlayTone,
    StartTimer,
    StopPrompt,
    Tone,
)
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import Overrides
from officesmart_ivr.core.prepared import PreparedMenu, PreparedPlan
from officesmart_ivr.core.state import Announcing, Caller, End, Ended, Journey, Outcome


class Turn:
    """The workbench of one step.

    Handlers read and change the journey here, append effects through the methods, and make the next state.
    The journey that it carries is the one at the end of the step, wherever the handler has frozen it.
    """

    __slots__ = (
        "answered",
        "caller",
        "effects",
        "multiselection",
        "now",
        "overrides",
        "plan",
        "promoted",
        "sent_by",
        "serial",
        "steps",
        "trail",
        "typed",
    )

    def __init__(self, plan: PreparedPlan, journey: Journey, now: datetime, overrides: Overrides) -> None:
        self.plan = plan
        self.now = now
        self.overrides = overrides
        self.effects: list[Effect] = []
        self.caller: Caller = journey.caller
        self.answered = journey.answered
        self.multiselection = journey.multiselection
        self.trail = journey.trail
        self.typed = journey.typed
        self.serial = journey.serial
        self.steps = journey.steps
        self.promoted = journey.promoted
        self.sent_by = journey.sent_by

    def journey(self) -> Journey:
        """Freeze what the call carries on."""
        return Journey(
            self.caller,
            self.answered,
            self.multiselection,
            self.trail,
            self.typed,
            self.serial,
            self.steps,
            self.promoted,
            self.sent_by,
        )

    def menu(self) -> PreparedMenu:
        """Return the menu that the call is in."""
        return self.plan.menus[self.multiselection, self.trail[-1]]

    def new_id(self, kind: str) -> str:
        """Make an id that no other prompt, timer or leg of any call has."""
        self.serial += 1
        return self.id_of(kind, self.serial)

    def id_of(self, kind: str, serial: int) -> str:
        """Return the id that is made for this number."""
        return f"{self.caller.call_id}-{kind}{serial}"

    def note(self, fact: Fact, **about: str) -> None:
        """Add a line to the call's explanation."""
        self.effects.append(Note(fact, about))

    def ignore(self, event: Event) -> None:
        """Count an event that came too late."""
        self.effects.append(Ignored(type(event).__name__))

    def answer(self) -> None:
        """Answer the caller, once."""
        if not self.answered:
            self.answered = True
            self.effects.append(Answer())

    def play(self, *announcements: str) -> str:
        """Begin a prompt; return its id."""
        prompt = self.new_id("p")
        self.effects.append(Play(prompt, announcements))
        self.note(Fact.PLAYS, announcements=" ".join(announcements))
        return prompt

    def play_tone(self, tone: Tone) -> str:
        """Begin a tone, which lasts until stopped; return its prompt id."""
        prompt = self.new_id("p")
        self.effects.append(PlayTone(prompt, tone))
        return prompt

    def stop(self, prompt: str) -> None:
        """Stop a prompt if there is one."""
        if prompt:
            self.effects.append(StopPrompt(prompt))

    def start_timer(self, seconds: float) -> str:
        """Start a timer; return its id."""
        timer = self.new_id("t")
        self.effects.append(StartTimer(timer, seconds))
        return timer

    def cancel_timer(self, timer: str) -> None:
        """Forget a timer if there is one."""
        if timer:
            self.effects.append(CancelTimer(timer))

    def say(self, *announcements: str, then: Destination | End) -> Announcing:
        """Play announcements to the caller, and go on; before the answer they are early media."""
        return Announcing(self.journey(), self.play(*announcements), then)

    def end(self, outcome: Outcome, cause: Cause) -> Ended:
        """Release the caller."""
        self.effects.append(HangUp(cause))
        return self.over(outcome, cause)

    def over(self, outcome: Outcome, cause: Cause) -> Ended:
        """Close the call when the caller's channel is gone, or about to be."""
        self.note(Fact.ENDED, outcome=outcome.value, cause=str(int(cause)))
        return Ended(self.journey(), outcome)
