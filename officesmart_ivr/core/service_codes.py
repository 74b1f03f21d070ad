"""What phones dial for a service of the office: a code of the plan, and the number that the service needs.

Three codes turn a switch of a line on or off: logged in, paused, not to be disturbed. A phone does so for its
own line, and for another one once its user has typed the plan's PIN.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from officesmart_ivr.core.effects import Cause, ToggleLine
from officesmart_ivr.core.events import KeyPressed, LineToggled, PromptEnded, TimerFired
from officesmart_ivr.core.lines import LineChange, Switch
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.pick_up import pick_up
from officesmart_ivr.core.state import Announcing, End, EnteringPin, Outcome, State, Toggling
from officesmart_ivr.core.turn import Turn

END_OF_PIN = "#"
PIN_SECONDS = 5.0
"""How long a phone may be silent before what it has typed is taken for the whole PIN."""

PIN_ATTEMPTS = 3

_DONE = End(Outcome.HANG_UP, Cause.NORMAL)
_NOT_ALLOWED = End(Outcome.REFUSED, Cause.REJECTED)
_UNKNOWN_LINE = End(Outcome.REFUSED, Cause.UNALLOCATED)

_HEARD: Mapping[LineChange, str] = {
    LineChange.LOGIN: "logged-in",
    LineChange.LOGOUT: "logged-out",
    LineChange.PAUSE: "paused",
    LineChange.RESUME: "resumed",
    LineChange.DO_NOT_DISTURB_ON: "do-not-disturb-on",
    LineChange.DO_NOT_DISTURB_OFF: "do-not-disturb-off",
}


def serve(turn: Turn, dialled: str) -> State | None:
    """Return the state of a phone's call that has dialled a service code; None when it has dialled none."""
    codes = turn.plan.plan.service_codes
    if codes.pick_up and dialled.startswith(codes.pick_up):
        return pick_up(turn, dialled.removeprefix(codes.pick_up))
    for switch, code in (
        (Switch.LOGIN, codes.login),
        (Switch.PAUSE, codes.pause),
        (Switch.DO_NOT_DISTURB, codes.do_not_disturb),
    ):
        if code and dialled.startswith(code):
            return _turn_switch(turn, switch, dialled.removeprefix(code))
    return None


def _turn_switch(turn: Turn, switch: Switch, number: str) -> State:
    own = turn.caller.endpoint
    line = turn.plan.line_named(number) if number else own
    if line is None:
        turn.note(Fact.UNKNOWN_NUMBER, number=number)
        return _refused(turn, "unknown-number", _UNKNOWN_LINE)
    if line == own:
        return _toggle(turn, line, switch)
    if not turn.plan.pin:
        turn.note(Fact.NO_PIN, line=line)
        return _refused(turn, "not-allowed", _NOT_ALLOWED)
    turn.answer()
    turn.note(Fact.ASKS_PIN, line=line)
    return EnteringPin(turn.journey(), line, switch, turn.play("enter-pin"))


def key_pressed(turn: Turn, state: EnteringPin, event: KeyPressed) -> State:
    """Take a key of the PIN. Which one is never told."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    if event.key == END_OF_PIN:
        return _pin_entered(turn, state)
    timer = turn.start_timer(PIN_SECONDS)
    entry = state.entry + event.key
    return EnteringPin(turn.journey(), state.line, state.switch, "", timer, entry, state.wrong)


def prompt_ended(turn: Turn, state: EnteringPin, event: PromptEnded) -> State:
    """Give the phone time to type."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    timer = turn.start_timer(PIN_SECONDS)
    return EnteringPin(turn.journey(), state.line, state.switch, "", timer, "", state.wrong)


def timer_fired(turn: Turn, state: EnteringPin, event: TimerFired) -> State:
    """Take what was typed for the whole PIN."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    return _pin_entered(turn, state)


def line_toggled(turn: Turn, state: Toggling, event: LineToggled) -> State:
    """Say what the line is now, and release the phone."""
    turn.note(Fact.LINE_CHANGED, line=state.line, change=event.change.value)
    turn.answer()
    return Announcing(turn.journey(), turn.play(_HEARD[event.change]), _DONE)


def _pin_entered(turn: Turn, state: EnteringPin) -> State:
    if hmac.compare_digest(state.entry, turn.plan.pin):
        return _toggle(turn, state.line, state.switch)
    wrong = state.wrong + 1
    turn.note(Fact.WRONG_PIN, attempt=str(wrong), attempts=str(PIN_ATTEMPTS))
    if wrong >= PIN_ATTEMPTS:
        return _refused(turn, "wrong-pin", _NOT_ALLOWED)
    prompt = turn.play("wrong-pin", "enter-pin")
    return EnteringPin(turn.journey(), state.line, state.switch, prompt, wrong=wrong)


def _toggle(turn: Turn, line: str, switch: Switch) -> State:
    turn.effects.append(ToggleLine(line, switch))
    return Toggling(turn.journey(), line)


def _refused(turn: Turn, announcement: str, end: End) -> State:
    """Say why not; before the answer the announcement is early media."""
    return Announcing(turn.journey(), turn.play(announcement), end)
