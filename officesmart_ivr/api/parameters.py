"""The parameters that the API takes: how each is read, and its description."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from officesmart_ivr.api.moments import FORMS, moment
from officesmart_ivr.api.schema import LAST
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.state import Outcome
from officesmart_ivr.errors import ApiError
from officesmart_ivr.state.call_log import FAULT, INTERRUPTED

MOST_CALLS = 1000
"""The most calls in one answer. To read so many holds up the calls in progress for some 20 ms."""

MOST_LETTERS = 500
"""The longest that a message may be."""

OUTCOMES = (*(outcome.value for outcome in Outcome), INTERRUPTED, FAULT)

_BAD_REQUEST = 400

WRITTEN_APART = re.compile(r"[\s()./-]")
"""What people write between the digits of a number."""


class _UnreadableError(Exception):
    """What was given cannot be meant; carries the message and the remedy."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a question. ``read`` makes its value; ``schema`` is that of the text (JSON Schema)."""

    name: str
    description: str
    read: Callable[[str, datetime], Any]
    schema: Mapping[str, Any]


def read(parameters: Iterable[Parameter], given: Iterable[tuple[str, str]], now: datetime) -> dict[str, Any]:
    """Return the values of those parameters that were given.

    ``now`` is in the company's time zone. Raises ApiError for one that is unknown, given twice or not
    readable.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            raise _refused(name, "there is no such parameter", _choice(known, "There are none here."))
        if name in values:
            raise _refused(name, "the parameter was given twice", "Give it once.")
        try:
            values[name] = known[name].read(text, now)
        except _UnreadableError as problem:
            raise _refused(name, *problem.args) from None
    if "since" in values and "until" in values and values["since"] >= values["until"]:
        raise _refused("until", "it is not after 'since'", "No call can be in between.")
    return values


def _refused(where: str, what: str, remedy: str) -> ApiError:
    return ApiError(f"{where}: {what}", status=_BAD_REQUEST, where=where, remedy=remedy)


def _choice(known: Collection[str], none: str = "") -> str:
    return f"Known are: {', '.join(known)}." if known else none


def _text(text: str, now: datetime) -> str:
    return text


def _moment(text: str, now: datetime) -> datetime:
    try:
        return moment(text, now)
    except ValueError:
        plus = " In a URL, + is written %2B." if " " in text else ""
        raise _UnreadableError(f"'{text}' is no moment", FORMS + plus) from None


def _limit(text: str, now: datetime) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= MOST_CALLS):
        raise _UnreadableError(f"'{text}' is no such number", f"Write a number from 1 to {MOST_CALLS}.")
    return int(text)


def _count(text: str, now: datetime) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) >= 1):
        raise _UnreadableError(f"'{text}' is no such number", "Write a number from 1.")
    return int(text)


def _name(text: str, now: datetime) -> str:
    if len(text) > MOST_LETTERS:
        raise _UnreadableError("it is too long", f"Write at most {MOST_LETTERS} characters.")
    return text


def _one_of(choice: Collection[str]) -> Callable[[str, datetime], str]:
    def read_one(text: str, now: datetime) -> str:
        if text not in choice:
            raise _UnreadableError(f"'{text}' is none of its values", _choice(choice))
        return text

    return read_one


def _language(text: str, now: datetime) -> Language:
    return Language(_one_of(list(Language))(text, now))


def _number(text: str, now: datetime) -> str:
    return WRITTEN_APART.sub("", text)


def _change(text: str, now: datetime) -> LineChange:
    return LineChange(_one_of(list(LineChange))(text, now))


def _string(**more: Any) -> Mapping[str, Any]:
    return {"type": "string", **more}


_MOMENTS = _string(examples=["2h", "today", "2026-11-22T09:00"])

CALL_FILTERS = (
    Parameter("since", f"Calls that began at this moment or later. {FORMS}", _moment, _MOMENTS),
    Parameter("until", f"Calls that began before this moment. {FORMS}", _moment, _MOMENTS),
    Parameter("number", "A part of the number called.", _text, _string()),
    Parameter("caller", "A part of the caller's number.", _text, _string()),
    Parameter("extension", "An extension that called or was rung.", _text, _string()),
    Parameter("outcome", "How the call ended.", _one_of(OUTCOMES), _string(enum=list(OUTCOMES))),
    Parameter("sip_call_id", "The Call-ID of the caller's SIP dialog.", _text, _string()),
    Parameter(
        "limit",
        "How many calls at most, the newest ones.",
        _limit,
        {"type": "integer", "minimum": 1, "maximum": MOST_CALLS, "default": 100},
    ),
)
"""Which calls are wanted: the fields of ``CallQuery``."""

LANGUAGE = Parameter(
    "language",
    "The language of the texts; the company's if not said.",
    _language,
    _string(enum=[language.value for language in Language]),
)

FINDINGS_LANGUAGE = Parameter(
    "language",
    "The language of the findings; English if not said.",
    _language,
    _string(enum=[language.value for language in Language]),
)

CALL = Parameter("call", f"The id of a call, or its beginning, or '{LAST}'.", _text, _string(minLength=1))

MULTISELECTION = Parameter(
    "multiselection",
    "The id of a multiselection, or one of its numbers in any spelling.",
    _text,
    _string(minLength=1, examples=["main", "02 12345678"]),
)

ANNOUNCEMENT = Parameter("announcement", "The id of an announcement.", _text, _string(minLength=1))

DRAFT = Parameter("draft", "The id of a draft, or its beginning.", _text, _string(minLength=1))

LINE = Parameter(
    "line",
    "An extension, or the number of a member outside in any spelling.",
    _number,
    _string(minLength=1, examples=["201", "333 7654321"]),
)

CHANGE = Parameter(
    "action", "What is to be done to it.", _change, _string(enum=[change.value for change in LineChange])
)

AUTHOR = Parameter("author", "Who wants it.", _name, _string(maxLength=MOST_LETTERS))

MESSAGE = Parameter(
    "message", "Why, for those who read the list of revisions.", _name, _string(maxLength=MOST_LETTERS)
)

REVISION = Parameter("revision", "The number of a revision.", _count, {"type": "integer", "minimum": 1})

REVISIONS = (
    Parameter(
        "limit",
        "How many revisions at most, the newest ones.",
        _limit,
        {"type": "integer", "minimum": 1, "maximum": MOST_CALLS, "default": 100},
    ),
)

PUBLICATION = Parameter("publication", "The id of a publication.", _count, {"type": "integer", "minimum": 1})
