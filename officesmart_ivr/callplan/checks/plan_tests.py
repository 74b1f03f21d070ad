"""Plan tests that name what the plan does not have: they could never pass, or not as they are meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from officesmart_ivr.callplan.checks.subject import Subject
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.callplan.plan_tests import Expectation, PlanTest, TestCall
from officesmart_ivr.callplan.week import OTHERWISE
from officesmart_ivr.core.numbers import outside_number
from officesmart_ivr.core.overrides import OVERRIDE
from officesmart_ivr.messages import Message, quoted, say, template

_DISABLED = "disabled"

_LINE = template("there is no line {name}{hint}")
_MENU = template("there is no menu {name}{hint}")
_MULTISELECTION = template("there is no multiselection {name}{hint}")
_PERIOD = template("there is no period {name}{hint}")
_ANNOUNCEMENT = template("there is no announcement {name}{hint}")


def unknown_in_test(subject: Subject) -> Iterator[Finding]:
    """A test names a line, menu, announcement, period or multiselection that the plan does not have."""
    known = _Known(subject)
    for path, call in _calls(subject):
        for line in call.members:
            if not known.has_line(line):
                lines = subject.plan.extensions
                yield _unknown(subject, (*path, "members", line), _LINE, line, lines, at_key=True)
        for name, menu in call.override.items():
            multiselection = subject.plan.multiselections.get(name)
            at = (*path, "override", name)
            if multiselection is None:
                found = subject.plan.multiselections
                yield _unknown(subject, at, _MULTISELECTION, name, found, at_key=True)
            elif menu not in multiselection.menus:
                yield _unknown(subject, at, _MENU, menu, multiselection.menus)
        if call.expect is not None:
            yield from _unknown_expected(subject, known, (*path, "expect"), call.expect)


def repeated_test(subject: Subject) -> Iterator[Finding]:
    """Two tests have the same name: nobody could tell which has failed."""
    seen: dict[str, int] = {}
    for index, test in enumerate(subject.plan.tests):
        first = seen.setdefault(test.name, index)
        if first != index:
            place = subject.positions.of_key(("tests", first))
            message = say(
                "another test is called {name}, at {place}; rename one", name=quoted(test.name), place=place
            )
            yield subject.finding(Code.DUPLICATE_KEY, ("tests", index, "name"), message)


class _Known:
    """The names that a test may use."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        multiselections = subject.plan.multiselections.values()
        self.menus = dict.fromkeys(menu for each in multiselections for menu in each.menus)
        self.announcements = dict.fromkeys([*subject.plan.announcements, *SYSTEM_PROMPTS])
        self.periods = dict.fromkeys(
            [
                *(period.name for each in multiselections for period in each.week.periods),
                *(special.name for each in multiselections for special in each.week.special_days),
                *(_DISABLED, OVERRIDE, OTHERWISE),
            ]
        )

    def has_line(self, written: str) -> bool:
        """Say whether a line is the office's, or a number outside."""
        prepared, country = self._subject.prepared, self._subject.plan.company.country
        return prepared.line_named(written) is not None or outside_number(written, country) is not None


def _calls(subject: Subject) -> Iterator[tuple[Path, PlanTest | TestCall]]:
    for index, test in enumerate(subject.plan.tests):
        yield ("tests", index), test
        for number, call in enumerate(test.calls or ()):
            yield ("tests", index, "calls", number), call


def _unknown_expected(subject: Subject, known: _Known, path: Path, expect: Expectation) -> Iterator[Finding]:
    if expect.period is not None and expect.period not in known.periods:
        yield _unknown(subject, (*path, "period"), _PERIOD, expect.period, known.periods)
    for part, message, names, wanted in (
        ("menus", _MENU, expect.menus, known.menus),
        ("plays", _ANNOUNCEMENT, expect.plays, known.announcements),
    ):
        for index, name in enumerate(names or ()):
            if name not in wanted:
                yield _unknown(subject, (*path, part, index), message, name, wanted)
    lines = [((*path, "connected"), expect.connected)] if expect.connected else []
    for number, wave in enumerate(expect.offers or ()):
        lines += [((*path, "offers", number, index), line) for index, line in enumerate(wave)]
    for at, line in lines:
        if line is not None and not known.has_line(line):
            yield _unknown(subject, at, _LINE, line, subject.plan.extensions)


def _unknown(
    subject: Subject, path: Path, message: str, name: str, known: Collection[str], *, at_key: bool = False
) -> Finding:
    hint = did_you_mean(name, known) or say("; correct the name")
    make = subject.finding_at_key if at_key else subject.finding
    return make(Code.UNKNOWN_REFERENCE, path, Message(message, {"name": quoted(name), "hint": hint}))
