"""What all calls share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from officesmart_ivr.announcements.store import Catalogue
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.calls.hunts import Hunts
from officesmart_ivr.calls.outside import OutsideLines
from officesmart_ivr.calls.owners import Owners
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.state.call_log import CallLog
from officesmart_ivr.state.lines import LineBoard
from officesmart_ivr.state.phones import PhoneBoard


@dataclass(frozen=True, slots=True)
class Service:
    """What a call is served with: the plan it begins with, and that plan's sounds."""

    plan: PreparedPlan
    sounds: Catalogue


@dataclass(frozen=True, slots=True)
class Exchange:
    """What all calls share: Asterisk, who owns which of its events, the lines, the log, the hunts, the time.

    ``service`` gives what new calls are served with; ``clock`` the time, aware and in UTC. ``ringing`` maps
    the legs whose phone rings to their lines, the longest ringing first: what can be picked up. ``phones``
    has the addresses of the lines' phones.
    """

    ari: AriClient
    service: Callable[[], Service]
    lines: LineBoard
    outside: OutsideLines
    log: CallLog
    clock: Callable[[], datetime]
    owners: Owners
    hunts: Hunts
    ringing: dict[str, str] = field(default_factory=dict)
    phones: PhoneBoard = field(default_factory=PhoneBoard)
