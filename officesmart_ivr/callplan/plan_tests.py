"""Plan tests: calls with what is expected of them, kept in the plan that they test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from officesmart_ivr.callplan import caller_keys
from officesmart_ivr.callplan.base import Model
from officesmart_ivr.callplan.fields import Name, PlanId
from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.messages import say

LASTS = timedelta(seconds=60)
"""How long people talk where nobody says it."""

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?")
_DURATION = re.compile(r"(?:(\d{1,2})h)?\s*(?:(\d{1,4})m)?\s*(?:(\d{1,5})s?)?")
_DIALLED = re.compile(r"[+*]?[0-9]{1,24}|\*[0-9*#]{1,24}")
_NOTHING = frozenset({"null", "none", "~", ""})

_T = TypeVar("_T")


class Answering(StrEnum):
    """What whoever is called does.

    A line that is ``busy`` is in another call, so no group offers it one; a number outside that is busy says
    so when it is called. One that is ``unreachable`` has no phone.
    """

    FREE = "free"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTS = "rejects"
    UNREACHABLE = "unreachable"


class Ended(StrEnum):
    """How a call ended: as in the call log, but for calls that were forwarded to a number outside."""

    CONNECTED = "connected"
    FORWARDED = "forwarded"
    HANG_UP = "hang_up"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    LIMIT = "limit"
    CALLER_LEFT = "caller_left"


def moment(written: str) -> datetime:
    """Read a moment, naive without an offset. Raises ValueError, of a message for people."""
    found = _MOMENT.fullmatch(written.strip())
    try:
        if found is None:
            raise ValueError
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}")
    except ValueError:
        message = say(
            "'{written}' is no moment; write it like 2026-12-25 10:05 or 2026-12-25T10:05+01:00",
            written=written,
        )
        raise ValueError(message) from None


def duration(written: str) -> timedelta:
    """Read a duration of at most a day. Raises ValueError, of a message for people."""
    found = _DURATION.fullmatch(written.strip())
    if found is not None and any(found.groups()):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        read = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if timedelta(0) < read <= timedelta(days=1):
            return read
    raise ValueError(
        say("'{written}' is no duration; write it like 90s, 5m or 1h30m, at most 24h", written=written)
    )


def _read_by(read: Callable[[str], _T]) -> Callable[[Any], _T]:
    """Make a validator of a function that raises ValueError of a message."""

    def validate(written: Any) -> _T:
        if not isinstance(written, str):
            raise refusal("bad-value", say("this must be a single text"))
        try:
            return read(written)
        except ValueError as error:
            raise refusal("bad-value", error.args[0]) from None

    return validate


def _dialled(text: str) -> str:
    if not _DIALLED.fullmatch(text):
        raise refusal(
            "bad-value",
            say("'{text}' is nothing to dial; write digits, perhaps + or * before them", text=text),
        )
    return text


def _nothing(written: Any) -> Any:
    return None if isinstance(written, str) and written.strip().lower() in _NOTHING else written


Moment = Annotated[datetime, PlainValidator(_read_by(moment))]
Duration = Annotated[timedelta, PlainValidator(_read_by(duration))]
Dialled = Annotated[str, AfterValidator(_dialled)]
Keys = Annotated[tuple[str, ...], PlainValidator(_read_by(caller_keys.entries))]
OrNothing = Annotated[str | None, BeforeValidator(_nothing)]
_Names = Annotated[tuple[str, ...], Field(max_length=1000)]


class ExpectedStep(Model):
    """A line of the explanation that is to be among the steps; what is not given may be anything."""

    at: str | None = None
    what: str | None = None
    why: str | None = None


class Expectation(Model):
    """What is to become of a call; what is not given may be anything.

    ``period`` and ``connected`` may be ``none``. ``steps`` are to be among the call's, in this order.
    """

    period: OrNothing = None
    menus: _Names | None = None
    plays: _Names | None = None
    offers: Annotated[tuple[_Names, ...], Field(max_length=1000)] | None = None
    connected: OrNothing = None
    ended: Ended | None = None
    steps: Annotated[tuple[ExpectedStep, ...], Field(max_length=1000)] | None = None

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            known = ", ".join(type(self).model_fields)
            message = say("a test expects something: at least one of {known}", known=known)
            raise refusal("missing-field", message)
        return self


class _CallFields(Model):
    """What a call of a plan test says. ``sender`` is written ``from``."""

    at: Moment | None = None
    call: Dialled | None = None
    sender: Annotated[Dialled | None, Field(alias="from")] = None
    keys: Keys = ()
    members: Mapping[Dialled, Answering] = Field(default_factory=dict)
    override: Mapping[PlanId, PlanId] = Field(default_factory=dict)
    lasts: Duration = LASTS
    expect: Expectation | None = None


class TestCall(_CallFields):
    """One of several calls of a test. Without ``at`` it follows the one before it.

    ``overlaps``: it begins while the one before it rings, waits or talks, in place of after its end.
    """

    __test__ = False  # no test of pytest's

    call: Dialled
    overlaps: bool = False


class PlanTest(_CallFields):
    """A call, or several one after the other, and what is expected of them.

    With ``calls``, all that is said of one call is said there; ``at`` may be said here for the first.
    """

    name: Name
    calls: Annotated[tuple[TestCall, ...], Field(min_length=1, max_length=100)] | None = None

    @property
    def each(self) -> tuple[PlanTest | TestCall, ...]:
        """The calls, in order."""
        return self.calls or (self,)

    @model_validator(mode="after")
    def _is_one_or_several(self) -> Self:
        if self.calls is None:
            if self.call is None:
                raise refusal("missing-field", say("a test needs a 'call', or 'calls'"))
            if self.at is None:
                raise refusal("missing-field", say("a test needs 'at': when is the call?"))
            if self.expect is None:
                raise refusal("missing-field", say("a test needs 'expect': what is to happen?"))
            return self
        for key in ("call", "from", "keys", "lasts", "expect"):
            if ("sender" if key == "from" else key) in self.model_fields_set:
                message = say("'{key}' is said in each of the 'calls'", key=key)
                raise refusal("bad-value", message, key=key)
        if self.at is None and self.calls[0].at is None:
            raise refusal("missing-field", say("a test needs 'at': when is its first call?"))
        if all(call.expect is None for call in self.calls):
            raise refusal("missing-field", say("one of the 'calls' needs 'expect'"))
        return self
