"""Menus and what surrounds them: forwarding when disabled, menus without a way in, unclear keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from officesmart_ivr.callplan.checks.subject import NEED_A_MENU, Subject
from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.findings import Code, Finding
from officesmart_ivr.callplan.nodes import Path
from officesmart_ivr.messages import quoted, say


def forwarding_when_disabled(subject: Subject) -> Iterator[Finding]:
    """A multiselection that is off must say where its calls go, and there is no menu yet to go back to.

    A menu of its own may be named: it speaks as the first one, for example to say that all is closed.
    """
    for name, multiselection in subject.plan.multiselections.items():
        path = ("multiselections", name, "when_disabled")
        forward = multiselection.when_disabled
        if forward is None:
            if not multiselection.enabled:
                message = say(
                    "{name} is not enabled and needs 'when_disabled': say where its calls go",
                    name=quoted(name),
                )
                yield subject.finding_at_key(Code.MISSING_FIELD, path[:-1], message)
        elif forward.kind in NEED_A_MENU:
            message = say(
                "'{word}' leads back to a menu, and here was none; lead elsewhere", word=forward.kind
            )
            yield subject.finding(Code.BAD_VALUE, path, message)


def unreachable_menu(subject: Subject) -> Iterator[Finding]:
    """No key, timeout or failure leads to a menu from those that the week names."""
    steps: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for way in subject.ways:
        if way.destination.kind is To.MENU:
            # A way outside the menus (when disabled, a default key) is open from the start: menu "".
            steps[way.multiselection, way.menu].append(way.destination.target)
    for name, multiselection in subject.plan.multiselections.items():
        first_menus = multiselection.week.menus()
        if not first_menus or not multiselection.menus.keys() >= set(first_menus):
            continue  # reported as uncovered hours, or as an unknown reference
        reached: set[str] = set()
        # A menu that an override key names speaks when somebody wants it to.
        ahead = [*first_menus, *multiselection.override_keys.values(), *steps[name, ""]]
        while ahead:
            menu = ahead.pop()
            if menu not in reached:
                reached.add(menu)
                ahead += steps[name, menu]
        for menu in multiselection.menus:
            if menu not in reached:
                message = say(
                    "nothing leads to the menu {menu}; lead a key there, or remove it", menu=quoted(menu)
                )
                yield subject.finding_at_key(
                    Code.UNREACHABLE_MENU, ("multiselections", name, "menus", menu), message
                )


def ambiguous_digits(subject: Subject) -> Iterator[Finding]:
    """Where extensions may be typed, a key that begins one must wait for what follows."""
    begins: defaultdict[str, list[str]] = defaultdict(list)
    for extension in sorted(subject.plan.extensions):
        begins[extension[0]].append(extension)
    for name, multiselection in subject.plan.multiselections.items():
        default_at = ("multiselections", name, "default_keys")
        paths: dict[Path, str] = {}
        for menu_name, menu in multiselection.menus.items():
            if menu.dial_extensions:
                menu_at = ("multiselections", name, "menus", menu_name, "keys")
                paths |= {
                    (*default_at, key): key for key in multiselection.default_keys.keys() - menu.keys.keys()
                }
                paths |= {(*menu_at, key): key for key in menu.keys}
        for path, key in paths.items():
            if key in begins:
                message = say(
                    "key {key} waits for more digits, for it begins extension {extension}; choose another "
                    "key, or accept the wait",
                    key=key,
                    extension=begins[key][0],
                )
                yield subject.finding_at_key(Code.AMBIGUOUS_DIGITS, path, message)
