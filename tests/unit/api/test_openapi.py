"""The description is valid OpenAPI, and every answer is as it says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from officesmart_ivr.announcements.drafts import Label
from officesmart_ivr.api import openapi
from officesmart_ivr.api.routes import ROUTES
from officesmart_ivr.api.schema import NewOverride, NewPublication, NewRecording
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.state.revisions import Origin, Source
from tests.unit.api.conftest import NOW, TEXT, Running, over, record, told

DOCUMENT = openapi.describe(ROUTES)


BODIES: dict[object, dict[str, Any]] = {
    NewPublication: {"files": {"plan.yaml": TEXT}, "at": "2999-01-01 08:00"},
    NewRecording: {"phone": "201"},
    NewOverride: {"menu": "day", "until": "18:00"},
}


def test_it_is_valid_and_tells_every_route() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    assert DOCUMENT["paths"].keys() == {route.path for route in ROUTES}


def schema_of(path: str, status: int, media: str, method: str = "GET") -> dict[str, Any]:
    operation = DOCUMENT["paths"][path][method.lower()]
    content = operation["responses"][str(status)]["content"]
    return {**content[media]["schema"], "components": DOCUMENT["components"]}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@pytest.mark.parametrize("asked", ["", "?none=1"])
async def test_each_answer_is_as_described(running: Running, route: Any, asked: str) -> None:
    call = told(record("c1"), 1, Fact.RINGS, line="201", seconds="20")
    running.finished(over(told(call, 2, Fact.ANSWERED, line="201")))
    running.log.begin(told(record("c2"), 1, Fact.RINGS, line="202", seconds="20"))
    running.board.occupy("201", "c1", "leg", NOW)
    headers = {"Authorization": f"Bearer {running.token}"}
    at, texts = NOW + timedelta(days=36500), {"plan.yaml": TEXT.encode()}
    await running.revisions.schedule(texts, Origin(Source.PUBLICATION, "anna"), at, NOW)
    running.drafts.keep(Label("abc-rec1", "welcome", "201"), bytes(32000))
    path = route.path.format(
        call="c1",
        line="201",
        action="pause",
        revision=1,
        publication=1,
        multiselection="main",
        announcement="welcome",
        draft="abc-rec1",
    )
    body = BODIES.get(getattr(route, "body", None))
    url = f"http://127.0.0.1:{running.port}{path}{asked}"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(route.method, url, json=body) as reply,
    ):
        answer: Any = await reply.json() if reply.content_type == "application/json" else None
        if reply.content_type == "text/plain":
            answer = await reply.text()
        while answer is None:
            line = await reply.content.readline()
            answer = None if line == b"\n" else json.loads(line)
    assert reply.status == (400 if asked else 200)
    schema = schema_of(route.path, reply.status, reply.content_type, route.method)
    jsonschema.validate(answer, schema, jsonschema.Draft202012Validator)
    assert answer or route.name in ("save_draft", "discard_draft")


def test_a_wrong_answer_would_be_seen() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"id": "c1"}, schema_of("/v1/calls/{call}", 200, "application/json"))
