"""What the API answers: one table, from which the server takes its routes and OpenAPI its description."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from officesmart_ivr.api import openapi
from officesmart_ivr.api.follow import follow
from officesmart_ivr.api.moments import moment
from officesmart_ivr.api.parameters import (
    ANNOUNCEMENT,
    AUTHOR,
    CALL,
    CALL_FILTERS,
    CHANGE,
    DRAFT,
    FINDINGS_LANGUAGE,
    LANGUAGE,
    LINE,
    MESSAGE,
    MULTISELECTION,
    PUBLICATION,
    REVISION,
    REVISIONS,
)
from officesmart_ivr.api.route import Action, Facade, Question, Stream, Text, Values
from officesmart_ivr.api.schema import (
    ANNOUNCEMENTS_PATH,
    CALLS_PATH,
    DRAFTS_PATH,
    FOLLOW_PATH,
    GROUPS_PATH,
    HEALTH_PATH,
    LINES_PATH,
    MEMBERS_PATH,
    METRICS_PATH,
    OPENAPI_PATH,
    OVERRIDES_PATH,
    PUBLICATIONS_PATH,
    RELOAD_PATH,
    REVISIONS_PATH,
    STATUS_PATH,
    CallView,
    DraftView,
    ExplainedCall,
    Groups,
    Health,
    LineView,
    MultiselectionView,
    NewOverride,
    NewPublication,
    NewRecording,
    Outcome,
    PublicationView,
    RecordingCall,
    RevisionView,
    Scheduled,
    Status,
    WholeRevision,
)
from officesmart_ivr.api.views import call_view, explained_call, named_call, named_revision
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.errors import ApiError
from officesmart_ivr.state.call_log import CallQuery

_NO_MULTISELECTION = {404: "There is no such multiselection."}
_UNKNOWN_PAST = {503: "The database cannot be read or written now."}
_UNREADABLE = {503: "The call log cannot be read now."}


async def _status(facade: Facade, values: Values) -> Status:
    return facade.status(_of_findings(values))


async def _health(facade: Facade, values: Values) -> Health:
    return await facade.health()


async def _lines(facade: Facade, values: Values) -> list[LineView]:
    return facade.lines()


async def _members(facade: Facade, values: Values) -> list[LineView]:
    return [line for line in facade.lines() if line.groups]


async def _change(facade: Facade, values: Values) -> LineView:
    changed = facade.change(values["line"], values["action"])
    if changed is None:
        what = f"there is no line '{values['line']}'"
        remedy = "'officesmart-ivr member list' shows the members, 'officesmart-ivr lines' all lines."
        raise ApiError(what, status=404, where="line", remedy=remedy)
    return changed


async def _groups(facade: Facade, values: Values) -> Groups:
    return facade.groups()


async def _metrics(facade: Facade, values: Values) -> str:
    return facade.metrics()


async def _calls(facade: Facade, values: Values) -> list[CallView]:
    language, names = _language(facade, values), facade.names()
    return [call_view(record, language, names) for record in await facade.log.find(CallQuery(**values))]


async def _follow(facade: Facade, values: Values) -> AsyncGenerator[CallView | None, None]:
    language = _language(facade, values)
    async with aclosing(follow(facade.log, CallQuery(**values))) as records:
        async for record in records:
            yield None if record is None else call_view(record, language, facade.names())


async def _call(facade: Facade, values: Values) -> ExplainedCall:
    record = await named_call(facade.log, values["call"])
    return explained_call(record, _language(facade, values), facade.names())


async def _reload(facade: Facade, values: Values) -> Outcome:
    author, message = values.get("author", ""), values.get("message", "")
    return await facade.plans.reload(author, message, _of_findings(values))


async def _revisions(facade: Facade, values: Values) -> list[RevisionView]:
    return await facade.plans.revisions(values.get("limit", 100))


async def _revision(facade: Facade, values: Values) -> WholeRevision:
    return named_revision(await facade.plans.revision(values["revision"]), values["revision"])


async def _rollback(facade: Facade, values: Values) -> Outcome:
    number, author, message = values["revision"], values.get("author", ""), values.get("message", "")
    outcome = await facade.plans.rollback(number, author, message, _of_findings(values))
    return named_revision(outcome, number)


async def _publications(facade: Facade, values: Values) -> list[PublicationView]:
    return await facade.plans.publications()


async def _publish(facade: Facade, values: Values) -> Scheduled:
    wanted: NewPublication = values["body"]
    now = datetime.now(ZoneInfo(facade.names().timezone))
    try:
        at = moment(wanted.at.strip(), now)
    except ValueError:
        what = f"at: '{wanted.at}' is no moment"
        raise ApiError(what, status=400, where="at", remedy="Write it like 2026-12-24 18:00.") from None
    if at <= now:
        what = f"at: {at:%Y-%m-%d %H:%M} is over"
        raise ApiError(what, status=400, where="at", remedy="Name a moment to come.")
    return await facade.plans.publish(wanted, at, _of_findings(values))


async def _cancel(facade: Facade, values: Values) -> list[PublicationView]:
    if not await facade.plans.cancel(values["publication"]):
        what = f"no publication {values['publication']} is to come"
        remedy = "'officesmart-ivr revisions scheduled' shows them."
        raise ApiError(what, status=404, where="publication", remedy=remedy)
    return await facade.plans.publications()


async def _multiselections(facade: Facade, values: Values) -> list[MultiselectionView]:
    return facade.overrides.multiselections()


async def _multiselection(facade: Facade, values: Values) -> MultiselectionView:
    return facade.overrides.multiselection(values["multiselection"])


async def _override(facade: Facade, values: Values) -> MultiselectionView:
    return await facade.overrides.put(values["multiselection"], values["body"])


async def _clear(facade: Facade, values: Values) -> MultiselectionView:
    return facade.overrides.clear(values["multiselection"], values.get("author", ""))


async def _record(facade: Facade, values: Values) -> RecordingCall:
    wanted: NewRecording = values["body"]
    return facade.recordings.call(values["announcement"], wanted.phone)


async def _drafts(facade: Facade, values: Values) -> list[DraftView]:
    return await facade.recordings.drafts()


async def _save_draft(facade: Facade, values: Values) -> list[DraftView]:
    return await facade.recordings.save(values["draft"])


async def _discard_draft(facade: Facade, values: Values) -> list[DraftView]:
    return await facade.recordings.discard(values["draft"])


async def _openapi(facade: Facade, values: Values) -> dict[str, Any]:
    return openapi.describe(ROUTES)


def _language(facade: Facade, values: Values) -> Language:
    """Take the language out of what was asked for; the company's if it was not said."""
    chosen: Language = values.pop("language", facade.names().language)
    return chosen


