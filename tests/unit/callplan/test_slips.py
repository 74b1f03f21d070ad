"""Slips of the pen: where each is shown, and the word of its message that tells what to do.

Beside each stand plans that come near it: right ones, in which nothing is found, and others whose message
must not give the hint.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

from officesmart_ivr.callplan import yaml_reader
from officesmart_ivr.callplan.files import parse
from officesmart_ivr.callplan.yaml_reader import read_yaml

SLIPS = {
    "star in brackets": ('a:\n  k: {"1": x, *: back}\n', (2, 15), '"*"'),
    "star in a block": ("a:\n  *: back\n", (2, 3), '"*"'),
    "ampersand": ("a: & co\n", (1, 4), "quotes"),
    "hash in brackets": ('a:\n  k: {"1": x, #: hang_up}\n  b: c\nd: e\n', (2, 15), '"#"'),
    "hash as the only key": ("a:\n  k: {#: hang_up}\n", (2, 7), '"#"'),
    "service codes": ("a: {pick_up: *8}\n", (1, 14), '"*8"'),
    "quote in brackets": ('s:\n  m: {n: "Milano}\n  t: {n: Torino, id: "02"}\nb: c\n', (2, 10), "line 3"),
    "quote in a block": ('s:\n  n: "Milano\n  id: "02"\nb: c\n', (2, 6), "line 3"),
    "single quote": ("s:\n  n: 'Milano\n  id: '02'\n", (2, 6), "line 3"),
    "quote with a blank behind the next": ('s: {n: "Milano,\n  id: " 02"}\n', (1, 8), "line 2"),
    "quote of a first key": ('k:\n  "1: {menu: a}\n  "2": {menu: b}\n', (2, 3), "line 3"),
    "quote of a key": (
        'k:\n  "0": x\n  "1: {menu: a}\n  "2": {menu: b}\n',
        (3, 3),
        "not closed in this line",
    ),
    "quote of a key before a quoted value": (
        'k:\n  "0": x\n  "1: {a: "b"}\n  "2": c\n',
        (3, 3),
        "not in pairs",
    ),
    "quote in a list": ('n: ["100, "200"]\n', (1, 12), "quote is missing"),
    "quote of the text": ("n: 'L'Aquila'\nb: c\n", (1, 7), "other kind"),
    "text behind quotes": ('n: "Anna" Rossi\nb: c\n', (1, 11), "one too many"),
    "quote before a quoted star": ('a: {b: {"c: d}}\ne: {"*": f}\n', (1, 9), "line 2"),
    "quote of a key in brackets": ('a: {"*: d}\ne: {"1": f}\n', (1, 5), "line 2"),
    "quote of a key, and a quoted value": (
        'k:\n  "1": x\n  "2: {e: "203", c: d}\n',
        (3, 12),
        "quote is missing",
    ),
    "last quote": ('a: b\nn: "Anna\nc: d\n', (2, 4), "before this quote is closed"),
    "colon of a section": ("version: 1\ncompany\n  name: Studio\n", (2, 1), "': '"),
    "colon of an empty section": ("version: 1\ncompany\nsites:\n  a: b\n", (2, 1), "': '"),
    "colon of a first field": ("company:\n  name Studio\n  id: 2\n", (2, 3), "line 3"),
    "colon of a field": ("company:\n  id: 2\n  name Studio\n  b: c\n", (3, 3), "': '"),
    "colon of a last field": ("company:\n  id: 2\n  name Studio\n", (3, 3), "': '"),
    "colon of a first quoted name": ('k:\n  "1" {a: b}\n  "2": c\n', (2, 3), "': '"),
    "colon of a quoted name": ('k:\n  "1": c\n  "2" {a: b}\n  "3": c\n', (3, 3), "': '"),
    "colon of a commented line": ("a:\n  seconds 6   # c\n  attempts: 2\n", (2, 3), "': '"),
    "space of a commented line": ("a:\n  seconds:6   # c\n  attempts: 2\n", (2, 10), "space"),
    "space of a second quoted key": ('k:\n  "9": r\n  "5":replay\n  "6": {a: b}\n', (3, 6), "space"),
    "space of a first field": ("company:\n  name:Studio\n  id: 2\n", (2, 7), "space"),
    "space of a field": ("company:\n  id: 3\n  name:Studio\n  b: c\n", (3, 7), "space"),
    "space of a file's first line": ("version:1\ncompany:\n  a: b\n", (1, 8), "space"),
    "space of a quoted key": ('k:\n  "1":replay\n  "2": x\n', (2, 6), "space"),
    "space before a bracket": ('k:\n  "2": x\n  "1":{menu: a}\n  "3": x\n', (3, 6), "space"),
    "space of a section": ("a: b\nextensions:{'201': {name: Anna}}\n", (2, 11), "space"),
    "curly quotes": ("a:\n  text: “Ciao: siamo chiusi”\n", (2, 9), "straight quotes"),
    "bracket": ("a:\n  k: {b: c\n  d: {e: f}\n", (3, 4), "line 2"),
}

RIGHT = [
    'a: {"*": back, "#": hang_up, "1": "*8"}\n',
    "a: {b: c # : comment\n  }\n",
    "a: {b: c, # a comment\n  d: e}\n",
    'a: "a text of\n  two lines"\nb: c\n',
    'a: {b: "a text of\n  two lines", c: d}\n',
    "a: 'L''Aquila'\nb: \"L'Aquila\"\n",
    "a: a text of\n  two lines\nb: c\n",
    "a:\n  09:00\nb: sip://c\n",
    'a: {"1":replay}\n',
    "a: “Ciao”\n",
]

OTHERS = {
    "bracket that is not opened": ('a: "+39"]\nb: c\n', "no bracket is open"),
    "brace that is not opened": ("a: {b: c}}\nd: e\n", "no bracket is open"),
    "comma outside of brackets": ('a: "b", "c"\nd: e\n', "does not fit"),
    "text and a mapping": ('k:\n  - "a" {b: c}\n  - d\n', "does not fit"),
    "indent behind a commented value": ("a:\n    b   # c\n d: e\n", "indented"),
    "missing comma": ('a: {b: "x" c: "y"}\n', "','"),
    "missing comma without a space": ('a: {b: "x""c": "y"}\n', "','"),
    "bracket, and a comment above": ("a: {b: c, # d\n  e: f}\ng: {h: i\nj: k\n", "','"),
    "bracket, and a hash in quotes": ('a: {b: "c, #: d"\ne: f\n', "','"),
    "colon in a text": ("a: b: c\n", "quote the text"),
    "indent of a value": ("a: b\n  c: d\n", "quote the text"),
    "indent of an entry": ("a:\n  b: c\n d: e\n", "indented"),
    "an address for a name": ("a: b\nsip://x\nc: d\n", "a name without ': '"),
    "a time for a name": ("a: b\n09:00-13:00\nc: d\n", "a name without ': '"),
}


@pytest.fixture(params=["libyaml", "python"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.setattr(yaml_reader, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(("text", "place", "hint"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_where_it_was_made(text: str, place: tuple[int, int], hint: str) -> None:
    _, (finding,) = read_yaml(text.encode(), "plan.yaml")
    assert finding.position[1:] == place
    assert hint in finding.message


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("text", RIGHT)
def test_what_comes_near_a_slip_is_read(text: str) -> None:
    root, findings = read_yaml(text.encode(), "plan.yaml")
    assert root is not None
    assert findings == []


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(("text", "said"), OTHERS.values(), ids=OTHERS)
def test_another_mistake_gets_no_hint_that_is_wrong(text: str, said: str) -> None:
    _, (finding,) = read_yaml(text.encode(), "plan.yaml")
    assert said in finding.message
    hints = ('"#"', "quote is missing", "a space is missing", "straight", "opened here", "the colon missing")
    assert not [hint for hint in hints if hint in finding.message]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize(("text", "place", "hint"), SLIPS.values(), ids=SLIPS)
def test_lines_may_end_in_another_way(text: str, place: tuple[int, int], hint: str, ending: str) -> None:
    test_a_slip_is_told_where_it_was_made(text.replace("\n", ending), place, hint)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b " + "# " * 400_000 + "\n  c: d\n",
        "a:\n  b\n" + " # #\n" * 150_000 + "  c: d\n",
        "a: {" + "{ # : , " * 100_000,
        "a: b\n" + "{#" * 300_000 + "}}",
        "a: '" + "b: ' " * 150_000,
        "a: b\n" + "c" * 500_000 + "\nd: e\n",
    ],
    ids=["comment", "comments", "braces", "hashes", "quotes", "a long name"],
)
def test_a_slip_in_a_large_file_is_looked_for_in_a_short_time(text: str) -> None:
    began = time.process_time()
    root, findings = read_yaml(text.encode(), "plan.yaml")
    assert root is None
    assert findings
    assert time.process_time() - began < 2


GOOD_PLANS = Path(__file__).parent / "good_plans"


@pytest.mark.parametrize("left_out", ['"', ":(?=[ \n])", "(?<=:) (?! )"])
@pytest.mark.parametrize("name", ["hunt-groups", "week", "outside"])
def test_what_is_left_out_of_a_plan_is_told_at_its_line_or_with_it(name: str, left_out: str) -> None:
    text = (GOOD_PLANS / f"{name}.yaml").read_text("utf-8")
    for place in re.finditer(left_out, text):
        line = text.count("\n", 0, place.start()) + 1
        _, findings = read_yaml((text[: place.start()] + text[place.end() :]).encode(), "plan.yaml")
        for finding in findings[:1]:  # else it was in a comment, or it is still YAML
            assert finding.position.line == line or f"line {line}" in finding.message, finding


COMPANY = "version: 1\ncompany: {name: Studio Rossi}\n"

TAKEN_FOR_TEXT = {
    "space of a field": ("extensions: {'201': {name:Fabio Neri}}\n", "after 'name:'"),
    "space of a name": ("sites: {milano:Milano}\n", "after 'milano:'"),
    "quote before a number": ('extensions: {201": {name: Anna}}\n', "not opened"),
    "curly number": ("extensions: {'201': {name: Anna, ring_seconds: “20”}}\n", "straight quotes"),
    "curly number of a list": (
        "multiselections: {main: {name: M, numbers: [«100»], week: {}, menus: {}}}\n",
        "straight quotes",
    ),
    "curly name": ("extensions: {“201”: {name: Anna}}\n", "straight quotes"),
    "curly field": ("extensions: {'201': {“name”: Anna}}\n", "straight quotes"),
    "comma in curly quotes": ("sites: {milano: {name: “Milano, centro”}}\n", "straight quotes"),
}


@pytest.mark.parametrize(("text", "hint"), TAKEN_FOR_TEXT.values(), ids=TAKEN_FOR_TEXT)
def test_a_slip_that_is_taken_for_a_text_is_told_where_that_is_refused(text: str, hint: str) -> None:
    findings = parse({"plan.yaml": (COMPANY + text).encode()}).findings
    assert [finding for finding in findings if hint in finding.message]


@pytest.mark.parametrize(
    "text",
    [
        "extensions: {'201': {nam: Anna}}\n",
        "extensions: {'201': {name: Anna, '09:00': x}}\n",
        "extensions: {'201': {name: Anna, ring_seconds: long}}\n",
        "extensions: {'201': {name: Anna, ring_seconds: ''}}\n",
        "sites: {milano: {name: M, timezone: 'sip://Rome'}}\n",
        "sites: {'mi lano': {name: M}}\n",
        "sites: {\"'milano'\": {name: M}}\n",
        "trunks: {t: {server: 'host:x'}}\n",
        "extensions: {'201': {name: Anna, ring_seconds: host:x}}\n",
        f"extensions: {{'201': {{name: “{'long' * 100}”}}}}\n",
        "extensions: {'201': {name: Anna, ring_seconds: “a” and “b”}}\n",
    ],
)
def test_what_is_refused_for_another_reason_gets_no_such_hint(text: str) -> None:
    findings = parse({"plan.yaml": (COMPANY + text).encode()}).findings
    assert findings
    hints = ("straight", "space is", "not opened")
    assert not [each for each in findings if any(hint in each.message for hint in hints)]


def test_curly_quotes_are_letters_where_they_do_no_harm() -> None:
    assert not parse({"plan.yaml": (COMPANY + "sites: {milano: {name: “Milano”}}\n").encode()}).findings
