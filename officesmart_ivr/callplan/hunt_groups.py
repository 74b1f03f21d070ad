"""Hunt groups as the plan writes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from officesmart_ivr.callplan.base import Model
from officesmart_ivr.callplan.destination import Leads
from officesmart_ivr.callplan.fields import (
    CallerNamePrefix,
    ExtensionNumber,
    Key,
    Name,
    Number,
    PlanId,
)
from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.messages import say

_Seconds = Field(ge=1, le=300, allow_inf_nan=False)


class IdleCounts(StrEnum):
    """Whose calls end a member's idle time: all calls of its line, or only those of the group."""

    ANY = "any"
    GROUP = "group"


class Music(StrEnum):
    """What callers hear while the group looks for somebody: music, or that a phone rings."""

    DEFAULT = "default"
    RINGING = "ringing"


class Member(Model):
    """A member of a group: a line of the office, or a number outside, written without the prefix.

    Exactly one of ``extension`` and ``outside`` is given. ``enabled``: a member that is not is kept in its
    place but never rung. ``weight``: the share of calls that it gets from the strategy ``weighted``, compared
    with the weights of the others; with 0 it is asked after all others. Of numbers outside only: ``name`` is
    for people, and with ``confirm`` whoever answers must press a key first, so that a mailbox or a stranger
    never takes a caller.
    """

    extension: ExtensionNumber | None = None
    outside: Number | None = None
    enabled: bool = True
    weight: Annotated[int, Field(ge=0, le=100)] = 10
    confirm: bool = True
    name: Annotated[str, StringConstraints(max_length=80)] = ""

    @property
    def written(self) -> str:
        """The extension or the number, as the plan writes it."""
        return self.extension or self.outside or ""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.extension is None and self.outside is None:
            raise refusal("missing-field", say("a member needs an 'extension' or an 'outside'"))
        if self.extension is not None and self.outside is not None:
            message = say("a member is an 'extension' or an 'outside' number, not both")
            raise refusal("bad-value", message, key="outside")
        for key in ("confirm", "name"):
            if self.extension is not None and key in self.model_fields_set:
                message = say(
                    "'{key}' is for members outside; an extension has its own name, and needs no key", key=key
                )
                raise refusal("bad-value", message, key=key)
        return self


def _extension(written: Any) -> Any:
    return {"extension": written} if isinstance(written, str) else written


AsWritten = Annotated[Member, BeforeValidator(_extension)]
"""A member as the plan writes it: an extension alone, or a mapping."""


class Queue(Model):
    """Where callers wait while everybody is busy.

    ``places``: callers that may wait at once; ``max_seconds``: how long each may, then ``when_busy`` follows.
    ``announcement`` is played to whoever begins to wait. Every ``announce_seconds`` callers hear the next of
    ``announcements``, and with ``announce_position`` their place. ``leave_key`` takes them to ``leave_to``.
    ``retry_seconds``: how long members who did not answer are left in peace before the next caller, or the
    same one again, is offered to them.
    """

    places: Annotated[int, Field(ge=1, le=1000)] = 10
    max_seconds: Annotated[float, Field(ge=1, le=86_400, allow_inf_nan=False)] = 300.0
    announcement: PlanId | None = None
    announce_position: bool = False
    announce_seconds: Annotated[float, Field(ge=10, le=3600, allow_inf_nan=False)] = 45.0
    announcements: Annotated[tuple[PlanId, ...], Field(max_length=100)] = ()
    leave_key: Key | None = None
    leave_to: Leads | None = None
    retry_seconds: Annotated[float, _Seconds] = 5.0

    @model_validator(mode="after")
    def _leaves_somewhere(self) -> Self:
        if (self.leave_key is None) != (self.leave_to is None):
            raise refusal("missing-field", say("'leave_key' and 'leave_to' go together"))
        return self


class HuntGroup(Model):
    """Numbers, ordered members, and the strategy that says in which order they are rung.

    ``ring_seconds``: how long each offer rings; ``next_on_no_answer``: whether the next member is rung then,
    or the hunt ends; ``total_seconds``: how long a hunt may last, the time in the queue not counted.
    ``hunt_direct_calls``: a call to a member's own number, who cannot take it, goes on to other members.
    ``idle_counts``: see the strategy ``uniform_longest_idle``. ``wrap_up_seconds``: pause for a member after
    a call of this group. ``pause_after_missed``: offers in a row that a member leaves unanswered before it
    is paused; 0 is never. ``caller_name_prefix`` stands before the caller's name on the members' phones.

    ``when_busy``: nobody can take the call, and there is no queue or no place in it. ``when_no_answer``: who
    was asked did not answer, or the time is over. ``when_unreachable``: nobody is there, all phones off or
    logged out. Where one is not given the caller is told and goes back to the menu that led here, as after
    any transfer that fails; a call without a menu is released with the cause.
    """

    name: Name
    description: str = ""
    numbers: Annotated[tuple[Number, ...], Field(max_length=1000)] = ()
    site: PlanId | None = None
    strategy: Name = "linear"
    members: Annotated[tuple[AsWritten, ...], Field(max_length=1000)] = ()
    ring_seconds: Annotated[float, _Seconds] = 15.0
    next_on_no_answer: bool = True
    total_seconds: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 120.0
    hunt_direct_calls: bool = False
    idle_counts: IdleCounts = IdleCounts.ANY
    wrap_up_seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 0.0
    pause_after_missed: Annotated[int, Field(ge=0, le=100)] = 0
    caller_name_prefix: CallerNamePrefix = ""
    music: Music = Music.RINGING
    queue: Queue | None = None
    when_busy: Leads | None = None
    when_no_answer: Leads | None = None
    when_unreachable: Leads | None = None
