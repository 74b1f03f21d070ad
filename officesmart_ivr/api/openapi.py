"""The API's description in OpenAPI 3.1, made from the table of routes and the types of their replies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from officesmart_ivr import __version__
from officesmart_ivr.api.parameters import Parameter
from officesmart_ivr.api.route import Action, Route
from officesmart_ivr.api.schema import Problem

_INTRODUCTION = """How programs on the same machine ask the running application, on loopback only.

The port is `http_port` in `run.json` of the data folder, the token is in `api-token` there."""

_EVERYWHERE: Mapping[int, str] = {
    400: "A parameter is unknown or not readable.",
    401: "The token is missing or wrong.",
    500: "A fault of the application.",
}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the description, ready for JSON."""
    routes = list(routes)
    bodies = [route.body for route in routes if isinstance(route, Action) and route.body is not None]
    (problem, *schemas), components = msgspec.json.schema_components(
        [Problem, *(route.reply for route in routes), *bodies], ref_template="#/components/schemas/{name}"
    )
    replies, sent = schemas[: len(routes)], dict(zip(bodies, schemas[len(routes) :], strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route, reply in zip(routes, replies, strict=True):
        body = sent.get(route.body) if isinstance(route, Action) and route.body else None
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, reply, problem, body)
    return {
        "openapi": "3.1.0",
        "info": {"title": "officesmart_ivr", "version": __version__, "description": _INTRODUCTION},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    route: Route, reply: Mapping[str, Any], problem: Mapping[str, Any], body: Mapping[str, Any] | None
) -> dict[str, Any]:
    responses = {"200": {"description": route.summary, "content": {route.media: {"schema": reply}}}}
    for status, meaning in sorted({**_EVERYWHERE, **route.problems}.items()):
        content = {"application/json": {"schema": problem}}
        responses[str(status)] = {"description": meaning, "content": content}
    described: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [
            *(_parameter(parameter, "path") for parameter in route.in_path),
            *(_parameter(parameter, "query") for parameter in route.parameters),
        ],
        "responses": responses,
    }
    if route.is_open:
        del responses["401"]
        described["security"] = []
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return described


def _parameter(parameter: Parameter, where: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": where,
        "required": where == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
