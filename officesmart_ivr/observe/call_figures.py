"""How quickly calls are served, and what went wrong with them, since the process began."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from officesmart_ivr.observe.durations import Durations


class Reason(StrEnum):
    """Why a call is not let in."""

    CALLS = "calls"
    RATE = "rate"
    LAG = "lag"
    DRAINING = "draining"


@dataclass(slots=True)
class CallFigures:
    """``requests``: how long Asterisk took for each, waiting for a connection included.

    ``keys``: from a key, as its call took it, until Asterisk had taken the prompt that follows. ``leaked``:
    calls whose channels did not report their end, so that they were given up.
    """

    requests: Durations = field(default_factory=Durations)
    keys: Durations = field(default_factory=Durations)
    leaked: int = 0
