"""Service codes that nobody could use."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.secrets import Secrets, is_pin, made_up, pin, variable
from officesmart_ivr.messages import quoted, say

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


def unfit_pin(subject: Subject) -> Iterator[Finding]:
    """The secret that is the PIN is none that a phone can type. Nothing tells its value.

    Who knows names of secrets alone, and not what they hold, is not asked.
    """
    named, known = subject.plan.service_codes.pin, subject.secrets
    if named is None or not isinstance(known, Secrets):
        return
    name, path = named.secret, ("service_codes", "pin", "secret")
    if name not in known:
        if made_up(subject.plan)[name] is not pin:
            message = say("the secret {name} is the password of an extension, not a PIN", name=quoted(name))
            yield subject.finding(Code.BAD_VALUE, path, message)
    elif not is_pin(known[name]):
        if position := known.position(name):
            message = say("the secret {name} must be a PIN of 4 to 12 digits", name=quoted(name))
            yield Finding(position, Code.BAD_VALUE, message)
        else:
            message = say(
                "the secret {name} must be a PIN of 4 to 12 digits; it comes from {variable}",
                name=quoted(name),
                variable=variable(name),
            )
            yield subject.finding(Code.BAD_VALUE, path, message)
