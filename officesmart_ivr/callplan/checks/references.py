"""Names that lead nowhere.

A name is known when it is written in the plan, even if what it names is invalid: that has its own finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from officesmart_ivr.callplan.checks.subject import Subject, Way
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding, did_you_mean
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.callplan.secrets import FILE_NAME, variable
from officesmart_ivr.messages import Message, Text, quoted, say, template

_EXTENSION = template("there is no extension {name}{hint}")

_SECTIONS = {
    To.EXTENSION: ("extensions", _EXTENSION),
    To.HUNT_GROUP: ("hunt_groups", template("there is no hunt group {name}{hint}")),
    To.MULTISELECTION: ("multiselections", template("there is no multiselection {name}{hint}")),
}
"""The destinations that the plan must have: where it has them, and what is said if it has not."""


def unknown_site(subject: Subject) -> Iterator[Finding]:
    """The site of an extension, multiselection or hunt group is not among the sites."""
    known = dict.fromkeys(subject.positions.names(("sites",)))
    placed = [
        *((("extensions", number, "site"), part.site) for number, part in subject.plan.extensions.items()),
        *(
            (("multiselections", name, "site"), part.site)
            for name, part in subject.plan.multiselections.items()
        ),
        *((("hunt_groups", name, "site"), part.site) for name, part in subject.plan.hunt_groups.items()),
    ]
    for path, site in placed:
        if site is not None and site not in known:
            yield _unknown(subject, path, template("there is no site {name}{hint}"), site, known)


def unknown_announcement(subject: Subject) -> Iterator[Finding]:
    """An announcement is neither in the plan nor one of the prompts that come with the program."""
    known = dict.fromkeys([*subject.positions.names(("announcements",)), *SYSTEM_PROMPTS])
    for path, announcement in subject.announcements_used():
        if announcement not in known:
            message = template("there is no announcement {name}{hint}")
            yield _unknown(subject, path, message, announcement, known)


def unknown_menu(subject: Subject) -> Iterator[Finding]:
    """A menu is not one of its multiselection: menus are not shared."""
    known = {
        name: dict.fromkeys(subject.positions.names(("multiselections", name, "menus")))
        for name in subject.plan.multiselections
    }
    for path, name, menu in _menus_named(subject):
        if menu not in known[name]:
            message = say(
                "{multiselection} has no menu {menu}{hint}",
                multiselection=quoted(name),
                menu=quoted(menu),
                hint=_hint(menu, known[name]),
            )
            yield subject.finding(Code.UNKNOWN_REFERENCE, path, message)


def _menus_named(subject: Subject) -> Iterator[tuple[Path, str, str]]:
    """Yield each mention of a menu: where, in which multiselection, and which."""
    for name, multiselection in subject.plan.multiselections.items():
        week, at = multiselection.week, ("multiselections", name, "week")
        if week.otherwise is not None:
            yield (*at, "otherwise", "menu"), name, week.otherwise.menu
        for index, period in enumerate(week.periods):
            yield (*at, "periods", index, "menu"), name, period.menu
        for index, special in enumerate(week.special_days):
            yield (*at, "special_days", index, "menu"), name, special.menu
        for key, menu in multiselection.override_keys.items():
            yield ("multiselections", name, "override_keys", key), name, menu
    for way in subject.ways:
        if way.destination.kind is To.MENU and way.multiselection:
            yield way.target_path, way.multiselection, way.destination.target


def unknown_target(subject: Subject) -> Iterator[Finding]:
    """A destination names an extension, hunt group or multiselection that the plan does not have."""
    known = {
        kind: dict.fromkeys(subject.positions.names((section,))) for kind, (section, _) in _SECTIONS.items()
    }
    for way in subject.ways:
        kind = way.destination.kind
        if kind in known and way.destination.target not in known[kind]:
            yield _unknown_target(subject, way, known[kind])


def unknown_member(subject: Subject) -> Iterator[Finding]:
    """A member of a hunt group is not among the extensions."""
    known = dict.fromkeys(subject.positions.names(("extensions",)))
    for name, group in subject.plan.hunt_groups.items():
        for index, member in enumerate(group.members):
            if member.extension is not None and member.extension not in known:
                path = ("hunt_groups", name, "members", index, "extension")
                yield _unknown(subject, path, _EXTENSION, member.extension, known)


def unknown_trunk(subject: Subject) -> Iterator[Finding]:
    """The trunk of outside calls is not among the trunks."""
    outside_calls = subject.plan.outside_calls
    known = dict.fromkeys(subject.positions.names(("trunks",)))
    if outside_calls is not None and outside_calls.trunk not in known:
        message = template("there is no trunk {name}{hint}")
        yield _unknown(subject, ("outside_calls", "trunk"), message, outside_calls.trunk, known)


def unknown_secret(subject: Subject) -> Iterator[Finding]:
    """A secret that only a carrier can know is neither beside the plan nor in the environment.

    Those of the office itself are generated where they are missing.
    """
    for name, trunk in subject.plan.trunks.items():
        secret = trunk.password.secret if trunk.password else None
        if secret is not None and secret not in subject.secrets:
            message = say(
                "there is no secret {name}; add it to {file} beside the plan, or set {variable}",
                name=quoted(secret),
                file=FILE_NAME,
                variable=variable(secret),
            )
            yield subject.finding(Code.UNKNOWN_REFERENCE, ("trunks", name, "password", "secret"), message)


def _unknown_target(subject: Subject, way: Way, known: Collection[str]) -> Finding:
    _, message = _SECTIONS[way.destination.kind]
    return _unknown(subject, way.target_path, message, way.destination.target, known)


def _unknown(subject: Subject, path: Path, message: str, name: str, known: Collection[str]) -> Finding:
    arguments = {"name": quoted(name), "hint": _hint(name, known)}
    return subject.finding(Code.UNKNOWN_REFERENCE, path, Message(message, arguments))


def _hint(name: str, known: Collection[str]) -> Text:
    return did_you_mean(name, known) or say("; add it, or correct the name")
