"""Where a call is, in a form that outlives its process: what the next one must know to go on with it."""

from __future__ import annotations

import msgspec

from officesmart_ivr.callplan.destination import Destination, To
from officesmart_ivr.core.effects import Cause
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.state import (
    Announcing,
    ChoosingAnnouncement,
    ChoosingOverride,
    End,
    Ended,
    EnteringPin,
    Hunting,
    InMenu,
    Journey,
    New,
    Outcome,
    Recording,
    RecordingSoon,
    Reviewing,
    Ringing,
    State,
    Talking,
    ToCall,
)
from officesmart_ivr.core.target import Target

UNTOLD_IDS = 4
"""So many prompts, timers and legs a call may have made in the moment before a crash that was not written."""


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """The call is on its way to a destination of the plan, or there."""

    kind: To
    target: str = ""


class InGroup(msgspec.Struct, frozen=True, tag="group"):
    """A group looks for somebody; ``called_member`` is as in a search."""

    group: str
    called_member: str = ""


class ToLine(msgspec.Struct, frozen=True, tag="line"):
    """A line, or a number outside, is rung."""

    target: Target


class Over(msgspec.Struct, frozen=True, tag="over"):
    """The call is over, or is as soon as an announcement is; of talkers one has left."""

    outcome: Outcome
    cause: Cause


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The call cannot go on where it was, as in the middle of a PIN."""


Way = Heading | InGroup | ToLine | Over | Lost


class Place(msgspec.Struct, frozen=True):
    """Where a call is. ``channel`` is the one in the caller's seat, ``prompt`` what it hears, if anything."""

    channel: str
    journey: Journey
    way: Way
    prompt: str = ""


class TakenUp(Event, frozen=True):
    """A call whose process has died goes on in another one.

    ``place``: where it was; None where nobody knows. ``leg``: who has answered meanwhile and waits to talk,
    with the ``target`` that was rung.
    """

    place: Place | None
    leg: str = ""
    target: Target | None = None


def place_of(state: State, channel: str) -> Place | None:
    """Return the place of a call whose caller has this channel; None before it has any."""
    way: Way
    prompt = ""
    match state:
        case New() | ToCall():
            return None
        case InMenu(prompt=prompt):
            way = Heading(To.REPLAY)
        case Announcing(prompt=prompt, then=Destination(kind=kind, target=target)):
            way = Heading(kind, target)
        case Announcing(prompt=prompt, then=End(outcome, cause)):
            way = Over(outcome, cause)
        case Hunting(search=search, prompt=prompt):
            way = InGroup(search.group, search.called_member)
        case Ringing(target=line):
            way = ToLine(line)
        case Talking():
            way = Over(Outcome.CONNECTED, Cause.NORMAL)
        case Ended(outcome=outcome):
            way = Over(outcome, Cause.NORMAL)
        case EnteringPin(prompt=prompt) | ChoosingOverride(prompt=prompt):
            way = Lost()
        case ChoosingAnnouncement(prompt=prompt) | RecordingSoon(prompt=prompt) | Reviewing(prompt=prompt):
            way = Lost()
        case Recording():
            # Nothing could be heard before its end, and the end of the call is what makes a draft of it.
            way = Over(Outcome.HANG_UP, Cause.NORMAL)
        case _:
            way = Lost()
    # What was typed ahead is not kept: it may be half of something, and it is nobody's business.
    return Place(channel, msgspec.structs.replace(state.journey, typed=""), way, prompt)
