"""Service codes that nobody could use."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.messages import say

_ASK_FOR_PIN = ("override", "record")
"""Those that change what all callers hear."""


def codes_without_pin(subject: Subject) -> Iterator[Finding]:
    """A code asks for a PIN, and there is none to type."""
    codes = subject.plan.service_codes
    if codes.pin is not None:
        return
    for name in _ASK_FOR_PIN:
        if (code := getattr(codes, name)) is not None:
            message = say(
                "'{code}' asks for a PIN, and there is none; add 'pin: {{secret: service-pin}}'", code=code
            )
            yield subject.finding_at_key(Code.MISSING_FIELD, ("service_codes", name), message)