def _of_findings(values: Values) -> Language:
    """Return the language of findings that was asked for; whoever reads programs' answers reads English."""
    language: Language = values.get("language", Language.ENGLISH)
    return language


ROUTES: tuple[Question | Stream, ...] = (
    Question(
        path=STATUS_PATH,
        name="status",
        summary="How the application does",
        reply=Status,
        parameters=(FINDINGS_LANGUAGE,),
        answer=_status,
    ),
    Question(
        path=HEALTH_PATH,
        name="health",
        summary="Whether calls are served, for monitoring; it asks Asterisk a question",
        reply=Health,
        problems={503: "Calls are not served; the answer says why."},
        is_open=True,
        answer=_health,
    ),
    Question(
        path=LINES_PATH, name="lines", summary="What each line is doing", reply=list[LineView], answer=_lines
    ),
    Question(
        path=MEMBERS_PATH,
        name="members",
        summary="The lines that are members of hunt groups, and what each is doing",
        reply=list[LineView],
        answer=_members,
    ),
    Action(
        path=MEMBERS_PATH + "/{line}/{action}",
        name="change",
        summary="Log a line in or out, pause or resume it, or turn do-not-disturb on or off; its new state",
        reply=LineView,
        in_path=(LINE, CHANGE),
        problems={404: "There is no such line."},
        answer=_change,
    ),
    Question(
        path=GROUPS_PATH,
        name="groups",
        summary="The hunt groups: who waits now, and what became of their calls",
        reply=Groups,
        answer=_groups,
    ),
    Text(
        path=METRICS_PATH,
        name="metrics",
        summary="Figures for Prometheus, in its text format",
        reply=str,
        answer=_metrics,
    ),
    Question(
        path=CALLS_PATH,
        name="calls",
        summary="Calls of the log and those in progress, the newest first",
        reply=list[CallView],
        parameters=(*CALL_FILTERS, LANGUAGE),
        problems=_UNREADABLE,
        answer=_calls,
    ),
    # Before the path of one call, which would take its name for an id.
    Stream(
        path=FOLLOW_PATH,
        name="follow",
        summary="The same calls, the oldest first, then each as it begins and as it ends, one a line",
        reply=CallView,
        parameters=(*CALL_FILTERS, LANGUAGE),
        problems=_UNREADABLE,
        answer=_follow,
    ),
    Question(
        path=CALLS_PATH + "/{call}",
        name="call",
        summary="One call with its explanation",
        reply=ExplainedCall,
        parameters=(LANGUAGE,),
        in_path=(CALL,),
        problems={404: "No call begins so.", 409: "Several calls begin so.", **_UNREADABLE},
        answer=_call,
    ),
    Action(
        path=RELOAD_PATH,
        name="reload",
        summary="Let the plan on the disk go live, or say why it cannot",
        reply=Outcome,
        parameters=(AUTHOR, MESSAGE, FINDINGS_LANGUAGE),
        answer=_reload,
    ),
    Question(
        path=REVISIONS_PATH,
        name="revisions",
        summary="The plans that went live, the newest first",
        reply=list[RevisionView],
        parameters=REVISIONS,
        problems=_UNKNOWN_PAST,
        answer=_revisions,
    ),
    Question(
        path=REVISIONS_PATH + "/{revision}",
        name="revision",
        summary="One of them with its texts",
        reply=WholeRevision,
        in_path=(REVISION,),
        problems={404: "There is no such revision.", **_UNKNOWN_PAST},
        answer=_revision,
    ),
    Action(
        path=REVISIONS_PATH + "/{revision}/rollback",
        name="rollback",
        summary="Let it go live again, in the plan's files too, or say why it cannot",
        reply=Outcome,
        parameters=(AUTHOR, MESSAGE, FINDINGS_LANGUAGE),
        in_path=(REVISION,),
        problems={404: "There is no such revision.", **_UNKNOWN_PAST},
        answer=_rollback,
    ),
    Question(
        path=PUBLICATIONS_PATH,
        name="publications",
        summary="The plans that are to go live at a set time, and what became of others",
        reply=list[PublicationView],
        problems=_UNKNOWN_PAST,
        answer=_publications,
    ),
    Action(
        path=PUBLICATIONS_PATH,
        name="publish",
        summary="Let a plan go live at a set time, unless the check refuses it",
        reply=Scheduled,
        parameters=(FINDINGS_LANGUAGE,),
        body=NewPublication,
        problems=_UNKNOWN_PAST,
        answer=_publish,
    ),
    Action(
        path=PUBLICATIONS_PATH + "/{publication}/cancel",
        name="cancel",
        summary="Let a publication not happen; all that are left",
        reply=list[PublicationView],
        in_path=(PUBLICATION,),
        problems={404: "No such publication is to come.", **_UNKNOWN_PAST},
        answer=_cancel,
    ),
    Question(
        path=OVERRIDES_PATH,
        name="overrides",
        summary="What speaks at each multiselection now, by override or by its week",
        reply=list[MultiselectionView],
        answer=_multiselections,
    ),
    Question(
        path=OVERRIDES_PATH + "/{multiselection}",
        name="multiselection",
        summary="What speaks at one of them",
        reply=MultiselectionView,
        in_path=(MULTISELECTION,),
        problems=_NO_MULTISELECTION,
        answer=_multiselection,
    ),
    Action(
        path=OVERRIDES_PATH + "/{multiselection}",
        name="override",
        summary="Let a menu speak in place of the one that the week would choose; what speaks now",
        reply=MultiselectionView,
        in_path=(MULTISELECTION,),
        body=NewOverride,
        problems={
            404: "There is no such multiselection, or it has no such menu.",
            409: "No period ends within a year.",
        },
        answer=_override,
    ),
    Action(
        path=OVERRIDES_PATH + "/{multiselection}/clear",
        name="clear_override",
        summary="Let the week choose again; what speaks now",
        reply=MultiselectionView,
        parameters=(AUTHOR,),
        in_path=(MULTISELECTION,),
        problems=_NO_MULTISELECTION,
        answer=_clear,
    ),
    Question(
        path=DRAFTS_PATH,
        name="drafts",
        summary="What was recorded by telephone and is not saved, the newest first",
        reply=list[DraftView],
        answer=_drafts,
    ),
    Action(
        path=DRAFTS_PATH + "/{draft}/save",
        name="save_draft",
        summary="Let callers hear a draft as its announcement; the drafts that are left",
        reply=list[DraftView],
        in_path=(DRAFT,),
        problems={404: "No draft begins so.", 409: "Several begin so, or it cannot be saved."},
        answer=_save_draft,
    ),
    Action(
        path=DRAFTS_PATH + "/{draft}/discard",
        name="discard_draft",
        summary="Throw a draft away; the drafts that are left",
        reply=list[DraftView],
        in_path=(DRAFT,),
        problems={404: "No draft begins so.", 409: "Several begin so, or it cannot be deleted."},
        answer=_discard_draft,
    ),
    Action(
        path=ANNOUNCEMENTS_PATH + "/{announcement}/record",
        name="record",
        summary="Call a phone, to let it record an announcement; the id of that call",
        reply=RecordingCall,
        in_path=(ANNOUNCEMENT,),
        body=NewRecording,
        problems={
            404: "There is no such announcement, or no such phone.",
            409: "The announcement is a text that is spoken.",
        },
        answer=_record,
    ),
    Question(
        path=OPENAPI_PATH,
        name="openapi",
        summary="This description",
        reply=dict[str, Any],
        answer=_openapi,
    ),
)
