"""Announcements: their sound files, those that nobody plays, and the numbers by which they are recorded."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS
from officesmart_ivr.messages import Message, quoted, say

_CODES = {"missing": Code.MISSING_SOUND, "bad": Code.BAD_SOUND}


def unfit_sound(subject: Subject) -> Iterator[Finding]:
    """A sound file is not there, or not of an accepted format.

    Before an announcement can be recorded by telephone its plan must be live: until then it may be missing.
    """
    for name, announcement in subject.plan.announcements.items():
        if announcement.file is None:
            continue
        problem = subject.sounds.problem(announcement.file)
        if problem is not None:
            kind, text = problem
            code = _CODES[kind]
            if code is Code.MISSING_SOUND and (number := announcement.record_number) is not None:
                how = _how_to_record(subject, name, number)
                code, text = Code.NOT_RECORDED, say("{problem}; {how}", problem=text, how=how)
            yield subject.finding(code, ("announcements", name, "file"), text)


def same_record_number(subject: Subject) -> Iterator[Finding]:
    """Two announcements would be recorded by the same number; reported at the later one."""
    owners: dict[str, str] = {}
    for name, announcement in subject.plan.announcements.items():
        number = announcement.record_number
        if number is None:
            continue
        first = owners.setdefault(number, name)
        if first != name:
            message = say(
                "{first} is recorded by the number {number} already; choose another",
                first=quoted(first),
                number=number,
            )
            yield subject.finding(Code.DUPLICATE_NUMBER, ("announcements", name, "record_number"), message)


def _how_to_record(subject: Subject, name: str, number: str) -> Message:
    code = subject.plan.service_codes.record
    if code is None:
        return say(
            "nobody hears this announcement before it is recorded: use 'announcement record {name}'",
            name=name,
        )
    return say(
        "nobody hears this announcement before it is recorded: dial {number} from a phone",
        number=f"{code}{number}",
    )


def unused_announcement(subject: Subject) -> Iterator[Finding]:
    """Nothing plays an announcement. One with the name of a system prompt is played in its place.

    A name that is nearly one may be meant to be it.
    """
    used = {announcement for _, announcement in subject.announcements_used()}
    for name in subject.plan.announcements:
        if name not in used and name not in SYSTEM_PROMPTS:
            message = say(
                "nothing plays the announcement {name}{hint}",
                name=quoted(name),
                hint=did_you_mean(name, SYSTEM_PROMPTS) or say("; play it, or remove it"),
            )
            yield subject.finding_at_key(Code.UNUSED_ANNOUNCEMENT, ("announcements", name), message)
