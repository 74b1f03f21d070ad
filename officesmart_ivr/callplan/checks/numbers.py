"""Numbers: whose they are, and which ones a destination may dial inside the office."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import Subject, Way
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.core.numbers import OutsideNumber, is_emergency, outside_number, without_prefix
from officesmart_ivr.core.prepared import ServiceKind
from officesmart_ivr.messages import Message, quoted, say, template

_SHORTEST_OUTSIDE = 6

Claim = tuple[ServiceKind, str]
"""Who has a number: what it is, and its name."""

_OWNERS = {
    ServiceKind.EXTENSION: template("extension {name}"),
    ServiceKind.MULTISELECTION: template("multiselection {name}"),
    ServiceKind.HUNT_GROUP: template("hunt group {name}"),
}


def duplicate_number(subject: Subject) -> Iterator[Finding]:
    """Two services claim one number, or one claims it twice; reported at the later place.

    Spellings of one number are one: ``0212345678`` and ``+390212345678``.
    """
    country = subject.plan.company.country
    owners: dict[str, tuple[Path, Claim]] = {}
    for number, path, claim in _claims(subject.plan):
        outside = None if path[0] == "extensions" else outside_number(number, country)
        first = owners.get(outside.text) if outside else None
        first = first or owners.setdefault(number, (path, claim))
        if outside:
            owners.setdefault(outside.text, first)
        if first[0] != path:
            place = subject.positions.of_key(first[0])
            message = say(
                "the number {number} is taken: {owner} has it, at {place}; take it from one",
                number=number,
                owner=owner(*first[1]),
                place=place,
            )
            yield subject.finding(Code.DUPLICATE_NUMBER, path, message)


def emergency_number(subject: Subject) -> Iterator[Finding]:
    """A service claims what a phone dials in an emergency, with or without the prefix."""
    company = subject.plan.company
    for number, path, _ in _claims(subject.plan):
        dialled = without_prefix(number, company.outside_prefix, company.country)
        if dialled and is_emergency(dialled, company.country):
            message = say(
                "the number {number} is taken: it calls the emergency services; choose another", number=number
            )
            yield subject.finding_at_key(Code.DUPLICATE_NUMBER, path, message)


def codes_alike(subject: Subject) -> Iterator[Finding]:
    """A service code is, or begins, another one: a number may follow, so nobody could tell them apart."""
    codes: dict[str, str] = {}
    for name, code in subject.plan.service_codes:
        if not isinstance(code, str):
            continue
        alike = next((other for other in codes if code.startswith(other) or other.startswith(code)), None)
        if alike is not None:
            message = say(
                "{code} and {other}, the code of {service}, begin alike; choose another",
                code=code,
                other=alike,
                service=quoted(codes[alike]),
            )
            yield subject.finding(Code.DUPLICATE_NUMBER, ("service_codes", name), message)
        codes.setdefault(code, name)


def missing_prefix(subject: Subject) -> Iterator[Finding]:
    """A number to dial that looks like an outside one, but lacks the prefix that a phone would dial."""
    prefix = subject.plan.company.outside_prefix
    nobodys = {way.path for way in _dials_to_nobody(subject)}
    for way in subject.ways:
        number = way.destination.target
        if (way.path in nobodys and _looks_outside(number, subject.plan)) or _prefix_is_its_own(subject, way):
            message = say(
                "{number} looks like an outside number: write {prefix} before it, as one of your phones "
                'would dial it, or use {{outside: "{number}"}}',
                number=number,
                prefix=prefix,
            )
            yield subject.finding(Code.MISSING_PREFIX, way.target_path, message)


def unknown_number(subject: Subject) -> Iterator[Finding]:
    """A number to dial that is nobody's inside, and too short to be outside."""
    internal = sorted({number for number, _, _ in _claims(subject.plan)})
    for way in _dials_to_nobody(subject):
        number = way.destination.target
        if not _looks_outside(number, subject.plan):
            message = say(
                "nobody has the number {number}{hint}",
                number=number,
                hint=did_you_mean(number, internal) or say("; correct it"),
            )
            yield subject.finding(Code.UNKNOWN_REFERENCE, way.target_path, message)


def owner(kind: ServiceKind, name: str) -> Message:
    """Say whose a number is."""
    return Message(_OWNERS[kind], {"name": name})


def _claims(plan: CallPlan) -> Iterator[tuple[str, Path, Claim]]:
    """Yield each number with the place that claims it, and for whom."""
    for extension in plan.extensions:
        yield extension, ("extensions", extension), (ServiceKind.EXTENSION, extension)
    for name, multiselection in plan.multiselections.items():
        for index, number in enumerate(multiselection.numbers):
            path: Path = ("multiselections", name, "numbers", index)
            yield number, path, (ServiceKind.MULTISELECTION, name)
    for name, group in plan.hunt_groups.items():
        for index, number in enumerate(group.numbers):
            yield number, ("hunt_groups", name, "numbers", index), (ServiceKind.HUNT_GROUP, name)


def _dials_to_nobody(subject: Subject) -> Iterator[Way]:
    """Yield the ``dial`` destinations that are neither an internal number nor dialled as an outside one."""
    company = subject.plan.company
    for way in subject.ways:
        number = way.destination.target
        if (
            way.destination.kind is To.DIAL
            and number not in subject.prepared.services
            and without_prefix(number, company.outside_prefix, company.country) is None
        ):
            yield way


def _prefix_is_its_own(subject: Subject, way: Way) -> bool:
    """Say whether a number begins with the prefix, but is somebody's only if that belongs to it (02…)."""
    if way.destination.kind is not To.DIAL:
        return False
    called, whole = (
        subject.number_reached(way.destination),
        outside_number(way.destination.target, subject.plan.company.country),
    )
    return isinstance(called, OutsideNumber) and not called.valid and whole is not None and whole.valid


def _looks_outside(number: str, plan: CallPlan) -> bool:
    """Guess by form: longer than any extension and than what an office uses inside."""
    longest = max(map(len, plan.extensions), default=0)
    return len(number) >= _SHORTEST_OUTSIDE and len(number) > longest
