"""What can happen to a call. A driver makes these; the core reads them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LegOutcome(StrEnum):
    """How a member's or phone's leg ended."""

    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung_up"


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


class LegEnded(Event, frozen=True):
    """A leg is gone; ``cause`` is the Q.850 cause where one is known, else 0.

    ``trunk_down`` tells of a leg to the outside that was not even tried: in which state its trunk is.
    """

    leg: str
    outcome: LegOutcome
    cause: int = 0
    trunk_down: str = ""
