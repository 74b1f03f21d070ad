"""Calls to the outside: by which trunk, to which numbers, showing what."""

from __future__ import annotations

from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import WITH_A_NUMBER, Subject
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.core.numbers import OutsideNumber, outside_number, without_prefix
from officesmart_ivr.core.outside import Decision, Reason
from officesmart_ivr.messages import Message, quoted, say


def no_trunk(subject: Subject) -> Iterator[Finding]:
    """A call to the outside, where no trunk carries calls out."""
    outside_calls = subject.plan.outside_calls
    if outside_calls is None:
        for path, number in _calls_outside(subject):
            message = say(
                "{number} is an outside number, and the plan has no 'outside_calls' with a trunk; add it, or "
                "lead to somebody in the office",
                number=number.text,
            )
            yield subject.finding(Code.NO_TRUNK, path, message)
        return
    trunk = subject.plan.trunks.get(outside_calls.trunk)
    if trunk is not None and trunk.server is None:
        message = say(
            "the trunk {trunk} has no 'server', so no calls go out by it; name another",
            trunk=quoted(outside_calls.trunk),
        )
        yield subject.finding(Code.NO_TRUNK, ("outside_calls", "trunk"), message)


def outside_denied(subject: Subject) -> Iterator[Finding]:
    """A destination or a member of a group is a number that the plan's own policy forbids."""
    if subject.plan.outside_calls is None:
        return  # reported as no trunk
    for path, number in _calls_outside(subject):
        decision = subject.prepared.policy.decide(number)
        if not decision.allowed:
            yield subject.finding(Code.OUTSIDE_DENIED, path, denied(number, decision))


def impossible_number(subject: Subject) -> Iterator[Finding]:
    """A destination calls what cannot be a number outside, for its length alone."""
    company = subject.plan.company
    for way in subject.ways:
        dialled: str | None = way.destination.target
        if way.destination.kind not in WITH_A_NUMBER or subject.number_reached(way.destination) is not None:
            continue
        if way.destination.kind is To.DIAL:
            dialled = without_prefix(way.destination.target, company.outside_prefix, company.country)
        if dialled is not None:
            message = not_callable(dialled, company.country)
            yield subject.finding(Code.BAD_VALUE, way.target_path, message)


def not_callable(number: str, country: str) -> Message:
    """Say that a number does not exist."""
    return say(
        "{number} cannot be called from {country}: no number is like this; correct it",
        number=number,
        country=country,
    )


def impossible_caller_id(subject: Subject) -> Iterator[Finding]:
    """A caller id that is no number of the outside world; carriers refuse such calls, or change it."""
    shown: list[tuple[Path, str | None]] = [
        (("sites", name, "caller_id"), site.caller_id) for name, site in subject.plan.sites.items()
    ]
    if subject.plan.outside_calls is not None:
        shown.append((("outside_calls", "caller_id"), subject.plan.outside_calls.caller_id))
    for path, number in shown:
        if number is not None:
            found = outside_number(number, subject.plan.company.country)
            if found is None or not found.country_code:
                message = say(
                    "{number} is no number that people could call back; write one of your own", number=number
                )
                yield subject.finding(Code.BAD_VALUE, path, message)


def prefix_without_effect(subject: Subject) -> Iterator[Finding]:
    """An entry of the policy that changes nothing: written twice, or denying what nothing allows."""
    outside_calls = subject.plan.outside_calls
    if outside_calls is None:
        return
    seen: dict[str, str] = {}
    # What is denied first: of the same entry in both lists, the one that allows has no effect.
    for part, entries in (("deny", outside_calls.deny), ("allow", outside_calls.allow)):
        for index, entry in enumerate(entries):
            path = ("outside_calls", part, index)
            if entry in seen:
                message = say(
                    "{entry} has no effect here: it is in {list} as well; remove one",
                    entry=entry,
                    list=quoted(seen[entry]),
                )
                yield subject.finding(Code.PREFIX_WITHOUT_EFFECT, path, message)
            elif part == "deny" and not entry.startswith(outside_calls.allow):
                message = say("{entry} need not be denied: nothing allows it; remove it", entry=entry)
                yield subject.finding(Code.PREFIX_WITHOUT_EFFECT, path, message)
            seen.setdefault(entry, part)


def _calls_outside(subject: Subject) -> Iterator[tuple[Path, OutsideNumber]]:
    for way in subject.ways:
        if way.destination.kind in WITH_A_NUMBER:
            found = subject.number_reached(way.destination)
            if isinstance(found, OutsideNumber):
                yield way.target_path, found
    for name, group in subject.plan.hunt_groups.items():
        for index, member in enumerate(group.members):
            found = subject.prepared.outside(member.outside) if member.outside else None
            if isinstance(found, OutsideNumber):
                yield ("hunt_groups", name, "members", index, "outside"), found


def denied(number: OutsideNumber, decision: Decision) -> Message:
    """Say why the policy forbids a number, and what to do about it."""
    match decision.reason:
        case Reason.DENIED:
            return say(
                "{number} may not be called: 'outside_calls' denies {prefix}; change that, or the number",
                number=number.text,
                prefix=decision.prefix,
            )
        case Reason.PREMIUM:
            return say(
                "{number} may not be called: it is a premium number, which {prefix} does not include; allow "
                "its range with three digits or more after the country's code",
                number=number.text,
                prefix=decision.prefix,
            )
        case _:
            return say(
                "{number} may not be called: nothing under 'allow' in 'outside_calls' covers it; add its "
                "prefix there",
                number=number.text,
            )
