"""A phone sets or clears a manual override: it presses the key of a menu, and hears what callers hear now.

What is set in this way holds until it is cleared: a phone has no clock on its keys, and whoever closes the
office from one opens it again from one.
"""

from __future__ import annotations

from officesmart_ivr.core.effects import Cause, SetOverride
from officesmart_ivr.core.events import KeyPressed, PromptEnded, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import CLEAR, Override, override_keys, period_at
from officesmart_ivr.core.state import ChoosingOverride, End, Outcome, State
from officesmart_ivr.core.turn import Turn

KEY_SECONDS = 5.0
"""How long a phone may be silent before it is asked again."""

KEY_ATTEMPTS = 3

_DONE = End(Outcome.HANG_UP, Cause.NORMAL)


def ask(turn: Turn, multiselection: str) -> State:
    """Ask for the key of a menu."""
    turn.note(Fact.ASKS_KEY, multiselection=multiselection)
    return ChoosingOverride(turn.journey(), multiselection, turn.play("override-key"))


def key_pressed(turn: Turn, state: ChoosingOverride, event: KeyPressed) -> State:
    """Set the override of the key's menu, or clear it."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    name, by = state.multiselection, turn.caller.endpoint
    if event.key == CLEAR:
        turn.note(Fact.OVERRIDE_CLEARED, multiselection=name)
        turn.effects.append(SetOverride(name, None, by))
        return turn.say("override-off", *_holds_now(turn, name, None), then=_DONE)
    menu = override_keys(turn.plan.multiselection(name)).get(event.key)
    if menu is None:
        tries = str(state.tries + 1)
        turn.note(Fact.WRONG_ENTRY, entry=event.key, attempt=tries, attempts=str(KEY_ATTEMPTS))
        return _again(turn, state, "invalid")
    turn.note(Fact.OVERRIDE_SET, multiselection=name, menu=menu)
    override = Override(menu, turn.now, by=by)
    turn.effects.append(SetOverride(name, override, by))
    return turn.say(*_holds_now(turn, name, override), then=_DONE)


def prompt_ended(turn: Turn, state: ChoosingOverride, event: PromptEnded) -> State:
    """Give the phone time to choose."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    timer = turn.start_timer(KEY_SECONDS)
    return ChoosingOverride(turn.journey(), state.multiselection, "", timer, state.tries)


def timer_fired(turn: Turn, state: ChoosingOverride, event: TimerFired) -> State:
    """Ask again after a silence."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    turn.note(Fact.NO_ENTRY, attempt=str(state.tries + 1), attempts=str(KEY_ATTEMPTS))
    return _again(turn, state, "no-input")


def _holds_now(turn: Turn, name: str, override: Override | None) -> tuple[str, ...]:
    """Return what tells the phone what callers hear from now on."""
    if not turn.plan.multiselection(name).enabled:
        return ("override-disabled",)
    period = period_at(turn.plan, name, turn.now, override)
    return ("override-on", turn.plan.menus[name, period.menu].menu.announcement) if period else ()


def _again(turn: Turn, state: ChoosingOverride, why: str) -> State:
    tries = state.tries + 1
    if tries >= KEY_ATTEMPTS:
        return turn.say(why, then=_DONE)
    return ChoosingOverride(turn.journey(), state.multiselection, turn.play(why, "override-key"), tries=tries)
