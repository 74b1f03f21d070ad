"""A menu: it speaks, waits, reads keys, and gives up after its attempts."""

from __future__ import annotations

from officesmart_ivr.core.digits import BETWEEN_DIGITS_SECONDS, Chosen, Incomplete, Reading, Wrong
from officesmart_ivr.core.events import KeyPressed, PromptEnded, TimerFired
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import InMenu, Next
from officesmart_ivr.core.turn import Turn


def enter(turn: Turn, *, again: bool = False) -> Next:
    """Speak the current menu from the start; ``again``: the call is there already.

    Keys typed ahead are read at once, and the menu is not spoken.
    """
    turn.answer()
    turn.note(Fact.MENU_AGAIN if again else Fact.MENU, menu=turn.trail[-1])
    if turn.typed:
        typed, turn.typed = turn.typed, ""
        return _read(turn, InMenu(turn.journey()), typed)
    return _speak(turn, (), silent=0, wrong=0)


def key_pressed(turn: Turn, state: InMenu, event: KeyPressed) -> Next:
    """Stop the prompt and the clock, and read the entry so far."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    return _read(turn, state, state.entry + event.key)


def prompt_ended(turn: Turn, state: InMenu, event: PromptEnded) -> Next:
    """Start the no-input clock: it begins when the prompt ends."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    if not event.played:
        turn.note(Fact.NOT_PLAYED)
    timer = turn.start_timer(turn.menu().menu.no_input.seconds)
    return InMenu(turn.journey(), "", timer, "", state.silent, state.wrong)


def timer_fired(turn: Turn, state: InMenu, event: TimerFired) -> Next:
    """The between-digits time is over, or nothing was pressed."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    if state.entry:
        return _act(turn, state, turn.menu().entries.read(state.entry, over=True))
    return _no_input(turn, state)


def _speak(turn: Turn, before: tuple[str, ...], *, silent: int, wrong: int) -> InMenu:
    prompt = turn.play(*before, turn.menu().menu.announcement)
    return InMenu(turn.journey(), prompt, "", "", silent, wrong)


def _read(turn: Turn, state: InMenu, typed: str) -> Next:
    return _act(turn, state, turn.menu().entries.read(typed))


def _act(turn: Turn, state: InMenu, reading: Reading) -> Next:
    match reading:
        case Incomplete(entry):
            timer = turn.start_timer(BETWEEN_DIGITS_SECONDS)
            return InMenu(turn.journey(), "", timer, entry, state.silent, state.wrong)
        case Chosen(entry, destination, rest):
            turn.note(Fact.ENTRY, entry=entry, destination=str(destination))
            turn.typed = rest
            return destination
        case Wrong(entry, rest):
            return _invalid(turn, state, entry, rest)


def _invalid(turn: Turn, state: InMenu, entry: str, rest: str) -> Next:
    invalid = turn.menu().menu.invalid
    wrong = state.wrong + 1
    turn.note(Fact.WRONG_ENTRY, entry=entry, attempt=str(wrong), attempts=str(invalid.attempts))
    if wrong >= invalid.attempts:
        return invalid.then
    if rest:
        return _read(turn, InMenu(turn.journey(), silent=state.silent, wrong=wrong), rest)
    return _speak(turn, _optional(invalid.announcement), silent=state.silent, wrong=wrong)


def _no_input(turn: Turn, state: InMenu) -> Next:
    no_input = turn.menu().menu.no_input
    silent = state.silent + 1
    turn.note(Fact.NO_ENTRY, attempt=str(silent), attempts=str(no_input.attempts))
    if silent >= no_input.attempts:
        return no_input.then
    return _speak(turn, _optional(no_input.announcement), silent=silent, wrong=state.wrong)


def _optional(announcement: str | None) -> tuple[str, ...]:
    return () if announcement is None else (announcement,)
