"""From the texts of a plan to all that calls need. Everything here blocks: it belongs into a thread."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.announcements.speech.engine import Engine
from officesmart_ivr.announcements.speech.speaker import Speaker
from officesmart_ivr.announcements.store import Catalogue, Library
from officesmart_ivr.asterisk import provisioning
from officesmart_ivr.asterisk.provisioning import Objects
from officesmart_ivr.callplan import files, secrets
from officesmart_ivr.callplan.calendar_files import (
    CalendarFolder,
    CalendarTexts,
    calendar_files,
    calendar_folder,
)
from officesmart_ivr.callplan.checks import check
from officesmart_ivr.callplan.fields import CALENDAR_ENDING
from officesmart_ivr.callplan.findings import Code, Finding, Severity, count_line
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.calls.exchange import Service
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import PlanError, SettingsError
from officesmart_ivr.messages import say
from officesmart_ivr.observe.names import Names, names_of
from officesmart_ivr.plugins import strategies
from officesmart_ivr.settings import DataFolder, shipped
from officesmart_ivr.state.revisions import Texts, digest_of

_SOUNDS = (Code.MISSING_SOUND, Code.BAD_SOUND)
"""What calls can go on with: such an announcement is left out."""

Stamp = tuple[object, ...]
"""What tells whether anything has changed that a plan is made of."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A candidate without errors. Nothing was written yet."""

    texts: Texts
    prepared: PreparedPlan
    known: secrets.Secrets
    sounds: Path
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Ready:
    """All that calls are served with: plan and sounds, phones and trunks in Asterisk, names for people."""

    texts: Texts
    digest: str
    service: Service
    objects: Objects
    names: Names
    findings: Sequence[Finding]
    stamp: Stamp

    @property
    def plan(self) -> CallPlan:
        """The plan as it was written."""
        return self.service.plan.plan


