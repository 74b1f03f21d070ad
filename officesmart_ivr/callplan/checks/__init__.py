"""The one door to a plan: whole-plan rules over a candidate, and its findings.

A rule is a function from a :class:`Subject` to findings. A new one goes into one of the two tuples here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from officesmart_ivr.callplan.calendars import NO_CALENDARS, Calendars
from officesmart_ivr.callplan.checks import (
    announcements,
    emergency,
    group_loops,
    groups,
    loops,
    menus,
    numbers,
    outside,
    plan_tests,
    references,
    service_codes,
    special_days,
    weeks,
)
from officesmart_ivr.callplan.checks.subject import Sounds, Subject
from officesmart_ivr.callplan.files import Candidate, read
from officesmart_ivr.callplan.findings import MAX_FINDINGS, Finding, count_line, has_errors, in_order
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.core.prepared import PreparedPlan, prepare
from officesmart_ivr.core.strategies import SHIPPED, Strategy
from officesmart_ivr.errors import PlanError
from officesmart_ivr.messages import say

__all__ = ["Checked", "Sounds", "check", "load"]

Rule = Callable[[Subject], Iterator[Finding]]

RULES_OF_PARTS: tuple[Rule, ...] = (
    references.unknown_site,
    references.unknown_announcement,
    references.unknown_menu,
    references.unknown_target,
    references.unknown_member,
    references.unknown_trunk,
    references.unknown_secret,
    numbers.duplicate_number,
    numbers.emergency_number,
    numbers.codes_alike,
    service_codes.unfit_pin,
    groups.unknown_strategy,
    groups.duplicate_member,
    groups.menu_without_multiselection,
    outside.impossible_caller_id,
    announcements.unfit_sound,
    announcements.same_record_number,
    special_days.unfit_calendar,
)
"""Rules that hold for what is left of an invalid plan too: leaving out a part makes no finding of them."""

RULES_OF_THE_WHOLE: tuple[Rule, ...] = (
    outside.no_trunk,
    groups.unfit_outside_member,
    groups.dead_group,
    groups.circular_without_direct_calls,
    groups.ambiguous_direct_calls,
    groups.unreachable_group,
    outside.outside_denied,
    outside.impossible_number,
    outside.prefix_without_effect,
    emergency.unfit_emergency_destination,
    numbers.missing_prefix,
    numbers.unknown_number,
    menus.forwarding_when_disabled,
    service_codes.codes_without_pin,
    weeks.uncovered_hours,
    weeks.overlapping_periods,
    weeks.duplicate_period,
    special_days.past_special_day,
    special_days.shadowed_special_day,
    menus.unreachable_menu,
    menus.ambiguous_digits,
    loops.endless_loop,
    group_loops.endless_hunting,
    group_loops.endless_ringing,
    announcements.unused_announcement,
    plan_tests.unknown_in_test,
    plan_tests.repeated_test,
)
"""Rules that need a valid plan: they tell what is missing, or follow ways through all of it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: a plan to make calls with, or None when a finding is an error.

    ``prepared`` is what could be prepared of it, the same plan where there is one; None where nothing
    could be read.
    """

    plan: CallPlan | None
    prepared: PreparedPlan | None
    findings: tuple[Finding, ...]


def check(
    candidate: Candidate,
    sounds: Sounds,
    secrets: Container[str],
    strategies: Mapping[str, Strategy] = SHIPPED,
    *,
    calendars: Calendars = NO_CALENDARS,
    now: datetime | None = None,
) -> Checked:
    """Check a candidate as a whole. Each rule reports a bounded number of findings.

    ``secrets`` says by ``name in secrets`` whether a secret that the plan names is there, and as
    :class:`~officesmart_ivr.callplan.secrets.Secrets` also whether it is fit; ``strategies`` are those that
    hunt groups may use; ``calendars`` has the calendar files that special days may name. ``now`` (aware; the
    present if not given) decides which dates are over.
    """
    findings = list(candidate.findings)
    prepared = None
    if candidate.remains is not None:
        prepared = prepare(candidate.remains, strategies, calendars=calendars)
        subject = Subject(
            candidate.remains,
            candidate.positions,
            sounds,
            secrets,
            prepared,
            strategies,
            calendars,
            now or datetime.now(UTC),
        )
        rules = RULES_OF_PARTS if candidate.plan is None else (*RULES_OF_PARTS, *RULES_OF_THE_WHOLE)
        for rule in rules:
            findings += islice(rule(subject), MAX_FINDINGS)
    return Checked(None if has_errors(findings) else candidate.plan, prepared, in_order(findings))


def load(
    path: Path,
    sounds: Sounds,
    secrets: Container[str],
    strategies: Mapping[str, Strategy] = SHIPPED,
    *,
    calendars: Calendars = NO_CALENDARS,
    now: datetime | None = None,
) -> CallPlan:
    """Return the plan at ``path``, a file or folder, checked as :func:`check` does.

    Raises PlanError, with the findings, when one of them is an error or there is nothing to read.
    """
    checked = check(read(path), sounds, secrets, strategies, calendars=calendars, now=now)
    if checked.plan is None:
        raise PlanError(
            say("the call plan {plan} is refused: {count}", plan=path, count=count_line(checked.findings)),
            checked.findings,
            remedy=say(
                "Mend what the findings say; `officesmart-ivr check {plan}` lists them again.", plan=path
            ),
        )
    return checked.plan
