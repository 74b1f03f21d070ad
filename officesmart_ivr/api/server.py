"""The serving side of the local API."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from officesmart_ivr.api.schema import CALLS_PATH, STATUS_PATH, CallView, Status
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.state.call_log import CallQuery


class Facade:
    """What the API asks of the application."""

    def __init__(
        self,
        status: Callable[[], Status],
        calls: Callable[[CallQuery], Awaitable[list[CallView]]],
    ) -> None:
        self.status = status
        self.calls = calls


@asynccontextmanager
async def serving(facade: Facade, token: str, port: int) -> AsyncIterator[int]:
    """Serve the API on loopback while the context lasts; gives the port (a free one for 0).

    Raises SettingsError when the port is taken.
    """

    async def status(request: web.Request) -> web.Response:
        return _json(facade.status())

    async def calls(request: web.Request) -> web.Response:
        query = CallQuery(sip_call_id=request.query.get("sip_call_id"))
        return _json(await facade.calls(query))

    app = web.Application(middlewares=[_checked(token)])
    app.router.add_get(STATUS_PATH, status)
    app.router.add_get(CALLS_PATH, calls)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
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


def _checked(token: str) -> Middleware:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized(text="the token of the data folder is needed\n")
        return await handler(request)

    return check


def _json(content: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(content), content_type="application/json")
