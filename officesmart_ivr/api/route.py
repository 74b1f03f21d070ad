"""What a line of the API's table says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from officesmart_ivr.api.overrides import OverrideDesk
from officesmart_ivr.api.parameters import Parameter
from officesmart_ivr.api.recordings import RecordingDesk
from officesmart_ivr.api.schema import (
    Groups,
    Health,
    LineView,
    NewPublication,
    Outcome,
    PublicationView,
    RevisionView,
    Scheduled,
    Status,
    WholeRevision,
)
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.messages import Language
from officesmart_ivr.observe.names import Names
from officesmart_ivr.state.followed import FollowedCallLog

Values = dict[str, Any]
"""The parameters of a question that were given, by name."""


class Plans(Protocol):
    """What the API asks of those who let plans go live. Raises StateError where it cannot be looked up.

    ``language`` is that of findings, and of why a plan is refused.
    """

    async def reload(self, author: str, message: str, language: Language) -> Outcome:
        """Let the plan on the disk go live."""
        ...

    async def revisions(self, limit: int) -> list[RevisionView]:
        """Return the newest revisions, the newest first."""
        ...

    async def revision(self, number: int) -> WholeRevision | None:
        """Return one with its texts; None when it is not kept."""
        ...

    async def rollback(self, number: int, author: str, message: str, language: Language) -> Outcome | None:
        """Let a revision go live again; None when it is not kept."""
        ...

    async def publications(self) -> list[PublicationView]:
        """Return the publications, the latest moment first."""
        ...

    async def publish(self, wanted: NewPublication, at: datetime, language: Language) -> Scheduled:
        """Let a plan go live at a moment, if the check does not refuse it."""
        ...

    async def cancel(self, publication: int) -> bool:
        """Let a publication not happen; False when none of this id waits."""
        ...


@dataclass(frozen=True, slots=True)
class Facade:
    """What the API asks of the application. ``names`` are those of the plan at hand.

    ``status`` is told with its findings in a language.
    ``change`` does something to a line, which is given as people write it, and returns its new state; None
    when there is no such line. ``health`` raises ApiError where calls are not served. ``metrics`` are in
    Prometheus' text format.
    """

    status: Callable[[Language], Status]
    health: Callable[[], Awaitable[Health]]
    lines: Callable[[], list[LineView]]
    change: Callable[[str, LineChange], LineView | None]
    groups: Callable[[], Groups]
    metrics: Callable[[], str]
    names: Callable[[], Names]
    log: FollowedCallLog
    plans: Plans
    overrides: OverrideDesk
    recordings: RecordingDesk


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path, and with which method it is asked.

    ``reply`` is the type of what is told, for a stream that of one line. ``in_path`` describes the names in
    the path's braces. ``problems``: what statuses mean here, beside those that every path has.
    ``is_open``: no token is needed.
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
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Question(Route):
    """A path with one answer. ``answer`` raises ApiError or StateError where there is none."""

    media = "application/json"

    answer: Callable[[Facade, Values], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Action(Question):
    """A path that changes something, asked with POST. It answers as a question does.

    ``body``: the type of what is sent with it, given to ``answer`` as the value ``body``; None for nothing.
    """

    method = "POST"

    body: type[Any] | None = None


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
