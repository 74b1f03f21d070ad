"""What can happen to a call. A driver makes these; the core reads them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.target import Target


class LegOutcome(StrEnum):
    """How a member's or phone's leg ended."""

    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    DO_NOT_DISTURB = "do_not_disturb"
    HUNG_UP = "hung_up"


class RecordingOutcome(StrEnum):
    """What became of a recording: kept as a draft, nothing to be heard in it, or not made at all."""

    KEPT = "kept"
    EMPTY = "empty"
    FAILED = "failed"


class Side(StrEnum):
    """The two sides of a conversation."""

    CALLER = "caller"
    LEG = "leg"


class Event(msgspec.Struct, frozen=True, tag=True):
    """Base of all events."""


class Arrived(Event, frozen=True):
    """The call is here and wants to be routed."""


class KeyPressed(Event, frozen=True):
    """The caller released a key: one of ``0``-``9``, ``*``, ``#``."""

    key: str


class PromptEnded(Event, frozen=True):
    """A prompt ended by itself, was stopped, or could not be played (``played`` false)."""

    prompt: str
    played: bool = True


class TimerFired(Event, frozen=True):
    """A timer that was started has run out."""

    timer: str


class CallerLeft(Event, frozen=True):
    """The caller hung up, or the channel vanished."""


class LegRinging(Event, frozen=True):
    """The phone of a leg rings."""

    leg: str


class LegAnswered(Event, frozen=True):
    """Somebody took the call."""

    leg: str


class LegKeyPressed(Event, frozen=True):
    """The person of a leg released a key."""

    leg: str
    key: str


class LegEnded(Event, frozen=True):
    """A leg is gone; ``cause`` is the Q.850 cause where one is known, else 0.

    ``trunk_down`` tells of a leg to the outside that was not even tried: in which state its trunk is.
    """

    leg: str
    outcome: LegOutcome
    cause: int = 0
    trunk_down: str = ""


class Held(Event, frozen=True):
    """A phone has put the other side on hold."""

    by: Side


class Resumed(Event, frozen=True):
    """A phone has ended its hold."""

    by: Side


class Transferred(Event, frozen=True):
    """A phone has sent the other side on to ``number``, as phones of the office dial it, and is out."""

    by: Side
    number: str


class LegOffered(Event, frozen=True):
    """An attended transfer by the phone at ``by``: its other call offers us the one who is there with it.

    The person offered talks, or is still being rung (``ringing``).
    """

    call: str
    by: Side
    leg: str
    target: Target
    ringing: bool = False


class MenuOffered(Event, frozen=True):
    """An attended transfer by the phone at ``by``: its other call offers us its place in a menu."""

    call: str
    by: Side
    multiselection: str
    trail: tuple[str, ...]


class GroupOffered(Event, frozen=True):
    """An attended transfer by the phone at ``by``: its other call offers us the group that it is hunting."""

    call: str
    by: Side
    group: str


class NothingOffered(Event, frozen=True):
    """An attended transfer by the phone at ``by`` came too late: nobody is with its other call any more."""

    by: Side


class PickedUp(Event, frozen=True):
    """Another phone, which has called us for this (``call``), would talk in place of the one that rings."""

    call: str
    leg: str
    target: Target


class Closing(Event, frozen=True):
    """The application is about to end: who does not talk cannot be served any longer."""


class HandedOver(Event, frozen=True):
    """The call ``to`` has taken what we offered: one of our sides (``gave``), or our place in a menu."""

    to: str
    gave: Side | None


class NothingRings(Event, frozen=True):
    """There is nothing to pick up, or somebody else was faster."""


class LineToggled(Event, frozen=True):
    """A line's switch was turned, by this change."""

    change: LineChange


class RecordingEnded(Event, frozen=True):
    """A recording is over, and it is known what is in it. ``seconds`` is its length."""

    recording: str
    outcome: RecordingOutcome
    seconds: float = 0.0


class RecordingSaved(Event, frozen=True):
    """Callers hear a recording from now on; or not, and it is a draft as before (``saved`` false)."""

    recording: str
    saved: bool
