"""What the local API says, as JSON. Its description in OpenAPI is made from these types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from officesmart_ivr.callplan.findings import Code, Severity
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.state.lines import Phase
from officesmart_ivr.state.revisions import PublicationState, Source
from officesmart_ivr.state.trunks import TrunkState

STATUS_PATH = "/v1/status"
LINES_PATH = "/v1/lines"
MEMBERS_PATH = "/v1/members"
GROUPS_PATH = "/v1/groups"
HEALTH_PATH = "/health"
METRICS_PATH = "/v1/metrics"
CALLS_PATH = "/v1/calls"
FOLLOW_PATH = "/v1/calls/follow"
RELOAD_PATH = "/v1/plan/reload"
REVISIONS_PATH = "/v1/plan/revisions"
OVERRIDES_PATH = "/v1/overrides"
PUBLICATIONS_PATH = "/v1/plan/publications"
ANNOUNCEMENTS_PATH = "/v1/announcements"
DRAFTS_PATH = "/v1/announcements/drafts"
OPENAPI_PATH = "/v1/openapi.json"

LAST = "last"
"""Stands where a call's id would, for the call that began last."""


class TrunkView(msgspec.Struct, frozen=True):
    """A trunk: its state, since when, and why in words; that is empty if all is well."""

    state: TrunkState
    since: datetime
    reason: str


class FindingView(msgspec.Struct, frozen=True):
    """Something that a check has found. An error refuses the plan, a warning does not."""

    file: str
    line: int
    column: int
    severity: Severity
    code: Code
    message: str


class RevisionView(msgspec.Struct, frozen=True):
    """A text of the whole plan. ``source``: by which way it came; what was only ``kept`` never went live.

    ``digest`` is the same for equal texts; ``files`` are its files' names. ``at`` is in the company's time
    zone.
    """

    number: int
    source: Source
    author: str
    message: str
    at: datetime
    digest: str
    files: Sequence[str]


class WholeRevision(RevisionView, frozen=True):
    """A revision with the ``texts`` of its files."""

    texts: Mapping[str, str]


class Outcome(msgspec.Struct, frozen=True):
    """What has become of a plan that was to go live.

    ``live``: calls are served with it, as ``revision``; else ``error`` says why not, and the plan before goes
    on. ``new``: it is another one than before. ``seconds``: how long it took. ``notes``: what an admin has to
    know, such as what only a restart can change.
    """

    live: bool
    new: bool
    revision: int | None
    seconds: float
    findings: Sequence[FindingView]
    notes: Sequence[str]
    error: str
    remedy: str


class PublicationView(msgspec.Struct, frozen=True):
    """A plan that is to go live ``at`` a moment. ``made``: when that was said; ``settled``: when it was over.

    ``reason`` and ``findings`` tell how it went. Times are in the company's time zone.
    """

    id: int
    at: datetime
    made: datetime
    author: str
    message: str
    files: Sequence[str]
    state: PublicationState
    settled: datetime | None
    reason: str
    findings: Sequence[FindingView]


class Scheduled(msgspec.Struct, frozen=True):
    """A publication that was taken, and the warnings of the check; or null, and why the plan is refused.

    ``notes`` say in words what else an admin has to know, such as which files will be deleted.
    """

    publication: PublicationView | None
    findings: Sequence[FindingView]
    error: str
    remedy: str
    notes: Sequence[str]


class NewPublication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan that is to go live: ``files`` are its texts by their names; ``at`` as in the parameters."""

    files: Mapping[str, str]
    at: str
    author: str = ""
    message: str = ""


class PlanView(msgspec.Struct, frozen=True):
    """The plan that calls are served with: its ``revision`` (null where it could not be kept), since when.

    ``last`` is what became of the last candidate, and when that was: an edit, a rollback, a publication.
    ``next``: the publication that comes next.
    """

    revision: int | None
    since: datetime
    last: Outcome
    last_at: datetime
    next: PublicationView | None


class OverrideView(msgspec.Struct, frozen=True):
    """A manual override: ``menu`` speaks until a moment; null is until somebody clears it.

    ``by``: who has set it, an extension or a name. Times are in the time zone of the multiselection's site.
    """

    menu: str
    set_at: datetime
    until: datetime | None
    by: str


class MultiselectionView(msgspec.Struct, frozen=True):
    """What speaks at a multiselection now.

    ``period``: the name of the period or special day that holds, or ``override``, ``otherwise`` or
    ``disabled``; null where the week has nothing for this time, and calls are refused. ``menu``: the one that
    speaks; null where none does. ``menus``: all by id, with their names. An ``override`` is shown while it
    holds, also where the multiselection is switched off and it changes nothing.
    """

    id: str
    name: str
    numbers: Sequence[str]
    period: str | None
    menu: str | None
    menus: Mapping[str, str]
    override: OverrideView | None


class NewOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An override that is wanted, until it is cleared, or ``until`` a moment, or the end of the period.

    ``until`` is a moment at the multiselection's site: ``18:00``, the next one there; ``2026-12-24T18:00``;
    with an offset it is that everywhere. ``until_period_end``: as long as the week would choose what it
    chooses now.
    """

    menu: Annotated[str, msgspec.Meta(min_length=1)]
    until: str = ""
    until_period_end: bool = False
    author: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Status(msgspec.Struct, frozen=True):
    """How the application does. ``ready``: connected to Asterisk, phones and trunks made.

    ``plan`` is its file or folder, ``live`` what of it calls are served with. ``registered``: the extensions
    whose phone can be reached now. ``overrides``: the manual ones that hold, by multiselection.
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
    live: PlanView
    overrides: Mapping[str, OverrideView]


class Health(msgspec.Struct, frozen=True):
    """Calls are served. ``overloaded``: the machine is too busy, so that new ones are refused at present.

    ``seconds``: how long Asterisk took to answer a question.
    """

    overloaded: bool
    seconds: float


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


class RecordingCall(msgspec.Struct, frozen=True):
    """A phone is being called, to record an announcement: the id of that ``call``."""

    call: str


class NewRecording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which ``phone``, an extension, an announcement is to be recorded."""

    phone: str


class DraftView(msgspec.Struct, frozen=True):
    """What was recorded by telephone for an announcement, and is not saved: callers do not hear it.

    ``by`` is the extension whose phone recorded it; ``at`` is in the company's time zone; ``seconds`` is its
    length. ``file`` can be listened to on the machine of the application.
    """

    id: str
    announcement: str
    by: str
    at: datetime
    seconds: float
    file: str


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
