"""What the API answers: one table, from which the server takes its routes and OpenAPI its description."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from officesmart_ivr.api import openapi
from officesmart_ivr.api.follow import follow
from officesmart_ivr.api.parameters import CALL, CALL_FILTERS, CHANGE, LANGUAGE, LINE
from officesmart_ivr.api.route import Action, Facade, Question, Stream, Text, Values
from officesmart_ivr.api.schema import (
    CALLS_PATH,
    FOLLOW_PATH,
    GROUPS_PATH,
    LINES_PATH,
    MEMBERS_PATH,
    METRICS_PATH,
    OPENAPI_PATH,
    STATUS_PATH,
    CallView,
    ExplainedCall,
    Groups,
    LineView,
    Status,
)
from officesmart_ivr.api.views import call_view, explained_call, named_call
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.errors import ApiError
from officesmart_ivr.state.call_log import CallQuery

_UNREADABLE = {503: "The call log cannot be read now."}


async def _status(facade: Facade, values: Values) -> Status:
    return facade.status()


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


async def _openapi(facade: Facade, values: Values) -> dict[str, Any]:
    return openapi.describe(ROUTES)


def _language(facade: Facade, values: Values) -> Language:
    """Take the language out of what was asked for; the company's if it was not said."""
    chosen: Language = values.pop("language", facade.names().language)
    return chosen


ROUTES: tuple[Question | Stream, ...] = (
    Question(
        path=STATUS_PATH, name="status", summary="How the application does", reply=Status, answer=_status
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
    Question(
        path=OPENAPI_PATH,
        name="openapi",
        summary="This description",
        reply=dict[str, Any],
        answer=_openapi,
    ),
)
