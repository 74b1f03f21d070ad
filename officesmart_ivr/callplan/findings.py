"""What a check of a plan reports, for people (one line each) and for programs (JSON objects)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from officesmart_ivr.messages import Language, Message, Text, say
from officesmart_ivr.translations import in_language

MAX_FINDINGS = 100
"""More than this many of one kind help nobody, and a hostile file must not make us write a million."""

_MAX_HINT_WORD = 64
_MAX_HINT_CANDIDATES = 100


class Severity(StrEnum):
    """An error refuses the plan; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """The kinds of finding. What each asks of the admin is told in ``docs/how-to/edit-the-plan.md``."""

    YAML = "yaml"
    DUPLICATE_KEY = "duplicate-key"
    ALIAS = "alias"
    UNKNOWN_FIELD = "unknown-field"
    BAD_VALUE = "bad-value"
    MISSING_FIELD = "missing-field"
    UNKNOWN_REFERENCE = "unknown-reference"
    DUPLICATE_NUMBER = "duplicate-number"
    ENDLESS_LOOP = "endless-loop"
    MISSING_SOUND = "missing-sound"
    BAD_SOUND = "bad-sound"
    NOT_RECORDED = "not-recorded"
    MISSING_CALENDAR = "missing-calendar"
    BAD_CALENDAR = "bad-calendar"
    OVERLAPPING_PERIODS = "overlapping-periods"
    NO_TRUNK = "no-trunk"
    OUTSIDE_DENIED = "outside-denied"
    PREFIX_WITHOUT_EFFECT = "prefix-without-effect"
    UNKNOWN_STRATEGY = "unknown-strategy"
    DUPLICATE_MEMBER = "duplicate-member"
    UNREACHABLE_MENU = "unreachable-menu"
    UNREACHABLE_GROUP = "unreachable-group"
    DEAD_GROUP = "dead-group"
    CIRCULAR_WITHOUT_DIRECT_CALLS = "circular-without-direct-calls"
    AMBIGUOUS_DIRECT_CALLS = "ambiguous-direct-calls"
    AMBIGUOUS_DIGITS = "ambiguous-digits"
    MISSING_PREFIX = "missing-prefix"
    UNCOVERED_HOURS = "uncovered-hours"
    SHADOWED_SPECIAL_DAY = "shadowed-special-day"
    PAST_SPECIAL_DAY = "past-special-day"
    DUPLICATE_PERIOD = "duplicate-period"
    UNUSED_ANNOUNCEMENT = "unused-announcement"
    IGNORED_FILE = "ignored-file"

    @property
    def severity(self) -> Severity:
        """Say whether a finding of this kind refuses the plan."""
        return Severity.WARNING if self in _WARNINGS else Severity.ERROR


_WARNINGS = frozenset(
    {
        Code.UNREACHABLE_MENU,
        Code.UNREACHABLE_GROUP,
        Code.DEAD_GROUP,
        Code.CIRCULAR_WITHOUT_DIRECT_CALLS,
        Code.AMBIGUOUS_DIRECT_CALLS,
        Code.AMBIGUOUS_DIGITS,
        Code.MISSING_PREFIX,
        Code.PREFIX_WITHOUT_EFFECT,
        Code.UNCOVERED_HOURS,
        Code.SHADOWED_SPECIAL_DAY,
        Code.PAST_SPECIAL_DAY,
        Code.DUPLICATE_PERIOD,
        Code.UNUSED_ANNOUNCEMENT,
        Code.NOT_RECORDED,
        Code.IGNORED_FILE,
    }
)


class Position(NamedTuple):
    """A place in a file. Lines and columns count from 1; columns count characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or doubtful, at one place of the plan."""

    position: Position
    code: Code
    text: Text

    @property
    def message(self) -> str:
        """What is wrong and how to mend it: in English, unless it was translated or is kept from then."""
        return str(self.text)

    @property
    def severity(self) -> Severity:
        """Say whether this refuses the plan."""
        return self.code.severity

    def __str__(self) -> str:
        return printable(f"{self.position}: {self.severity}[{self.code}] {self.message}")

    def translated(self, language: Language) -> Finding:
        """Return it with its message in a language; what was read back as plain text stays as it is."""
        return replace(self, text=in_language(self.text, language))

    def as_json(self) -> dict[str, str | int]:
        """Return the object that ``check --format json`` prints."""
        return {
            "file": self.position.file,
            "line": self.position.line,
            "column": self.position.column,
            "severity": self.severity.value,
            "code": self.code.value,
            "message": self.message,
        }


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by place, each finding once."""
    return tuple(sorted(set(findings), key=lambda finding: (finding.position, finding.code, finding.message)))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Say whether these findings refuse the plan."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def count_line(findings: Collection[Finding]) -> Message:
    """Return a line such as ``2 errors, 1 warning``."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    return say(
        "{errors}, {warnings}",
        errors=say("1 error") if errors == 1 else say("{count} errors", count=errors),
        warnings=say("1 warning") if warnings == 1 else say("{count} warnings", count=warnings),
    )


def printable(text: str) -> str:
    """Escape what does not print: a finding is one line, and a plan must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def did_you_mean(word: str, known: Collection[str]) -> Text:
    """Return ``; did you mean 'x'?`` for the known word most like this one, or nothing.

    Looks at a bounded number of words of about the same length: likeness is slow to compute.
    """
    if len(word) > _MAX_HINT_WORD:
        return ""
    near = [other for other in known if abs(len(other) - len(word)) <= 3][:_MAX_HINT_CANDIDATES]
    matches = difflib.get_close_matches(word, near, n=1)
    return say("; did you mean '{word}'?", word=matches[0]) if matches else ""
