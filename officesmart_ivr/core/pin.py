"""The PIN of the service codes: it is typed, and whoever knows it gets what he wanted."""

from __future__ import annotations

import hmac

from officesmart_ivr.core import line_switches, override_code, recording
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import KeyPressed, PromptEnded, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import (
    ChangeOverride,
    End,
    EnteringPin,
    Outcome,
    RecordAnnouncement,
    State,
    TurnSwitch,
    Wanted,
)
from officesmart_ivr.core.turn import Turn

END_OF_PIN = "#"
PIN_SECONDS = 5.0
"""How long a phone may be silent before what it has typed is taken for the whole PIN."""

PIN_ATTEMPTS = 3

_NOT_ALLOWED = End(Outcome.REFUSED, Cause.REJECTED)


def ask(turn: Turn, wanted: Wanted) -> State:
    """Ask for the PIN; without one in the plan nobody gets what needs it."""
    if not turn.plan.pin:
        _note(turn, wanted, Fact.NO_PIN, Fact.NO_PIN_TO_OVERRIDE, Fact.NO_PIN_TO_RECORD)
        return turn.say("not-allowed", then=_NOT_ALLOWED)
    turn.answer()
    _note(turn, wanted, Fact.ASKS_PIN, Fact.ASKS_PIN_TO_OVERRIDE, Fact.ASKS_PIN_TO_RECORD)
    return EnteringPin(turn.journey(), wanted, turn.play("enter-pin"))


def key_pressed(turn: Turn, state: EnteringPin, event: KeyPressed) -> State:
    """Take a key of the PIN. Which one is never told."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    if event.key == END_OF_PIN:
        return _entered(turn, state)
    timer = turn.start_timer(PIN_SECONDS)
    entry = state.entry + event.key
    return EnteringPin(turn.journey(), state.wanted, "", timer, entry, state.wrong)


def prompt_ended(turn: Turn, state: EnteringPin, event: PromptEnded) -> State:
    """Give the phone time to type."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    timer = turn.start_timer(PIN_SECONDS)
    return EnteringPin(turn.journey(), state.wanted, "", timer, "", state.wrong)


def timer_fired(turn: Turn, state: EnteringPin, event: TimerFired) -> State:
    """Take what was typed for the whole PIN."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    return _entered(turn, state)


def _entered(turn: Turn, state: EnteringPin) -> State:
    if hmac.compare_digest(state.entry, turn.plan.pin):
        return _granted(turn, state.wanted)
    wrong = state.wrong + 1
    turn.note(Fact.WRONG_PIN, attempt=str(wrong), attempts=str(PIN_ATTEMPTS))
    if wrong >= PIN_ATTEMPTS:
        return turn.say("wrong-pin", then=_NOT_ALLOWED)
    prompt = turn.play("wrong-pin", "enter-pin")
    return EnteringPin(turn.journey(), state.wanted, prompt, wrong=wrong)


def _granted(turn: Turn, wanted: Wanted) -> State:
    match wanted:
        case TurnSwitch():
            return line_switches.toggle(turn, wanted)
        case ChangeOverride(multiselection):
            return override_code.ask(turn, multiselection)
        case RecordAnnouncement(announcement):
            return recording.begin(turn, announcement)


def _note(turn: Turn, wanted: Wanted, of_line: Fact, of_override: Fact, of_recording: Fact) -> None:
    match wanted:
        case TurnSwitch(line):
            turn.note(of_line, line=line)
        case ChangeOverride(multiselection):
            turn.note(of_override, multiselection=multiselection)
        case RecordAnnouncement():
            turn.note(of_recording)
