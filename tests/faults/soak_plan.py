"""The plan of the soak, in several versions that follow one another while calls go on, and spoilt ones."""

from __future__ import annotations

from random import Random

from tests.faults.trial import PERSON

LINES = [str(line) for line in range(201, 225)]
SWITCHERS = LINES[-3:]
"""Whose users turn their switches; the others are always there."""

CODES = ["*45", "*46", "*47", "*28100", "*45201", "*2"]
OUTSIDE = ["03337654321", "03357654321", "0112", "0899123456", "000442079460958"]
"""Numbers outside: allowed, allowed, emergency, premium, not allowed."""

NUMBERS = ["100", "0212345678", "101", "102", *(str(group) for group in range(500, 509)), "999"]
STRATEGIES = [
    "linear",
    "circular",
    "uniform_sequential",
    "uniform_longest_idle",
    "ring_all",
    "weighted",
    "fewest_calls",
]
PIN = "2580"

_PLAN = """\
version: 1
company: {name: Prova, language: it}
extensions:
EXTENSIONS
trunks:
  tester: {from_addresses: ["127.0.0.1/32"]}
  carrier: {server: "PERSON"}
outside_calls: {trunk: carrier, allow: ["+393"]}
announcements:
ANNOUNCEMENTS
multiselections:
  main:
    name: Centralino
    numbers: ["0212345678", "100"]
    week: {otherwise: {menu: day}}
    override_keys: {"1": day, "2": evening}
    default_keys: {"*": previous_menu}
    menus:
      day:
        announcement: welcome
        dial_extensions: true
        keys:
          "1": {menu: sales}
          "3": {hunt_group: group-0}
          "4": {extension: "203", announcement: wait}
          "5": {play: directions}
          "6": {outside: "3337654321"}
          "7": busy
          "8": {multiselection: other}
          "9": replay
          "0": {hunt_group: queue}
          "#": hang_up
        no_input: {seconds: SECONDS, attempts: 2, then: {menu: sales}}
        when_transfer_fails: replay
      evening: {announcement: closed, keys: {"1": {multiselection: main}}, no_input: {seconds: 1}}
      sales:
        announcement: sales
        keys: {"1": {hunt_group: group-1}, "2": {hunt_group: group-4}, "3": {extension: "204"}}
        no_input: {seconds: 1, attempts: 2, then: {hunt_group: group-2}}
        when_transfer_fails: {menu: day}
  other:
    name: Altro
    numbers: ["101"]
    week: {otherwise: {menu: second}}
    menus:
      second:
        announcement: second
        keys: {"0": {multiselection: main}, "1": {hunt_group: group-5}, "2": {dial: "205"}}
        no_input: {seconds: 0.5, attempts: 1, then: {hunt_group: group-6}}
        when_transfer_fails: {multiselection: main}
  off:
    name: Spento
    numbers: ["102"]
    enabled: false
    when_disabled: {dial: "206", announcement: closed}
    week: {otherwise: {menu: never}}
    menus: {never: {announcement: closed}}
hunt_groups:
GROUPS
  queue:
    name: Coda
    numbers: ["507"]
    strategy: uniform_longest_idle
    members: ["201", "202", "207"]
    ring_seconds: 1
    music: default
    queue: {places: 20, max_seconds: 5, announcement: wait, announce_position: true, leave_key: "1",
      leave_to: {extension: "208"}}
    when_busy: {dial: "209"}
  outside: {name: Fuori, numbers: ["508"], members: [{outside: "3337654321"}, "210"], ring_seconds: 2}
service_codes:
  {pick_up: "*8", login: "*45", pause: "*46", do_not_disturb: "*47", override: "*28",
    pin: {secret: service-pin}}
limits: {steps: 20, calls: 120}
"""


def plan(person_port: int, version: int) -> str:
    """Return a version of the plan; each has other strategies, times and members."""
    chance = Random(version)
    extensions = "\n".join(
        f'  "{line}": {{name: Linea {line}, ring_seconds: {chance.choice((1, 2, 3))}, '
        f"max_calls: {chance.choice((1, 1, 2))}}}"
        for line in LINES
    )
    strategies = STRATEGIES[version % len(STRATEGIES) :] + STRATEGIES[: version % len(STRATEGIES)]
    groups = "\n".join(
        f'  group-{number}: {{name: Gruppo, numbers: ["50{number}"], strategy: {strategy}, members: '
        f"{_members(chance, strategy)}, ring_seconds: {chance.choice((1, 2))}, hunt_direct_calls: "
        f"{'true' if strategy == 'circular' else 'false'}, total_seconds: {chance.choice((3, 6))}"
        f"{_exit(number, len(strategies))}}}"
        for number, strategy in enumerate(strategies)
    )
    text = _PLAN.replace("EXTENSIONS", extensions).replace("GROUPS", groups)
    text = text.replace("SECONDS", str(chance.choice((1, 2))))
    return text.replace("PERSON", f"{PERSON}:{person_port}")


def _members(chance: Random, strategy: str) -> str:
    lines = chance.sample(LINES, chance.choice((2, 3, 5)))
    if strategy == "weighted":
        members = [f'{{extension: "{line}", weight: {chance.randint(1, 9)}}}' for line in lines]
    else:
        members = [f'"{line}"' for line in lines]
    return f"[{', '.join(members)}]"


def _exit(number: int, groups: int) -> str:
    """Each group's last way out is the next group, so that calls wander; that of the last is a menu."""
    to = f"hunt_group: group-{number + 1}" if number + 1 < groups else "multiselection: other"
    return f", when_busy: {{{to}}}, when_no_answer: {{{to}}}"


def spoilt(text: str, chance: Random) -> str:
    """Return a plan that no check lets through."""
    match chance.randrange(4):
        case 0:
            return text[: len(text) // 2]
        case 1:
            return text.replace("menu: sales", "menu: nowhere")
        case 2:
            return text.replace("version: 1", "version: 1\nversion: 1")
    return text.replace('"202"', '"2o2"')
