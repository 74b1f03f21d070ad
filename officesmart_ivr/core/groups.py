"""Hunt groups prepared for calls: what every hunt looks up is worked out once per plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from officesmart_ivr.callplan.model import CallPlan, HuntGroup, Member
from officesmart_ivr.core.numbers import Kind, outside_number
from officesmart_ivr.core.outside import Policy, caller_id
from officesmart_ivr.core.strategies import SHIPPED, Strategy
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target


class PreparedMember(msgspec.Struct, frozen=True):
    """A member of a group: ``target`` is whom to ring, ``place`` counts from 0 among all members, as written.

    ``can_be_called`` is false for one that is not enabled, and for a number outside that the policy forbids.
    """

    target: Target
    place: int
    settings: Member
    can_be_called: bool

    @property
    def id(self) -> str:
        """The member's stable id: its line on the board, an extension or a number outside as E.164."""
        return self.target.line

    @property
    def is_outside(self) -> bool:
        """Say whether the member is a number outside, of which nobody knows whether it can be reached."""
        return isinstance(self.target, OutsideTarget)

    @property
    def confirms(self) -> bool:
        """Say whether whoever answers must press a key before the caller is connected."""
        return self.is_outside and self.settings.confirm


@dataclass(frozen=True, slots=True)
class PreparedGroup:
    """A group with its indexes: ``members`` and ``places`` are of those that can be called, by their ids."""

    id: str
    settings: HuntGroup
    strategy: Strategy
    members: Mapping[str, PreparedMember]
    places: Mapping[str, int]
    order: Sequence[str]
    weights: Sequence[int]
    left_out: Sequence[str]

    @property
    def lines(self) -> Sequence[str]:
        """The lines of all members: those that can be called, in their order, then the others."""
        return (*self.order, *self.left_out)

    @property
    def idle_group(self) -> str:
        """The group whose calls alone end a member's idle time; empty when all calls do."""
        return self.id if self.settings.idle_counts == "group" else ""


def prepare_group(
    name: str, group: HuntGroup, plan: CallPlan, policy: Policy, strategies: Mapping[str, Strategy]
) -> PreparedGroup:
    """Work out a group's indexes.

    A strategy that is not among ``strategies`` (the checks refuse it) is replaced by linear, and of two
    members of one line only the first counts.
    """
    members: dict[str, PreparedMember] = {}
    for place, settings in enumerate(group.members):
        member = _member(place, settings, group, plan, policy)
        members.setdefault(member.id, member)
    callable_ones = {member.id: member for member in members.values() if member.can_be_called}
    return PreparedGroup(
        name,
        group,
        strategies.get(group.strategy, SHIPPED["linear"]),
        callable_ones,
        {member: place for place, member in enumerate(callable_ones)},
        tuple(callable_ones),
        tuple(member.settings.weight for member in callable_ones.values()),
        tuple(member for member in members if member not in callable_ones),
    )


def line_of(member: Member, country: str) -> str:
    """Return a member's line: its extension, or its number as E.164 where it can be a number at all."""
    if member.extension is not None:
        return member.extension
    number = outside_number(member.written, country)
    return number.text if number else member.written


def _member(place: int, member: Member, group: HuntGroup, plan: CallPlan, policy: Policy) -> PreparedMember:
    line = line_of(member, plan.company.country)
    if member.extension is not None:
        can_be_called = member.enabled and line in plan.extensions
        return PreparedMember(PhoneTarget(line), place, member, can_be_called)
    trunk = plan.outside_calls.trunk if plan.outside_calls else ""
    number = outside_number(line, plan.company.country)
    # Emergency numbers are always allowed, but nobody means to call them with whoever calls the office.
    may_be_called = number is not None and number.kind is not Kind.EMERGENCY and policy.decide(number).allowed
    target = OutsideTarget(line, trunk, caller_id(plan, group.site))
    return PreparedMember(target, place, member, member.enabled and may_be_called and bool(trunk))
