"""Whom Asterisk rings by itself when nobody is there to serve a call."""

from __future__ import annotations

from officesmart_ivr.core.numbers import Kind, OutsideNumber
from officesmart_ivr.core.outside import caller_id
from officesmart_ivr.core.prepared import PreparedPlan, Service, ServiceKind
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target


def emergency_target(plan: PreparedPlan) -> Target | None:
    """Return the plan's emergency destination; None where it has none that Asterisk can ring by itself.

    That is a phone, or a number outside that the plan's policy allows. Nobody is put through to the emergency
    services (112) because a program has failed.
    """
    written, outside_calls = plan.plan.company.emergency_destination, plan.plan.outside_calls
    found = plan.dialled(written) if written else None
    match found:
        case Service(ServiceKind.EXTENSION, extension):
            return PhoneTarget(extension)
        case OutsideNumber(text, kind) if kind is not Kind.EMERGENCY and outside_calls is not None:
            if plan.policy.decide(found).allowed:
                return OutsideTarget(text, outside_calls.trunk, caller_id(plan.plan, None))
    return None
