"""From what is kept to what the API says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from officesmart_ivr.api.schema import (
    LAST,
    CallView,
    ExplainedCall,
    FindingView,
    GroupView,
    LegView,
    LineLegView,
    LineView,
    MemberView,
    PublicationView,
    RevisionView,
    StepView,
    TrunkView,
    WholeRevision,
)
from officesmart_ivr.callplan.findings import Finding
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core.effects import HuntEnd
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.state import Origin
from officesmart_ivr.core.target import trunk_of
from officesmart_ivr.errors import ApiError
from officesmart_ivr.observe.explain import Voice, explained, voice
from officesmart_ivr.observe.group_figures import MemberFigures
from officesmart_ivr.observe.names import Names
from officesmart_ivr.observe.snapshot import GroupNow
from officesmart_ivr.state.call_log import CallLeg, CallLog, CallQuery, CallRecord
from officesmart_ivr.state.lines import Line, View
from officesmart_ivr.state.revisions import Publication, Revision, Revisions
from officesmart_ivr.state.trunks import TrunkStatus
from officesmart_ivr.translations import in_language

_T = TypeVar("_T")


async def named_call(log: CallLog, name: str) -> CallRecord:
    """Return the call with this id or beginning of one, or the last.

    Raises ApiError when there is none, AmbiguousCallError when there are several, StateError when the log
    cannot be read.
    """
    if name == LAST:
        record = next(iter(await log.find(CallQuery(limit=1))), None)
        missing = "there is no call in the log"
    else:
        record = await log.get(name)
        missing = f"no call begins with '{name}'"
    if record is None:
        remedy = "'officesmart-ivr calls' lists them. Old ones are deleted as the plan says."
        raise ApiError(missing, status=404, where="call", remedy=remedy)
    return record


def call_view(record: CallRecord, language: Language, names: Names) -> CallView:
    """Return a record of the call log without its explanation."""
    return CallView(**_call(record, language, names))


def explained_call(record: CallRecord, language: Language, names: Names) -> ExplainedCall:
    """Return a record of the call log with its explanation."""
    zone = ZoneInfo(names.timezone)
    return ExplainedCall(
        **_call(record, language, names),
        language=language,
        steps=[
            StepView(step.at.astimezone(zone), step.note.fact.value, step.note.about, text)
            for step, text in zip(record.steps, explained(record, language, names), strict=True)
        ],
    )


def line_views(view: View, names: Names, memberships: Mapping[str, list[str]]) -> list[LineView]:
    """Return the plan's extensions, in its order, then the other lines that are members or were heard of.

    ``memberships`` are the groups of each line that is in one.
    """
    heard_of = {line.id for line in view.lines}
    others = (heard_of | memberships.keys()).difference(names.extensions)
    return [
        _line_view(view.line(line), line in heard_of, names, view.now, memberships.get(line, []))
        for line in (*names.extensions, *sorted(others))
    ]


def _call(record: CallRecord, language: Language, names: Names) -> dict[str, Any]:
    caller, zone, says = record.caller, ZoneInfo(names.timezone), voice(language, names)
    by_phone = caller.origin is Origin.PHONE
    return {
        "id": caller.call_id,
        "sip_call_id": record.sip_call_id,
        "number": caller.dialled,
        "number_name": _number_name(record, names),
        "caller": caller.number,
        "caller_name": names.extensions.get(caller.endpoint, caller.name) if by_phone else caller.name,
        "origin": caller.origin.value,
        "endpoint": trunk_of(caller.endpoint) or caller.endpoint,
        "began": record.began.astimezone(zone),
        "answered": _local(record.answered, zone),
        "ended": _local(record.ended, zone),
        "outcome": record.outcome,
        "outcome_text": says.outcome(record.outcome),
        "multiselection": record.multiselection,
        "path": list(record.path),
        "talked_seconds": sum(_talked(leg) for leg in record.legs),
        "legs": [_leg_view(leg, says, zone) for leg in record.legs],
    }


def _leg_view(leg: CallLeg, says: Voice, zone: tzinfo) -> LegView:
    return LegView(
        line=leg.line,
        name=says.names.line(leg.line),
        began=leg.began.astimezone(zone),
        rang=_local(leg.rang, zone),
        answered=_local(leg.answered, zone),
        ended=_local(leg.ended, zone),
        outcome=leg.outcome,
        outcome_text=says.leg_outcome(leg.outcome) if leg.outcome else "",
    )


def _line_view(line: Line, heard_of: bool, names: Names, now: datetime, groups: list[str]) -> LineView:
    zone = ZoneInfo(names.timezone)
    return LineView(
        extension=line.id,
        name=names.line(line.id),
        registered=line.registered,
        logged_in=line.logged_in,
        paused=line.paused,
        do_not_disturb=line.do_not_disturb,
        idle_since=line.idle_since.astimezone(zone) if heard_of and not line.legs else None,
        wrap_up_until=_local(line.wrap_up_until, zone) if line.wraps_up(now) else None,
        legs=[LineLegView(leg.id, leg.call_id, leg.phase, leg.group) for leg in line.legs],
        groups=groups,
    )


def _number_name(record: CallRecord, names: Names) -> str:
    """Return whose number was called; it may be written in another way than in the plan."""
    owner = names.numbers.get(record.caller.dialled)
    return owner or names.multiselections.get(record.multiselection, "")


def _talked(leg: CallLeg) -> float:
    if leg.answered is None or leg.ended is None:
        return 0.0
    return round((leg.ended - leg.answered).total_seconds(), 3)


def _local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone)


def trunk_view(status: TrunkStatus, zone: tzinfo) -> TrunkView:
    """Return the state of a trunk, its time in a zone."""
    return TrunkView(status.state, status.since.astimezone(zone), status.reason)


def group_view(group: PreparedGroup, now: GroupNow, lines: Mapping[str, LineView]) -> GroupView:
    """Return what a group does now, and what became of its calls; ``lines`` are those of its members."""
    figures = now.figures
    return GroupView(
        id=group.id,
        name=group.settings.name,
        hunting=now.hunting,
        waiting=now.waiting,
        offered=figures.offered,
        **{how.value: figures.count(how) for how in HuntEnd},
        wait_seconds=round(figures.wait_seconds, 3),
        longest_wait_seconds=round(figures.longest_wait, 3),
        members=[_member_view(lines[line], line in group.members, now.members[line]) for line in group.lines],
    )


def _member_view(line: LineView, enabled: bool, figures: MemberFigures) -> MemberView:
    return MemberView(
        line=line,
        enabled=enabled,
        offered=figures.offered,
        answered=figures.answered,
        missed=figures.missed,
        talk_seconds=round(figures.talk_seconds, 3),
    )


def finding_views(findings: Iterable[Finding], language: Language) -> list[FindingView]:
    """Return what a check has found, in words of a language."""
    return [
        FindingView(*finding.position, finding.severity, finding.code, in_language(finding.text, language))
        for finding in findings
    ]


def revision_view(revision: Revision, zone: tzinfo) -> RevisionView:
    """Return a revision without its texts."""
    return RevisionView(**_revision(revision, zone))


async def whole_revision(revisions: Revisions, number: int, zone: tzinfo) -> WholeRevision | None:
    """Return a revision with its texts; None when it is not kept. Raises StateError."""
    revision = await revisions.get(number)
    if revision is None:
        return None
    texts = await revisions.texts(revision.files)
    readable = {name: text.decode("utf-8", "replace") for name, text in texts.items()}
    return WholeRevision(**_revision(revision, zone), texts=readable)


def named_revision(found: _T | None, number: int) -> _T:
    """Return what was found of a revision. Raises ApiError when there is none."""
    if found is None:
        remedy = "'officesmart-ivr revisions list' shows them. The oldest are forgotten."
        raise ApiError(f"there is no revision {number}", status=404, where="revision", remedy=remedy)
    return found


def _revision(revision: Revision, zone: tzinfo) -> dict[str, Any]:
    return {
        "number": revision.number,
        "source": revision.origin.source,
        "author": revision.origin.author,
        "message": revision.origin.message,
        "at": revision.at.astimezone(zone),
        "digest": revision.digest,
        "files": list(revision.files),
    }


def publication_view(publication: Publication, zone: tzinfo) -> PublicationView:
    """Return a publication."""
    return PublicationView(
        id=publication.id,
        at=publication.at.astimezone(zone),
        made=publication.made.astimezone(zone),
        author=publication.origin.author,
        message=publication.origin.message,
        files=list(publication.files),
        state=publication.state,
        settled=_local(publication.settled, zone),
        reason=publication.reason,
        # As text it was kept, and as text it is shown: in English.
        findings=finding_views(publication.findings, Language.ENGLISH),
    )
