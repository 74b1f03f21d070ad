"""The emergency destination: somebody whom Asterisk can ring by itself."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.outside import why_denied
from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.core.numbers import Kind, OutsideNumber
from officesmart_ivr.core.prepared import Service, ServiceKind


def unfit_emergency_destination(subject: Subject) -> Iterator[Finding]:
    """The emergency destination is nobody, a service that needs the program, or a number that is denied."""
    number = subject.plan.company.emergency_destination
    if number is None:
        return
    code, message = _unfit(subject, number, subject.prepared.dialled(number)) or (None, "")
    if code is not None:
        yield subject.finding(code, ("company", "emergency_destination"), message)


def _unfit(subject: Subject, number: str, found: Service | OutsideNumber | None) -> tuple[Code, str] | None:
    somebody = "name an extension, or a number outside as one of your phones dials it"
    match found:
        case None:
            return Code.UNKNOWN_REFERENCE, f"nobody has the number {number}; {somebody}"
        case Service(ServiceKind.EXTENSION):
            return None
        case Service():
            message = f"{number} is served by the program, which is not there in an emergency; {somebody}"
            return Code.BAD_VALUE, message
        case OutsideNumber(_, Kind.EMERGENCY):
            return Code.BAD_VALUE, f"{number} calls the emergency services; {somebody}"
    if subject.plan.outside_calls is None:
        message = f"{found.text} is an outside number, and the plan has no 'outside_calls'; name an extension"
        return Code.NO_TRUNK, message
    decision = subject.prepared.policy.decide(found)
    if decision.allowed:
        return None
    return Code.OUTSIDE_DENIED, f"{found.text} may not be called: {why_denied(decision)}"
