"""Numbers: whose they are, and which ones a destination may dial."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject, Way
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Path

_SHORTEST_OUTSIDE = 6


def duplicate_number(subject: Subject) -> Iterator[Finding]:
    """Two services claim one number, or one claims it twice; reported at the later place."""
    owners: dict[str, tuple[Path, str]] = {}
    for number, path, owner in _claims(subject.plan):
        first = owners.setdefault(number, (path, owner))
        if first[0] != path:
            place = subject.positions.of_key(first[0])
            message = f"the number {number} is taken: {first[1]} has it, at {place}"
            yield subject.finding(Code.DUPLICATE_NUMBER, path, message)


def no_trunk(subject: Subject) -> Iterator[Finding]:
    """A call to the outside, where no trunk carries calls out: trunks so far only bring calls in."""
    internal = _internal_numbers(subject.plan)
    prefix = subject.plan.company.outside_prefix
    for way in subject.ways():
        target = way.destination.target
        if way.destination.kind is To.OUTSIDE or (
            way.destination.kind is To.DIAL and target not in internal and _has_prefix(target, prefix)
        ):
            message = f"{target} is an outside number, and the plan has no trunk for outgoing calls"
            yield subject.finding(Code.NO_TRUNK, way.target_path, message)


def missing_prefix(subject: Subject) -> Iterator[Finding]:
    """A number to dial that looks like an outside one, but lacks the prefix that a phone would dial."""
    prefix = subject.plan.company.outside_prefix
    for way in _dials_to_nobody(subject):
        number = way.destination.target
        if _looks_outside(number, subject.plan):
            message = (
                f"{number} looks like an outside number: write {prefix} before it, as one of your phones "
                f'would dial it, or use {{outside: "{number}"}}'
            )
            yield subject.finding(Code.MISSING_PREFIX, way.target_path, message)


def unknown_number(subject: Subject) -> Iterator[Finding]:
    """A number to dial that is nobody's inside, and too short to be outside."""
    internal = sorted(_internal_numbers(subject.plan))
    for way in _dials_to_nobody(subject):
        number = way.destination.target
        if not _looks_outside(number, subject.plan):
            message = f"nobody has the number {number}{did_you_mean(number, internal)}"
            yield subject.finding(Code.UNKNOWN_REFERENCE, way.target_path, message)


def _claims(plan: CallPlan) -> Iterator[tuple[str, Path, str]]:
    """Yield each number with the place that claims it and its owner for people."""
    for extension in plan.extensions:
        yield extension, ("extensions", extension), f"extension {extension}"
    for name, multiselection in plan.multiselections.items():
        for index, number in enumerate(multiselection.numbers):
            yield number, ("multiselections", name, "numbers", index), f"multiselection {name}"


def _internal_numbers(plan: CallPlan) -> set[str]:
    return {number for number, _, _ in _claims(plan)}


def _dials_to_nobody(subject: Subject) -> Iterator[Way]:
    """Yield the ``dial`` destinations that are neither an internal number nor begin with the prefix."""
    internal = _internal_numbers(subject.plan)
    prefix = subject.plan.company.outside_prefix
    for way in subject.ways():
        number = way.destination.target
        if way.destination.kind is To.DIAL and number not in internal and not _has_prefix(number, prefix):
            yield way


def _has_prefix(number: str, prefix: str) -> bool:
    return number.startswith(prefix) and number != prefix


def _looks_outside(number: str, plan: CallPlan) -> bool:
    """Guess by form: international, or longer than any extension and than what an office uses inside."""
    longest = max(map(len, plan.extensions), default=0)
    return number.startswith("+") or (len(number) >= _SHORTEST_OUTSIDE and len(number) > longest)
