"""What all calls share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.calls.admission import Admission
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.calls.studio import Studio
from officesmart_ivr.clock import REAL, Clock
from officesmart_ivr.core.events import Event
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.state import State
from officesmart_ivr.observe.call_figures import CallFigures
from officesmart_ivr.state.call_log import CallLog
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.overrides import MemoryOverrideBoard, OverrideBoard
from officesmart_ivr.state.phones import PhoneBoard


@dataclass(frozen=True, slots=True)
class Service:
    """What a call is served with: the plan it begins with, and that plan's sounds."""

    plan: PreparedPlan
    sounds: Catalogue


Watcher = Callable[[str, Event, State], None]
"""Is told the id of a call, what has happened to it, and the state that it is in now."""


def random_call_id() -> str:
    """Return an id that no other call has."""
    return secrets.token_hex(5)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What calls are given of the world, so that a program may put them into another one.

    ``watcher`` is told each event that a call has taken, once its effects are under way. By its id a call
    draws lots, so equal ids draw the same.
    """

    clock: Clock = REAL
    watcher: Watcher | None = None
    new_call_id: Callable[[], str] = random_call_id


AS_IT_IS = Circumstances()
"""The real world."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What all calls share: Asterisk, who owns which of its events, the lines, the log, the hunts, the time.

    ``service`` gives what new calls are served with; ``clock`` the time, aware and in UTC. ``ringing`` maps
    the legs whose phone rings to their lines, the longest ringing first: what can be picked up. ``phones``
    has the addresses of the lines' phones, ``overrides`` the manual overrides of the multiselections,
    ``studio`` what phones record. ``admission`` is the door for new calls, ``figures`` tell how quickly calls
    are served.
    """

    ari: AriClient
    service: Callable[[], Service]
    lines: LineBoard
    outside: OutsideLines
    log: CallLog
    clock: Callable[[], datetime]
    owners: Owners
    hunts: Hunts
    studio: Studio
    ringing: dict[str, str] = field(default_factory=dict)
    phones: PhoneBoard = field(default_factory=PhoneBoard)
    overrides: OverrideBoard = field(default_factory=MemoryOverrideBoard)
    admission: Admission = field(default_factory=Admission)
    figures: CallFigures = field(default_factory=CallFigures)
    circumstances: Circumstances = AS_IT_IS
