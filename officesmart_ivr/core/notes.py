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
    OVERRIDDEN = "overridden"  # by, since, until; the last is empty where somebody has to clear it
    OVERRIDE_IGNORED = "override_ignored"  # multiselection, menu
    MENU = "menu"  # menu
    MENU_AGAIN = "menu_again"  # menu
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
    ASKS_PIN_TO_OVERRIDE = "asks_pin_to_override"  # multiselection
    NO_PIN_TO_OVERRIDE = "no_pin_to_override"  # multiselection
    ASKS_KEY = "asks_key"  # multiselection
    OVERRIDE_SET = "override_set"  # multiselection, menu
    OVERRIDE_CLEARED = "override_cleared"  # multiselection
    ASKS_PIN_TO_RECORD = "asks_pin_to_record"
    NO_PIN_TO_RECORD = "no_pin_to_record"
    CALLS_TO_RECORD = "calls_to_record"  # line, announcement
    ASKS_ANNOUNCEMENT = "asks_announcement"
    RECORDS = "records"  # announcement
    RECORDED = "recorded"  # seconds
    RECORDED_NOTHING = "recorded_nothing"
    NOT_RECORDED = "not_recorded"
    LISTENS = "listens"
    RECORDING_SAVED = "recording_saved"
    RECORDING_NOT_SAVED = "recording_not_saved"
    LEFT_AS_DRAFT = "left_as_draft"
    NOT_REACHED = "not_reached"  # line, outcome
    NO_LINE = "no_line"  # line, trunk, outcome
    TRUNK_DOWN = "trunk_down"  # trunk, state
    NOT_ALLOWED = "not_allowed"  # number
    DENIED = "denied"  # number, prefix
    PREMIUM = "premium"  # number, prefix
    NO_TRUNK = "no_trunk"  # number
    TAKEN_OVER = "taken_over"  # line; by a new process, after the call was begun by one that is gone
    GOES_ON = "goes_on"  # in a new process, where it was; the lines that rang do not ring any more
    BEGINS_ANEW = "begins_anew"  # in a new process, which does not know where the call was
    CLOSING = "closing"  # the application stops
    TOO_MANY_STEPS = "too_many_steps"  # steps
    CALLER_LEFT = "caller_left"
    OTHER_LEFT = "other_left"  # line
    ENDED = "ended"  # outcome, cause
