"""Which outside numbers may be called: the plan's policy against toll fraud.

The rules, the first that fits decides:

1. Emergency numbers are always allowed.
2. Of the ``allow`` and ``deny`` entries that the number begins with, the longest decides; at equal length
   ``deny`` does. Short numbers (``187``) match entries as a whole.
3. A premium number is allowed only by an entry that means it: one with at least three digits after the
   country's code, as in ``+39899``. A whole country (``+39``) never includes its premium numbers.
4. What no entry begins is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from officesmart_ivr.callplan.model import CallPlan, OutsideCalls
from officesmart_ivr.core.numbers import Kind, OutsideNumber, outside_number

PREMIUM_DIGITS = 3
"""Digits after the country's code that tell a premium range from the rest of the country."""


class Reason(StrEnum):
    """Why a number may be called, or may not."""

    EMERGENCY = "emergency"
    ALLOWED = "allowed"
    DENIED = "denied"
    PREMIUM = "premium"
    NOT_LISTED = "not_listed"


class Decision(msgspec.Struct, frozen=True):
    """What the policy says of a number; ``prefix`` is the entry that decided, where one did."""

    allowed: bool
    reason: Reason
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The entries of a plan: True for those that allow, False for those that deny."""

    entries: Mapping[str, bool]

    def decide(self, number: OutsideNumber) -> Decision:
        """Say whether ``number`` may be called, and why."""
        if number.kind is Kind.EMERGENCY:
            return Decision(True, Reason.EMERGENCY)
        entry = self._longest(number)
        if entry is None:
            return Decision(False, Reason.NOT_LISTED)
        if not self.entries[entry]:
            return Decision(False, Reason.DENIED, entry)
        if number.kind is Kind.PREMIUM and len(entry) < len("+" + number.country_code) + PREMIUM_DIGITS:
            return Decision(False, Reason.PREMIUM, entry)
        return Decision(True, Reason.ALLOWED, entry)

    def _longest(self, number: OutsideNumber) -> str | None:
        if number.kind is Kind.SHORT:
            return number.text if number.text in self.entries else None
        beginnings = (number.text[:end] for end in range(len(number.text), 0, -1))
        return next((beginning for beginning in beginnings if beginning in self.entries), None)


def caller_id(plan: CallPlan, site: str | None) -> str:
    """Return the number that an outside call shows: its site's, else the company's, else the trunk's user.

    E.164 where it is a number of the outside world; empty where the plan has none of these.
    """
    if plan.outside_calls is None:
        return ""
    place, trunk = plan.sites.get(site or ""), plan.trunks.get(plan.outside_calls.trunk)
    written = (place and place.caller_id) or plan.outside_calls.caller_id or (trunk and trunk.username) or ""
    number = outside_number(written, plan.company.country)
    return number.text if number else written


def policy_of(outside_calls: OutsideCalls | None) -> Policy:
    """Return the policy of a plan; without outside calls only emergency numbers are allowed."""
    if outside_calls is None:
        return Policy({})
    allowed, denied = dict.fromkeys(outside_calls.allow, True), dict.fromkeys(outside_calls.deny, False)
    return Policy({**allowed, **denied})
