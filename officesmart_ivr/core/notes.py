"""The facts that explain a call. Their wording, per language, is in ``observe/explain.py``."""

from __future__ import annotations

from enum import StrEnum


class Fact(StrEnum):
    """One kind of line in a call's explanation; the comment names what ``about`` holds."""

    ARRIVED = "arrived"  # number, caller, origin
    UNKNOWN_NUMBER = "unknown_number"  # number
    MULTISELECTION = "multiselection"  # multiselection
    DISABLED = "disabled"  # multiselection
    PERIOD = "period"  # period, menu
    NO_PERIOD = "no_period"  # multiselection
    MENU = "menu"  # menu
    PLAYS = "plays"  # announcements
    NOT_PLAYED = "not_played"
    ENTRY = "entry"  # entry, destination
    WRONG_ENTRY = "wrong_entry"  # entry, attempt, attempts
    NO_ENTRY = "no_entry"  # attempt, attempts
    GOES_TO = "goes_to"  # destination
    RINGS = "rings"  # extension, seconds
    RINGING = "ringing"  # extension
    ANSWERED = "answered"  # extension
    NOT_REACHED = "not_reached"  # extension, outcome
    NOT_ALLOWED = "not_allowed"  # number
    TOO_MANY_STEPS = "too_many_steps"  # steps
    CALLER_LEFT = "caller_left"
    OTHER_LEFT = "other_left"  # extension
    ENDED = "ended"  # outcome, cause
