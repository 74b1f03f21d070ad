"""The emergency destination: somebody whom Asterisk can ring by itself."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.outside import denied
from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.core.numbers import Kind, OutsideNumber
from officesmart_ivr.core.prepared import Service, ServiceKind
from officesmart_ivr.messages import Message, say


def unfit_emergency_destination(subject: Subject) -> Iterator[Finding]:
    """The emergency destination is nobody, a service that needs the program, or a number that is denied."""
    number = subject.plan.company.emergency_destination
    if number is None:
        return
    unfit = _unfit(subject, number, subject.prepared.dialled(number))
    if unfit is not None:
        code, message = unfit
        yield subject.finding(code, ("company", "emergency_destination"), message)


def _unfit(
    subject: Subject, number: str, found: Service | OutsideNumber | None
) -> tuple[Code, Message] | None:
    match found:
        case None:
            message = say(
                "nobody has the number {number}; name an extension, or a number outside as one of your "
                "phones dials it",
                number=number,
            )
            return Code.UNKNOWN_REFERENCE, message
        case Service(ServiceKind.EXTENSION):
            return None
        case Service():
            message = say(
                "{number} is served by the program, which is not there in an emergency; name an extension, "
                "or a number outside as one of your phones dials it",
                number=number,
            )
            return Code.BAD_VALUE, message
        case OutsideNumber(_, Kind.EMERGENCY):
            message = say(
                "{number} calls the emergency services; name an extension, or a number outside as one of "
                "your phones dials it",
                number=number,
            )
            return Code.BAD_VALUE, message
    if subject.plan.outside_calls is None:
        message = say(
            "{number} is an outside number, and the plan has no 'outside_calls'; name an extension",
            number=found.text,
        )
        return Code.NO_TRUNK, message
    decision = subject.prepared.policy.decide(found)
    if decision.allowed:
        return None
    return Code.OUTSIDE_DENIED, denied(found, decision)