class Workshop:
    """Makes plans of the office ready.

    ``plan`` is its file or folder, ``sounds`` None to look beside it, ``media_address`` where phones send
    sound; ``speech`` speaks the texts of announcements.
    """

    def __init__(
        self,
        plan: Path,
        sounds: Path | None,
        data: DataFolder,
        media_address: str,
        speech: Engine | None = None,
    ) -> None:
        self.plan = plan
        self.data = data
        self._sounds = sounds
        self._media_address = media_address
        self._strategies = strategies()
        self._secrets: Mapping[str, str] = {}
        """What stood in the file of secrets last, for the case that it is lost."""
        self.library = Library(data.sounds, shipped("sounds"), Speaker(data.speech, speech))

    @property
    def sounds(self) -> Path:
        """The folder of sounds of the plan."""
        return find_sounds(self.plan, self._sounds)

    @property
    def has_lost_secrets(self) -> bool:
        """Whether the file of secrets is away or empty, and was not."""
        return bool(self._secrets) and secrets.is_lost(secrets.beside(self.plan))

    def read(self) -> Texts:
        """Return what stands in the plan's own files. Raises PlanError."""
        return files.texts(self.plan)

    def look(self, texts: Texts, plan: CallPlan) -> Stamp:
        """Return the stamp of these texts with the secrets and files of the moment; ``plan`` names those.

        Raises SettingsError.
        """
        known = secrets.load(secrets.beside(self.plan))
        _, *others = self.parts(plan)
        own = {name: text for name, text in texts.items() if not is_calendar(name)}
        return digest_of(own), hash(frozenset(known.items())), *(version(file) for file in others)

    def parts(self, plan: CallPlan) -> list[Path]:
        """Return the files beside a plan's own that it is made of: the secrets, then calendars and sounds."""
        folder = self.sounds
        sounds = {each.file for each in plan.announcements.values() if each.file is not None}
        calendars = [calendar_folder(self.plan) / file for file in calendar_files(plan)]
        return [secrets.beside(self.plan), *calendars, *(folder / file for file in sorted(sounds))]

    def examine_disk(self) -> Examined:
        """Check what stands on the disk, calendars too. Raises as :meth:`examine` does."""
        return self._examine(self.read(), CalendarFolder.beside(self.plan), is_on_disk=True)

    def examine(self, texts: Texts, *, lenient: bool = False) -> Examined:
        """Check a candidate as a whole. Raises PlanError, with findings, and SettingsError.

        ``lenient``: sounds that are missing are no reason to refuse it.
        """
        calendars = {name: text for name, text in texts.items() if is_calendar(name)}
        own = {name: text for name, text in texts.items() if name not in calendars}
        return self._examine(own, CalendarTexts(calendars), lenient=lenient)

    def _examine(
        self, texts: Texts, calendars: CalendarTexts, *, lenient: bool = False, is_on_disk: bool = False
    ) -> Examined:
        known = secrets.Secrets(secrets.beside(self.plan), self._secrets)
        sounds = self.sounds
        candidate = files.read_texts(self.plan, texts, files.ignored(self.plan))
        checked = check(candidate, SoundFolder(sounds), known, self._strategies, calendars=calendars)
        refusing = [
            finding
            for finding in checked.findings
            if finding.severity is Severity.ERROR and not (lenient and finding.code in _SOUNDS)
        ]
        if refusing or candidate.plan is None or checked.prepared is None:
            count = count_line(checked.findings)
            raise PlanError(
                say("the call plan {plan} is refused: {count}", plan=self.plan, count=count)
                if is_on_disk
                else say("this plan is refused: {count}", count=count),
                checked.findings,
                remedy=say("Mend what the findings say."),
            )
        contents = {**texts, **calendars.contents}
        return Examined(contents, checked.prepared, known, sounds, checked.findings)

    def make_ready(self, examined: Examined) -> Ready:
        """Publish the sounds and generate missing secrets, which no call of another plan notices.

        Raises AnnouncementError and SettingsError where that cannot be written.
        """
        plan = examined.prepared.plan
        stamp = self.look(examined.texts, plan)
        catalogue = self.library.publish(plan, examined.sounds)
        wanted, file = secrets.made_up(plan), secrets.beside(self.plan)
        is_complete = not self.has_lost_secrets and all(name in examined.known for name in wanted)
        carriers = [trunk.password.secret for trunk in plan.trunks.values() if trunk.password]
        passwords = {
            **secrets.ensure(file, wanted, self._secrets),
            **{name: examined.known[name] for name in carriers},
        }
        # An editor may have emptied the file in this moment; what stood there is not forgotten for that.
        self._secrets = secrets.load(file) or self._secrets
        return Ready(
            texts=examined.texts,
            digest=digest_of(examined.texts),
            service=Service(replace(examined.prepared, pin=_pin(plan, passwords)), catalogue),
            objects=provisioning.wanted(plan, passwords, self._media_address),
            names=names_of(plan),
            findings=examined.findings,
            stamp=(stamp if is_complete else self.look(examined.texts, plan)) + _again(catalogue),
        )


def _again(catalogue: Catalogue) -> Stamp:
    """Return what makes a stamp unlike any other, where another try may do better."""
    return () if catalogue.is_final else (object(),)


def is_calendar(name: str) -> bool:
    """Say whether a file of a plan is a calendar, by its name."""
    return name.endswith(CALENDAR_ENDING)


def whole_texts(plan: Path) -> Texts:
    """Return what stands in the files of a plan and in the calendars that it names, right or wrong.

    Raises PlanError when there is no plan.
    """
    own = files.texts(plan)
    remains = files.read_texts(plan, own).remains
    calendars = CalendarFolder.beside(plan)
    for file in calendar_files(remains) if remains else ():
        calendars.problem(file)
    return {**own, **calendars.contents}


def version(path: Path) -> tuple[int, ...]:
    """Return what tells the versions of a file apart; nothing where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _pin(plan: CallPlan, known: Mapping[str, str]) -> str:
    """Return the PIN of the service codes, empty if the plan has none.

    Raises SettingsError for one that no phone can type: the file may have changed since it was checked.
    """
    named = plan.service_codes.pin
    if named is None:
        return ""
    if not secrets.is_pin(known[named.secret]):
        raise SettingsError(
            f"the secret '{named.secret}' is no PIN that a phone can type", remedy="Write 4 to 12 digits."
        )
    return known[named.secret]
