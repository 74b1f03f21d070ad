"""What the parser of YAML could not read -> a finding that says which slip it was, and how to mend it.

The parser tells where it could not go on, which is often a line or more after the slip. What is looked for
here is looked for only then, so a plan that can be read costs nothing. A hint states what the text certainly
is (a quote that ends lines later); where there is none, what the parser's message means has to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from officesmart_ivr.callplan.findings import Code, Finding, Position
from officesmart_ivr.messages import Message, Text, say

CURLY_QUOTES = "“”„‟‘’‚‛«»‹›"
"""What word processors and phones write for quotes; to YAML they are letters."""

_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_NO_SPACE = re.compile(r"([^\W\d][\w-]*):(?!//)[^\s:]")
"""A name, and a colon without a space: ``name:Anna``. A time (09:00) or an address (sip://) is none."""
_NO_SPACE_AND_BRACKET = re.compile(r"([ -]*[^\W\d][\w-]*):[{\[]")
_NO_SPACE_AND_QUOTE = re.compile(r"""("[^"\n]*"|'[^'\n]*'):[^\s:]""")
_LINES_WITHOUT_TEXT = re.compile(r"\s*(?:#[^\n\r]*(?:[\n\r]\s*|\Z))*")
_HASH_KEY = re.compile(r"[{,][ \t]*(#)[ \t]*:")

_SPACE = say("a space is missing after this colon")
_NO_COLON = say("a name without ': ' after it")
_CURLY = say("; use straight quotes (\" or '), not curly ones")
_STRAIGHT = say("use straight quotes (\" or ') for a text that holds ': '")


def position_at(before: str, file: str) -> Position:
    """Return the place that follows the text ``before``."""
    lines = _LINE_END.split(before)
    return Position(file, len(lines), len(lines[-1]) + 1)


def hint_for_name(name: str) -> Text:
    """Return ``; …`` for a name that is refused and holds a slip that YAML takes for text, or nothing."""
    if name and (name[0] in CURLY_QUOTES or name[-1] in CURLY_QUOTES):
        return _CURLY
    if name[-1:] in ("'", '"') and name.count(name[-1]) == 1:
        return say("; it ends in a quote that is not opened before")
    match = _NO_SPACE.match(name)
    return say("; a space is missing after '{name}:'", name=match[1]) if match else ""


def hint_for_value(value: str) -> Text:
    """Return ``; …`` for a value that is refused and stands in curly quotes, or nothing."""
    inside = value[1:-1]
    is_quoted = bool(inside) and value[0] in CURLY_QUOTES and value[-1] in CURLY_QUOTES
    return _CURLY if is_quoted and not any(letter in CURLY_QUOTES for letter in inside) else ""


def explain(error: yaml.YAMLError, last: yaml.ScalarEvent | None, text: str, file: str) -> Finding:
    """Return the finding for what the parser says of a text.

    ``last``: the last key or value that it has read before, if any.
    """
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        problem = str(getattr(error, "problem", None) or error)
        return Finding(Position(file), Code.YAML, _meaning(problem))
    failure = _Failure(
        str(error.problem),  # type: ignore[attr-defined]
        mark,
        str(getattr(error, "context", None) or ""),
        getattr(error, "context_mark", None),
        last,
        text,
    )
    index, message = next(filter(None, (slip(failure) for slip in _SLIPS)), None) or (
        mark.index,
        _meaning(failure.problem),
    )
    return Finding(position_at(text[:index], file), Code.YAML, message)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What the parser says. ``mark``: where it stopped; ``begun``: where that began which it was reading."""

    problem: str
    mark: yaml.Mark
    context: str
    begun: yaml.Mark | None
    last: yaml.ScalarEvent | None
    text: str

    def line_from(self, index: int) -> str:
        """Return the rest of the line at an index."""
        return _LINE_END.split(self.text[index : index + 1000], maxsplit=1)[0]

    def line_before(self, index: int) -> str:
        """Return what stands in the line before an index."""
        return _LINE_END.split(self.text[:index])[-1]


_SCANNING_A_NAME = ("while scanning an alias", "while scanning an anchor")

_Found = tuple[int, Message] | None
"""The index of the slip in the text, and what is said of it."""


def _tab(failure: _Failure) -> _Found:
    if failure.text[failure.mark.index : failure.mark.index + 1] != "\t":
        return None
    return failure.mark.index, say("this line is indented with a tab; use spaces")


def _star(failure: _Failure) -> _Found:
    """``{*: previous_menu}``"""
    if failure.begun is None or failure.context not in _SCANNING_A_NAME:
        return None
    if failure.text[: failure.begun.index][-1:] in ("'", '"'):
        return None  # rather it follows quotes that are not paired
    message = say('a text that begins with * or & is put in quotes; the key is written "*"')
    return failure.begun.index, message


def _hash(failure: _Failure) -> _Found:
    """``{#: hang_up}``, which is a bracket that a comment hides the end of."""
    if "',' or '" not in failure.problem and "node content" not in failure.problem:
        return None
    matches = list(_HASH_KEY.finditer(failure.text, 0, failure.mark.index))
    if not matches:
        return None
    index = matches[-1].start(1)
    before, between = failure.line_before(index), failure.text[index : failure.mark.index]
    if before.count('"') % 2 or before.count("'") % 2:
        return None
    is_in_it = (
        failure.begun.index <= index
        if failure.begun is not None and failure.begun.index < failure.mark.index
        else len(_LINE_END.split(between.rstrip())) == 1
    )
    message = say('the key is written "#", in quotes: without them, a comment begins here')
    return (index, message) if is_in_it else None


def _quote(failure: _Failure) -> _Found:
    """A text in quotes that ends elsewhere than it should: something follows it that does not fit."""
    last, text, stop = failure.last, failure.text, failure.mark.index
    if last is None or "expected" not in failure.problem:
        return None
    if failure.context in _SCANNING_A_NAME and failure.begun is not None:
        stop = failure.begun.index
    start, end = last.start_mark, last.end_mark
    assert start is not None  # events of a parser have marks
    assert end is not None
    if text[stop : stop + 1] in ("", "\n", "\r", ":", "#", "}", "]", ","):
        return None
    gap = text[end.index : stop]
    if last.style not in ("'", '"') or stop < end.index or gap.strip(" "):
        return None
    if start.line < end.line:
        message = say(
            "the quote that is opened here is closed only in line {line}, and more text follows there; "
            "close it where its text ends",
            line=end.line + 1,
        )
        return start.index, message
    if text[stop] in "{[":
        is_name = (
            "parsing a block mapping" in failure.context and not failure.line_before(start.index).strip()
        )
        return (start.index, _NO_COLON) if is_name else None
    if "',' or '" in failure.problem and (gap or text[stop] in "\"'"):
        return None  # rather a comma is missing
    message = say(
        "a text in quotes has just ended, and more text follows: a quote is missing, or there is one too "
        "many; a text that holds quotes is put in quotes of the other kind"
    )
    return stop, message


def _closed(failure: _Failure) -> _Found:
    """A bracket is closed that none opened."""
    is_between_lines = any(part in failure.problem for part in ("expected key", "block end"))
    if not is_between_lines or failure.text[failure.mark.index : failure.mark.index + 1] not in ("}", "]"):
        return None
    return failure.mark.index, say("no bracket is open here that this one could close")


def _no_space(failure: _Failure) -> _Found:
    """A colon without a space, behind a name in quotes or before a bracket."""
    stop, text = failure.mark.index, failure.text
    before = failure.line_before(stop)
    if text[stop : stop + 1] in ("}", "]") and (match := _NO_SPACE_AND_BRACKET.match(before)):
        return stop - len(before) + match.end(1), _SPACE
    if text[stop : stop + 1] == ":" and text[stop + 1 : stop + 2].strip() and stop:
        is_a_name = text[stop - 1] in "\"'" or "unexpected ':'" in failure.problem
        return (stop, _SPACE) if is_a_name else None
    return None


def _commented(failure: _Failure) -> _Found:
    """A line without a colon, or without a space behind it, whose comment ends its text."""
    last = failure.last
    if last is None or last.style or last.start_mark is None or "expected" not in failure.problem:
        return None
    index = last.start_mark.index
    between = failure.text[index + len(last.value) : failure.mark.index]
    if failure.line_before(index).strip(" ") or not _LINES_WITHOUT_TEXT.fullmatch(between):
        return None
    if match := _NO_SPACE.match(last.value):
        return index + match.end(1), _SPACE
    return (index, _NO_COLON) if last.start_mark.column == failure.mark.column else None


def _required_name(failure: _Failure) -> _Found:
    """A line that must be ``name: value`` and has no colon; noticed where the next one begins."""
    if failure.begun is None or "could not find expected ':'" not in failure.problem:
        return None
    index = failure.begun.index
    line = failure.line_from(index)
    if match := _NO_SPACE.match(line) or _NO_SPACE_AND_QUOTE.match(line):
        return index + match.end(1), _SPACE
    quotes = line.count(line[0]) if line[:1] in ("'", '"') else 0
    if quotes == 1:
        return index, say("the quote that is opened here is not closed in this line; close it")
    if quotes % 2:
        return index, say("a name without ': ' after it; the quotes of this line are not in pairs")
    return index, _NO_COLON


def _continued(failure: _Failure) -> _Found:
    """A text without a colon, which makes the next line a part of it; the colon there is one too many."""
    last = failure.last
    if last is None or last.style or "mapping values are not allowed" not in failure.problem:
        return None
    start, end = last.start_mark, last.end_mark
    assert start is not None  # as above
    assert end is not None
    if end.index != failure.mark.index:
        return None
    if last.value[:1] in CURLY_QUOTES:
        return start.index, _STRAIGHT
    if start.line == end.line or failure.line_before(start.index).strip(" -"):
        return None
    if match := _NO_SPACE.match(failure.line_from(start.index)):
        return start.index + match.end(1), _SPACE
    message = say(
        "there is no ': ' in this line, so line {line} is read as more of its text; is the colon missing?",
        line=end.line + 1,
    )
    return start.index, message


def _bracket(failure: _Failure) -> _Found:
    """A bracket that was opened lines before."""
    begun, mark = failure.begun, failure.mark
    if begun is None or "',' or '" not in failure.problem or begun.line == mark.line:
        return None
    message = say(
        "a ',' or the closing bracket is missing before this place; the bracket was opened in line {line}",
        line=begun.line + 1,
    )
    return mark.index, message


def _unclosed(failure: _Failure) -> _Found:
    if failure.begun is None or "unexpected end of stream" not in failure.problem:
        return None
    return failure.begun.index, say("the file ends before this quote is closed; close it")


_SLIPS: tuple[Callable[[_Failure], _Found], ...] = (
    _tab,
    _star,
    _hash,
    _no_space,
    _quote,
    _closed,
    _commented,
    _required_name,
    _continued,
    _bracket,
    _unclosed,
)
"""The first that finds something is told."""

_INDENT = say("this line does not fit the lines above it; check how far it is indented")

_MEANINGS = (
    (
        "mapping values are not allowed",
        say("a ': ' is not expected here; quote the text or check the indent"),
    ),
    (
        "cannot start any token",
        say("a text cannot begin with this character; put the text in quotes"),
    ),
    ("',' or '", say("a ',' or the closing bracket is missing before this place")),
    ("could not find expected ':'", _NO_COLON),
    ("node content", say("a value or the closing bracket is missing here")),
    ("expected key", _INDENT),
    ("block end", _INDENT),
    (
        "'-' indicator",
        say("this line does not fit the list above it; check how far it is indented"),
    ),
)
"""Parts of libyaml's and PyYAML's messages, and what they mean to a person."""


def _meaning(problem: str) -> Message:
    for part, message in _MEANINGS:
        if part in problem:
            return message
    return say("this is not readable as YAML: {problem}", problem=problem)
