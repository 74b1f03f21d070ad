"""The plan that the fallback serves calls with: the one that went live last."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from officesmart_ivr.agi import kept
from officesmart_ivr.agi.kept import KeptState
from officesmart_ivr.announcements.catalogue import Clip
from officesmart_ivr.callplan.calendar_files import CalendarTexts
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.model import ServiceCodes
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.plugins import strategies

_log = logging.getLogger(__name__)

_Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """What a call is served with: a plan, its sounds by the announcement's id, its number."""

    plan: PreparedPlan
    clips: Mapping[str, Clip]
    revision: int | None


class Plans:
    """What the application has left in a folder, read again when it has changed. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._plan_version: _Version = ()
        self._state_version: _Version = ()
        self._served: Served | None = None
        self._state = KeptState()

    def newest(self) -> Served | None:
        """Return the plan that went live last; where it cannot be read the one before, or None."""
        with self._turn:
            version = _version(self._folder / kept.PLAN_FILE)
            if version and version != self._plan_version:
                # One that cannot be read is tried once, not at each call.
                self._plan_version = version
                try:
                    self._served = _served(kept.read_plan(self._folder))
                except Exception as error:
                    _log.error("the plan of %s cannot be served: %s", self._folder, error)
                else:
                    _log.info("revision %s is served in an emergency", self._served.revision)
            return self._served

    def state(self) -> tuple[KeptState, bool]:
        """Return what people have set, and whether that has changed since it was last asked for."""
        with self._turn:
            version = _version(self._folder / kept.STATE_FILE)
            if not version or version == self._state_version:
                return self._state, False
            self._state_version = version
            try:
                self._state = kept.read_state(self._folder)
            except (OSError, msgspec.DecodeError) as error:
                _log.error("what people have set is not known: %s", error)
                return self._state, False
            return self._state, True


def _served(plan: kept.KeptPlan) -> Served:
    """Prepare a plan. It was checked before it went live, so what is wrong now is a fault, and raises."""
    found = parse(dict(plan.texts)).plan
    if found is None:
        raise ValueError("it is no plan; was it written by another version?")
    # What a phone changes by a code would be lost when the application is back, so there are none.
    without_codes = found.model_copy(update={"service_codes": ServiceCodes()})
    calendars = CalendarTexts(plan.calendars)
    return Served(prepare(without_codes, strategies(), calendars=calendars), plan.clips, plan.revision)


def _version(path: Path) -> _Version:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
