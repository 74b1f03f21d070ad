"""The serving side of the local API."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from officesmart_ivr.api import parameters
from officesmart_ivr.api.route import Action, Facade, Question, Stream, Text, Values
from officesmart_ivr.api.routes import ROUTES
from officesmart_ivr.api.schema import OPENAPI_PATH, Problem
from officesmart_ivr.errors import AmbiguousCallError, ApiError, SettingsError, StateError

_log = logging.getLogger(__name__)

STUCK_SECONDS = 10.0
"""A reader of a stream that takes nothing for so long is cut off."""

_MOST_SENT = 32 * 1024 * 1024
"""Bytes of a plan that is sent, some files of the largest size in JSON."""

_OPEN = frozenset(route.path for route in ROUTES if route.is_open)

_STREAMS = web.AppKey("streams", set[asyncio.Task[object]])


@asynccontextmanager
async def serving(facade: Facade, token: str, port: int) -> AsyncIterator[int]:
    """Serve the API on loopback while the context lasts; gives the port (a free one for 0).

    Raises SettingsError when the port is taken.
    """
    app = web.Application(middlewares=[_problems_as_json, _checked(token)], client_max_size=_MOST_SENT)
    app[_STREAMS] = set()
    app.on_shutdown.append(_end_streams)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route, facade))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(
                f"the port {port} of the local API is taken: {error.strerror}",
                remedy="Choose another with --http-port, or 0 for a free one.",
            ) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _handler(route: Question | Stream, facade: Facade) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        now = datetime.now(ZoneInfo(facade.names().timezone))
        values = parameters.read(route.parameters, request.query.items(), now)
        values |= parameters.read(route.in_path, request.match_info.items(), now)
        if isinstance(route, Action) and route.body is not None:
            values["body"] = _body(await request.read(), route.body)
        if isinstance(route, Stream):
            return await _stream(request, route, facade, values)
        answer = await route.answer(facade, values)
        if isinstance(route, Text):
            return web.Response(text=str(answer), content_type=route.media)
        return _json(answer)

    return handle


def _body(content: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        remedy = f"GET {OPENAPI_PATH} describes what is to be sent."
        status = HTTPStatus.BAD_REQUEST
        raise ApiError(f"the body: {error}", status=status, where="body", remedy=remedy) from None


async def _stream(request: web.Request, route: Stream, facade: Facade, values: Values) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = route.media
    task = asyncio.current_task()
    assert task is not None, "aiohttp runs every handler in a task"
    async with aclosing(route.answer(facade, values)) as items:
        # What fails before the first item is still told as a problem.
        item = await anext(items)
        await response.prepare(request)
        request.app[_STREAMS].add(task)
        try:
            while True:
                line = b"" if item is None else msgspec.json.encode(item)
                async with asyncio.timeout(STUCK_SECONDS):
                    await response.write(line + b"\n")
                item = await anext(items)
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        except Exception:
            _log.exception("%s ended by a fault", request.path)
        finally:
            request.app[_STREAMS].discard(task)
    return response


async def _end_streams(app: web.Application) -> None:
    for task in app[_STREAMS]:
        task.cancel()


@web.middleware
async def _problems_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return _problem(error.status, error.where, error.message, error.remedy)
    except AmbiguousCallError as error:
        return _problem(HTTPStatus.CONFLICT, "call", error.message, error.remedy)
    except StateError as error:
        _log.error("%s: %s", request.path, error.message)
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, request.path, error.message, error.remedy)
    except web.HTTPException as error:
        remedy = f"GET {OPENAPI_PATH} describes what there is."
        refused = _problem(error.status, request.path, error.reason, remedy)
        if "Allow" in error.headers:
            refused.headers["Allow"] = error.headers["Allow"]
        return refused
    except Exception:
        _log.exception("%s failed by a fault", request.path)
        what, remedy = "a fault of the application", "Its log tells more."
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, request.path, what, remedy)


def _checked(token: str) -> Middleware:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _OPEN:
            return await handler(request)
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise ApiError(
                "the token of the data folder is needed",
                status=HTTPStatus.UNAUTHORIZED,
                where="Authorization",
                remedy="Send 'Authorization: Bearer ' and what stands in its file 'api-token'.",
            )
        return await handler(request)

    return check


def _problem(status: int, where: str, what: str, remedy: str) -> web.Response:
    return _json(Problem(where, what, remedy), status)


def _json(content: object, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), status=status, content_type=Question.media)
