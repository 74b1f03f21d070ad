"""A plan that a command works with, without a running system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import typer

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.cli.complaints import complain
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.errors import AnnouncementError, OfficeSmartError, PlanError
from officesmart_ivr.messages import Language
from officesmart_ivr.plugins import strategies
from officesmart_ivr.settings import shipped

BAD_PLAN = 1
BAD_USAGE = 2

_PROMPT_SECONDS = 2.0
"""How long an announcement counts that cannot be read."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plan without errors, ready for calls. ``seconds`` tells how long an announcement lasts, by its id."""

    plan: PreparedPlan
    seconds: Callable[[str], float]


def loaded(path: Path, sounds: Path | None, language: Language | None = None) -> Loaded:
    """Load a plan, or print why not and leave: with code 1 for its errors, 2 where there is no plan.

    ``language`` is that of what is printed, None for the user's.
    """
    try:
        folder = SoundFolder(find_sounds(path, sounds))
        known = secrets.Secrets(secrets.beside(path))
        calendars, available = CalendarFolder.beside(path), strategies()
        plan = load(path, folder, known, available, calendars=calendars)
    except OfficeSmartError as error:
        complain(error, language)
        has_findings = isinstance(error, PlanError) and error.findings
        raise typer.Exit(BAD_PLAN if has_findings else BAD_USAGE) from None
    named = plan.service_codes.pin
    pin = known[named.secret] if named is not None and named.secret in known else ""
    prepared = prepare(plan, available, pin=pin, calendars=calendars)
    return Loaded(prepared, _Lengths(prepared, folder))


def refuse(error: OfficeSmartError) -> NoReturn:
    """Tell what is wrong with what the command was given, and leave with code 2."""
    complain(error)
    raise typer.Exit(BAD_USAGE)


class _Lengths:
    """How long announcements last; each file is looked at once."""

    def __init__(self, plan: PreparedPlan, folder: SoundFolder) -> None:
        self._files = {name: each.file for name, each in plan.plan.announcements.items()}
        self._own = folder
        self._prompts = SoundFolder(shipped("sounds") / plan.plan.company.language)
        self._known: dict[str, float] = {}

    def __call__(self, announcement: str) -> float:
        if announcement not in self._known:
            self._known[announcement] = self._measured(announcement)
        return self._known[announcement]

    def _measured(self, announcement: str) -> float:
        own = self._files.get(announcement)
        folder, file = (self._own, own) if own else (self._prompts, f"{announcement}.wav")
        try:
            path = folder.locate(file)
            return inspect(path).seconds if path else _PROMPT_SECONDS
        except AnnouncementError:
            return _PROMPT_SECONDS
