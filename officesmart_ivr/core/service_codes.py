"""What phones dial for a service of the office: a code of the plan, and the number that the service needs.

Three codes turn a switch of a line on or off: logged in, paused, not to be disturbed. A phone does so for its
own line, and for another one once its user has typed the plan's PIN. A fourth one sets or clears the manual
override of a multiselection, a fifth records an announcement, both always with the PIN.
"""

from __future__ import annotations

from officesmart_ivr.core import line_switches, pin, recording
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.lines import Switch
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.pick_up import pick_up
from officesmart_ivr.core.state import ChangeOverride, End, Outcome, RecordAnnouncement, State, TurnSwitch
from officesmart_ivr.core.turn import Turn

_UNKNOWN = End(Outcome.REFUSED, Cause.UNALLOCATED)


def serve(turn: Turn, dialled: str) -> State | None:
    """Return the state of a phone's call that has dialled a service code; None when it has dialled none."""
    codes = turn.plan.plan.service_codes
    if codes.pick_up and dialled.startswith(codes.pick_up):
        return pick_up(turn, dialled.removeprefix(codes.pick_up))
    if codes.override and dialled.startswith(codes.override):
        return _change_override(turn, dialled.removeprefix(codes.override))
    if codes.record and dialled.startswith(codes.record):
        return _record(turn, dialled.removeprefix(codes.record))
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
        return _unknown(turn, number)
    wanted = TurnSwitch(line, switch)
    return line_switches.toggle(turn, wanted) if line == own else pin.ask(turn, wanted)


def _change_override(turn: Turn, number: str) -> State:
    """Ask for the PIN, the caller's own site or not: an override changes what everybody hears."""
    named = turn.plan.multiselection_named(number) if number else _own_multiselection(turn)
    return pin.ask(turn, ChangeOverride(named)) if named else _unknown(turn, number)


def _record(turn: Turn, number: str) -> State:
    """Ask for the PIN: an announcement is what everybody hears."""
    announcement = turn.plan.recorded_by(number)
    if number and announcement is None:
        return recording.unknown_number(turn, number)
    return pin.ask(turn, RecordAnnouncement(announcement or ""))


def _own_multiselection(turn: Turn) -> str | None:
    """Return the only multiselection at the caller's site, else the only one of the plan.

    One that is switched off, where an override would change nothing, does not make the choice unclear.
    """
    site = turn.plan.site_of(turn.caller.endpoint)
    known = turn.plan.plan.multiselections
    at_site = [name for name, each in known.items() if site is not None and each.site == site]
    for names in (at_site, list(known)):
        for choice in ([name for name in names if known[name].enabled], names):
            if len(choice) == 1:
                return choice[0]
    return None


def _unknown(turn: Turn, number: str) -> State:
    turn.note(Fact.UNKNOWN_NUMBER, number=number or turn.caller.dialled)
    return turn.say("unknown-number", then=_UNKNOWN)
