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
    HUNT_GROUP = "hunt_group"  # hunt_group
    PLAYS = "plays"  # announcements
    NOT_PLAYED = "not_played"
    ENTRY = "entry"  # entry, destination
    WRONG_ENTRY = "wrong_entry"  # entry, attempt, attempts
    NO_ENTRY = "no_entry"  # attempt, attempts
    GOES_TO = "goes_to"  # destination
    RINGS = "rings"  # line, seconds
    CALLS_OUTSIDE = "calls_outside"  # line, trunk, caller_id, seconds
    RINGING = "ringing"  # line
    ANSWERED = "answered"  # line
    SKIPPED = "skipped"  # line, why
    ASKED = "asked"  # line, entry
    WAITS = "waits"  # hunt_group, place
    QUEUE_FULL = "queue_full"  # hunt_group
    LEAVES_QUEUE = "leaves_queue"  # entry, destination
    LEAVES_GROUP = "leaves_group"  # hunt_group, outcome
    HELD = "held"  # line
    RESUMED = "resumed"  # line
    TRANSFERS = "transfers"  # line, to
    JOINS = "joins"  # line, to, call
    JOINS_RINGING = "joins_ringing"  # line, to, call
    JOINS_MENU = "joins_menu"  # line, call
    JOINS_GROUP = "joins_group"  # line, hunt_group, call
    RECALLS = "recalls"  # line
    PICKED_UP = "picked_up"  # line, call
    PICKS_UP = "picks_up"  # number
    NOTHING_RINGS = "nothing_rings"
    HANDED_OVER = "handed_over"  # call
    LINE_CHANGED = "line_changed"  # line, change
    ASKS_PIN = "asks_pin"  # line
    WRONG_PIN = "wrong_pin"  # attempt, attempts
    NO_PIN = "no_pin"  # line
    NOT_REACHED = "not_reached"  # line, outcome
    NO_LINE = "no_line"  # line, trunk, outcome
    TRUNK_DOWN = "trunk_down"  # trunk, state
    NOT_ALLOWED = "not_allowed"  # number
    DENIED = "denied"  # number, prefix
    PREMIUM = "premium"  # number, prefix
    NO_TRUNK = "no_trunk"  # number
    TAKEN_OVER = "taken_over"  # line; by a new process, after the call was begun by one that is gone
    TOO_MANY_STEPS = "too_many_steps"  # steps
    CALLER_LEFT = "caller_left"
    OTHER_LEFT = "other_left"  # line
    ENDED = "ended"  # outcome, cause
