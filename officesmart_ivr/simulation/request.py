"""A call that somebody wants to see made: when, by whom, to which number, with which keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from officesmart_ivr.callplan.plan_tests import LASTS, Answering


@dataclass(frozen=True, slots=True)
class Request:
    """A call to be made.

    ``at`` is aware. ``sender``: the extension whose phone calls, or a number outside; empty for a caller
    outside who shows none. ``keys`` are the caller's entries (:mod:`officesmart_ivr.callplan.caller_keys`).
    ``members``: by line, what whoever is called does; everybody else is free. ``overrides``: by
    multiselection, the menu of a manual override. ``lasts``: seconds that people talk, until the caller hangs
    up. ``overlaps``: the call begins while the one before it rings, waits or talks; else after its end.
    """

    at: datetime
    number: str
    sender: str = ""
    keys: tuple[str, ...] = ()
    members: Mapping[str, Answering] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    lasts: float = LASTS.total_seconds()
    overlaps: bool = False
