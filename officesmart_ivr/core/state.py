"""The states of a call. Each is a type; a handler returns the next one.

::

    New ──► InMenu ◄──► Announcing ──► Ended
     │        │ ▲            │
     └──────► Ringing ◄──────┘
              │  ▲
              ▼  │ (a transfer)
             Talking ──► Ended ◄── PickingUp ◄── New

A caller may leave in any state, which leads to Ended.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.destination import Destination
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import Side
from officesmart_ivr.core.target import Target


class Origin(StrEnum):
    """Where a call comes from."""

    PHONE = "phone"
    TRUNK = "trunk"


class Outcome(StrEnum):
    """How a call ended."""

    CONNECTED = "connected"
    HANG_UP = "hang_up"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    TRANSFERRED = "transferred"
    REFUSED = "refused"
    LIMIT = "limit"
    CALLER_LEFT = "caller_left"


class Caller(msgspec.Struct, frozen=True):
    """Who calls: ``endpoint`` is the phone's extension or the trunk's id."""

    call_id: str
    dialled: str
    number: str = ""
    name: str = ""
    origin: Origin = Origin.TRUNK
    endpoint: str = ""


class Journey(msgspec.Struct, frozen=True):
    """What a call carries from state to state.

    ``trail``: the menus entered within ``multiselection``, the last is the current one. ``typed``: keys
    pressed before the menu that will read them. ``serial`` numbers prompts, timers and legs. ``steps``
    counts transitions for the plan's limit. ``promoted``: who sits in the caller's place, when a transfer by
    the caller's own phone has put somebody else there. ``sent_by``: the extension whose phone has transferred
    the call; until somebody is reached it is called with that line's rights, and that phone rings again when
    nobody is.
    """

    caller: Caller
    answered: bool = False
    multiselection: str = ""
    trail: tuple[str, ...] = ()
    typed: str = ""
    serial: int = 0
    steps: int = 0
    promoted: Target | None = None
    sent_by: str = ""


class End(msgspec.Struct, frozen=True, tag=True):
    """The call is to be released with this outcome and cause."""

    outcome: Outcome
    cause: Cause


class State(msgspec.Struct, frozen=True, tag=True):
    """Base of all states."""

    journey: Journey


class New(State, frozen=True):
    """Nothing has been decided yet."""


class InMenu(State, frozen=True):
    """A menu speaks or waits for a key.

    ``prompt`` is the prompt that plays, empty in the silence after it; ``timer`` the clock that runs (no
    input, or between digits while ``entry`` is not empty). ``silent`` and ``wrong`` count prompts that were
    followed by silence and by an invalid entry.
    """

    prompt: str = ""
    timer: str = ""
    entry: str = ""
    silent: int = 0
    wrong: int = 0


class Announcing(State, frozen=True):
    """Something is played before the call goes on to ``then``. ``timer`` bounds an endless tone."""

    prompt: str
    then: Destination | End
    timer: str = ""


class Ringing(State, frozen=True):
    """A phone, or a number outside, is rung for the caller."""

    leg: str
    timer: str
    target: Target


class Talking(State, frozen=True):
    """The caller and the leg talk. ``holds`` are the sides that have put the other one on hold."""

    leg: str
    target: Target
    holds: tuple[Side, ...] = ()


class PickingUp(State, frozen=True):
    """The caller's phone is being offered to a call that rings on one of these lines."""

    lines: frozenset[str]


class Ended(State, frozen=True):
    """Over. Whatever comes now is late."""

    outcome: Outcome


Next = State | Destination
"""What a handler returns: the next state, or a destination that routing turns into one."""
