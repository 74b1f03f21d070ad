"""What the local API says, as JSON. Its description in OpenAPI is made from these types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from officesmart_ivr.callplan.model import Language
from officesmart_ivr.state.lines import Phase
from officesmart_ivr.state.trunks import TrunkState

STATUS_PATH = "/v1/status"
LINES_PATH = "/v1/lines"
MEMBERS_PATH = "/v1/members"
GROUPS_PATH = "/v1/groups"
METRICS_PATH = "/v1/metrics"
CALLS_PATH = "/v1/calls"
FOLLOW_PATH = "/v1/calls/follow"
OPENAPI_PATH = "/v1/openapi.json"

LAST = "last"
"""Stands where a call's id would, for the call that began last."""


class TrunkView(msgspec.Struct, frozen=True):
    """A trunk: its state, since when, and why in words; that is empty if all is well."""

    state: TrunkState
    since: datetime
    reason: str


class Status(msgspec.Struct, frozen=True):
    """How the application does. ``ready``: connected to Asterisk, phones and trunks made.

    ``registered``: the extensions whose phone can be reached now.
    """

    ready: bool
    version: str
    plan: str
    company: str
    calls: int
    numbers: Mapping[str, str]
    extensions: Mapping[str, str]
    registered: Sequence[str]
    trunks: Mapping[str, TrunkView]
    counts: Mapping[str, int]


class LineLegView(msgspec.Struct, frozen=True):
    """A leg that uses a line. ``call``: the id of its call; ``group``: the hunt that offered it, or empty."""

    id: str
    call: str
    phase: Phase
    group: str


class LineView(msgspec.Struct, frozen=True):
    """A line: an extension of the plan, a member of a group outside, or a number outside in a call.

    ``groups`` are the ids of those in which it is a member. ``idle_since`` is null while it has legs and
    before anything was heard of it, ``wrap_up_until`` where no pause after a call lasts.
    """

    extension: str
    name: str
    registered: bool
    logged_in: bool
    paused: bool
    do_not_disturb: bool
    idle_since: datetime | None
    wrap_up_until: datetime | None
    legs: list[LineLegView]
    groups: list[str]


class MemberView(msgspec.Struct, frozen=True):
    """A member of a group, and its share of the group's calls.

    ``enabled``: whether the plan lets it ring. ``missed``: it rang, and nobody took the call.
    ``talk_seconds``: in the calls that it answered, once they were over.
    """

    line: LineView
    enabled: bool
    offered: int
    answered: int
    missed: int
    talk_seconds: float


class GroupView(msgspec.Struct, frozen=True):
    """A hunt group: what it does now, and how its calls have left it.

    ``hunting``: callers for whom somebody is looked for now, those ``waiting`` in the queue included.
    ``abandoned``: the caller hung up; ``left``: by the key of the queue, or transferred; ``busy``,
    ``no_answer`` and ``unreachable``: as in the plan. ``wait_seconds``: how long calls took to leave the
    group, altogether; ``longest_wait_seconds``: the longest of them.
    """

    id: str
    name: str
    hunting: int
    waiting: int
    offered: int
    answered: int
    abandoned: int
    left: int
    busy: int
    no_answer: int
    unreachable: int
    wait_seconds: float
    longest_wait_seconds: float
    members: list[MemberView]


class Groups(msgspec.Struct, frozen=True):
    """All hunt groups, in the plan's order. Calls are counted ``since`` the application was started."""

    since: datetime
    groups: list[GroupView]


class LegView(msgspec.Struct, frozen=True):
    """A line that was rung for a call.

    ``rang``: when its phone said that it rings. ``outcome`` is a code, ``outcome_text`` the same in words;
    they are empty, and ``ended`` is null, while it rings.
    """

    line: str
    name: str
    began: datetime
    rang: datetime | None
    answered: datetime | None
    ended: datetime | None
    outcome: str
    outcome_text: str


class CallView(msgspec.Struct, frozen=True):
    """A call. Times are in the company's time zone. ``ended`` is null and ``outcome`` empty while it lasts.

    ``number`` and ``caller`` are whole, with the names that are known. ``endpoint``: the extension of the
    phone, or the trunk, that the call came from. ``path``: the menus entered, as ``multiselection/menu``.
    ``talked_seconds``: how long people have talked, once they have ended.
    """

    id: str
    sip_call_id: str
    number: str
    number_name: str
    caller: str
    caller_name: str
    origin: str
    endpoint: str
    began: datetime
    answered: datetime | None
    ended: datetime | None
    outcome: str
    outcome_text: str
    multiselection: str
    path: list[str]
    talked_seconds: float
    legs: list[LegView]


class StepView(msgspec.Struct, frozen=True):
    """One line of an explanation: ``what`` is a code, ``about`` what it tells, ``text`` the same in words."""

    at: datetime
    what: str
    about: Mapping[str, str]
    text: str


class ExplainedCall(CallView, frozen=True):
    """A call with its explanation in ``language``: what happened, step by step."""

    language: Language
    steps: list[StepView]


class Problem(msgspec.Struct, frozen=True):
    """Why there is no answer: the parameter or path at fault, what is wrong, and what to do about it."""

    where: str
    what: str
    remedy: str
