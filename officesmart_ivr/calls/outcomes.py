"""What phones and carriers say, in the core's words, whichever way Asterisk tells it. Pure."""

from __future__ import annotations

from officesmart_ivr.core.events import LegOutcome

KEYS = frozenset("0123456789*#")

_BY_SIP_STATUS = {
    486: LegOutcome.BUSY,
    600: LegOutcome.BUSY,
    403: LegOutcome.REJECTED,
    603: LegOutcome.REJECTED,
    607: LegOutcome.REJECTED,
    480: LegOutcome.UNREACHABLE,
    487: LegOutcome.NO_ANSWER,
}
"""Final SIP answers of a phone that say more than their Q.850 cause (RFC 3261, section 21)."""

_BY_CAUSE = {
    17: LegOutcome.BUSY,
    19: LegOutcome.NO_ANSWER,
    21: LegOutcome.REJECTED,
}


def leg_outcome(cause: int, sip_status: int | None) -> LegOutcome:
    """Say how an unanswered leg ended, from its Q.850 cause and its final SIP status.

    A redirection (3xx) counts as a rejection: it is never followed, because a phone must not be able to send
    callers to numbers that the office pays for.
    """
    if sip_status is not None:
        if 300 <= sip_status < 400:
            return LegOutcome.REJECTED
        if outcome := _BY_SIP_STATUS.get(sip_status):
            return outcome
    return _BY_CAUSE.get(cause, LegOutcome.UNREACHABLE)
