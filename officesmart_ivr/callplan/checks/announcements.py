"""Announcements: their sound files, and those that nobody plays."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding, quoted
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS

_CODES = {"missing": Code.MISSING_SOUND, "bad": Code.BAD_SOUND}


def unfit_sound(subject: Subject) -> Iterator[Finding]:
    """A sound file is not there, or not of an accepted format."""
    for name, announcement in subject.plan.announcements.items():
        problem = subject.sounds.problem(announcement.file)
        if problem is not None:
            kind, text = problem
            yield subject.finding(_CODES[kind], ("announcements", name, "file"), text)


def unused_announcement(subject: Subject) -> Iterator[Finding]:
    """Nothing plays an announcement. One with the name of a system prompt is played in its place."""
    used = {announcement for _, announcement in subject.announcements_used()}
    for name in subject.plan.announcements:
        if name not in used and name not in SYSTEM_PROMPTS:
            message = f"nothing plays the announcement {quoted(name)}"
            yield subject.finding_at_key(Code.UNUSED_ANNOUNCEMENT, ("announcements", name), message)
