"""What a line of the API's table says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from officesmart_ivr.api.parameters import Parameter
from officesmart_ivr.api.schema import Groups, LineView, Status
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.observe.names import Names
from officesmart_ivr.state.followed import FollowedCallLog

Values = dict[str, Any]
"""The parameters of a question that were given, by name."""


@dataclass(frozen=True, slots=True)
class Facade:
    """What the API asks of the application. ``names`` are those of the plan at hand.

    ``change`` does something to a line, which is given as people write it, and returns its new state; None
    when there is no such line. ``metrics`` are in Prometheus' text format.
    """

    status: Callable[[], Status]
    lines: Callable[[], list[LineView]]
    change: Callable[[str, LineChange], LineView | None]
    groups: Callable[[], Groups]
    metrics: Callable[[], str]
    names: Callable[[], Names]
    log: FollowedCallLog


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path, and with which method it is asked.

    ``reply`` is the type of what is told, for a stream that of one line. ``in_path`` describes the names in
    the path's braces. ``problems``: what statuses mean here, beside those that every path has.
    """

    media: ClassVar[str]
    method: ClassVar[str] = "GET"

    path: str
    name: str
    summary: str
    reply: Any
    parameters: tuple[Parameter, ...] = ()
    in_path: tuple[Parameter, ...] = ()
    problems: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question(Route):
    """A path with one answer. ``answer`` raises ApiError or StateError where there is none."""

    media = "application/json"

    answer: Callable[[Facade, Values], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Action(Question):
    """A path that changes something, asked with POST. It answers as a question does."""

    method = "POST"


@dataclass(frozen=True, kw_only=True)
class Text(Question):
    """A path whose answer is a text, in a format of its own."""

    media = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Stream(Route):
    """A path whose answer goes on, one JSON object a line; an empty line says that there is nothing new.

    Of ``answer`` the first item may raise as in a question.
    """

    media = "application/jsonl"

    answer: Callable[[Facade, Values], AsyncGenerator[object | None, None]]
