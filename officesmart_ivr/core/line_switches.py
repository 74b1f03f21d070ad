"""Switches of lines that phones turn: logged in, paused, not to be disturbed."""

from __future__ import annotations

from collections.abc import Mapping

from officesmart_ivr.core.effects import Cause, ToggleLine
from officesmart_ivr.core.events import LineToggled
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import End, Outcome, State, Toggling, TurnSwitch
from officesmart_ivr.core.turn import Turn

_DONE = End(Outcome.HANG_UP, Cause.NORMAL)

_HEARD: Mapping[LineChange, str] = {
    LineChange.LOGIN: "logged-in",
    LineChange.LOGOUT: "logged-out",
    LineChange.PAUSE: "paused",
    LineChange.RESUME: "resumed",
    LineChange.DO_NOT_DISTURB_ON: "do-not-disturb-on",
    LineChange.DO_NOT_DISTURB_OFF: "do-not-disturb-off",
}


def toggle(turn: Turn, wanted: TurnSwitch) -> State:
    """Turn a switch of a line to its other side."""
    turn.effects.append(ToggleLine(wanted.line, wanted.switch))
    return Toggling(turn.journey(), wanted.line)


def line_toggled(turn: Turn, state: Toggling, event: LineToggled) -> State:
    """Say what the line is now, and release the phone."""
    turn.note(Fact.LINE_CHANGED, line=state.line, change=event.change.value)
    turn.answer()
    return turn.say(_HEARD[event.change], then=_DONE)
