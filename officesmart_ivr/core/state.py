"""The states of a call. Each is a type; a handler returns the next one.

::

    New ──► InMenu ◄──► Announcing ──► Ended
     │        │ ▲            │
     └──────► Ringing ◄──────┘
              │  ▲
              ▼  │ (a transfer)
             Talking ──► Ended ◄── PickingUp ◄── New

    Hunting is reached and left as Ringing is; from there a call may also go on to Hunting.

    New ──► EnteringPin ──► Toggling ──► Announcing, and New ──► Toggling: service codes for lines
    New ──► EnteringPin ──► ChoosingOverride ──► Announcing: the service code for overrides
    New ──► EnteringPin ──► ChoosingAnnouncement ──► RecordingSoon: the service code for recording

    ToCall ──► CallingPhone ──► RecordingSoon: the application calls a phone, to record

    RecordingSoon ──► Recording ──► Reviewing ──► Saving ──► Announcing
          ▲               │           │  ▲          │
          └───────────────┴───────────┘  └──────────┘

A caller may leave in any state, which leads to Ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.destination import Destination
from officesmart_ivr.callplan.model import Music
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import LegOutcome, Side
from officesmart_ivr.core.groups import PreparedGroup, PreparedMember
from officesmart_ivr.core.hunt import Search, Skip
from officesmart_ivr.core.lines import Switch
from officesmart_ivr.core.target import PhoneTarget, Target


class Origin(StrEnum):
    """Where a call comes from; ``office``: the application itself calls a phone."""

    PHONE = "phone"
    TRUNK = "trunk"
    OFFICE = "office"


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
    """Who calls: ``endpoint`` is the phone's extension or the trunk's id.

    Of a call that the office makes itself, it is the extension that is called.
    """

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


class ToCall(State, frozen=True):
    """The first state of a call that the office makes itself: a phone is to record an announcement."""

    announcement: str


class CallingPhone(State, frozen=True):
    """The office rings a phone, to let it record an announcement."""

    announcement: str
    leg: str
    timer: str
    target: PhoneTarget


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


class HuntClock(StrEnum):
    """The times of a hunt: of an offer, of the whole, in the queue, between announcements, to a new try."""

    RING = "ring"
    TOTAL = "total"
    QUEUE = "queue"
    ANNOUNCE = "announce"
    RETRY = "retry"


class Hunting(State, frozen=True):
    """A group looks for somebody: members ring, or the caller waits in its queue.

    ``offer`` names the last request for members. ``group`` is None until the first is answered. ``legs`` are
    the members that ring, by leg; ``asked`` those of them that have answered and are to press a key, with the
    prompt that says so. ``skipped``: who was passed over last, and why. ``timers``: those that run.
    ``prompt`` is the announcement that plays to the caller; ``sounds`` is what he hears of music and ringing
    tone. ``waits``: in the queue now, at ``place``; ``has_waited``: now or before; ``may_wait``: the queue's
    time is not over. ``announced`` counts announcements.
    """

    search: Search
    offer: str = ""
    group: PreparedGroup | None = None
    legs: Mapping[str, PreparedMember] = {}
    asked: Mapping[str, str] = {}
    skipped: Mapping[str, Skip] = {}
    timers: Mapping[HuntClock, str] = {}
    prompt: str = ""
    sounds: Music | None = None
    waits: bool = False
    has_waited: bool = False
    may_wait: bool = True
    place: int = 0
    announced: int = 0


class PickingUp(State, frozen=True):
    """The caller's phone is being offered to a call that rings on one of these lines."""

    lines: frozenset[str]


class TurnSwitch(msgspec.Struct, frozen=True, tag=True):
    """A phone wants to turn a switch of a line."""

    line: str
    switch: Switch


class ChangeOverride(msgspec.Struct, frozen=True, tag=True):
    """A phone wants to set or clear the manual override of a multiselection."""

    multiselection: str


class RecordAnnouncement(msgspec.Struct, frozen=True, tag=True):
    """A phone wants to record an announcement; it is still to say which if the name is empty."""

    announcement: str = ""


Wanted = TurnSwitch | ChangeOverride | RecordAnnouncement
"""What a phone gets that knows the PIN."""


class EnteringPin(State, frozen=True):
    """A phone is to type the PIN before it gets what it ``wanted``.

    ``prompt`` is the one that plays, empty after it; ``timer`` the time that is left to type. ``wrong``
    counts what was not the PIN.
    """

    wanted: Wanted
    prompt: str = ""
    timer: str = ""
    entry: str = ""
    wrong: int = 0


class Toggling(State, frozen=True):
    """A switch of a line is being turned."""

    line: str


class ChoosingOverride(State, frozen=True):
    """A phone is to choose, by a key, the menu of an override, or that none holds any more.

    ``prompt`` and ``timer`` are as for the PIN; ``tries`` counts prompts that no key with a meaning followed.
    """

    multiselection: str
    prompt: str = ""
    timer: str = ""
    tries: int = 0


class ChoosingAnnouncement(State, frozen=True):
    """A phone is to type the number of the announcement that it will record.

    ``prompt``, ``timer`` and ``entry`` are as for the PIN.
    """

    prompt: str = ""
    timer: str = ""
    entry: str = ""


class RecordingSoon(State, frozen=True):
    """A phone hears how it records, and the tone after which it does.

    ``empty`` counts recordings before this one in which nothing was to be heard.
    """

    announcement: str
    prompt: str
    empty: int = 0


class Recording(State, frozen=True):
    """A phone speaks, or has spoken and waits to know what is in the recording."""

    announcement: str
    recording: str
    empty: int = 0


class Reviewing(State, frozen=True):
    """A phone has recorded, and chooses what is to be done with it; or ``listens`` to it.

    ``prompt`` and ``timer`` are as for the PIN; ``tries`` counts prompts that no key with a meaning followed.
    """

    announcement: str
    recording: str
    prompt: str = ""
    timer: str = ""
    tries: int = 0
    listens: bool = False


class Saving(State, frozen=True):
    """A recording is being made what callers hear."""

    announcement: str
    recording: str


class Ended(State, frozen=True):
    """Over. Whatever comes now is late."""

    outcome: Outcome


class HuntOn(msgspec.Struct, frozen=True):
    """The group is to look for somebody in place of a member whose own number was called.

    ``refused``: how its phone has refused; None where the line could not even be rung.
    """

    group: str
    called_member: str
    refused: LegOutcome | None = None


Next = State | Destination | HuntOn
"""What a handler returns: the next state, or what routing turns into one."""
