"""Requests to ARI over one pool of kept-alive connections.

The time of a request is the product here: it is what a caller waits for. So the headers are made once, URLs
are never parsed, nobody looks for cookies, proxies, redirects or compression, and bodies are decoded only
where somebody reads them. Only the event stream, a WebSocket, is aiohttp's.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec
from yarl import URL

from officesmart_ivr.ari.connections import Connections
from officesmart_ivr.ari.replies import Reply, ReplyError, TooLongError
from officesmart_ivr.errors import (
    AriConflictError,
    AriError,
    AriNotFoundError,
    AriRequestError,
    AriServerError,
    AriUnavailableError,
)

T = TypeVar("T")

_OUTSIDE = "the ARI client is used outside 'async with'"

NO_REPLY = 0

_REPEATABLE = frozenset(("GET", "PUT", "DELETE"))
"""Methods of requests that may be carried out twice (RFC 9110, 9.2.2)."""

_PORTS = {"http": 80, "https": 443}

_encode = msgspec.json.encode


def segment(text: str) -> str:
    """Text made fit to be one segment of a path (``PJSIP/201`` becomes ``PJSIP%2F201``)."""
    return quote(text, safe="")


def query(**fields: str | None) -> str:
    """The fields that are not None as a query, with its question mark; empty without any."""
    given = {name: value for name, value in fields.items() if value is not None}
    return "?" + urlencode(given, quote_via=quote) if given else ""


def body(**fields: object) -> dict[str, object]:
    """The fields that are not None, for a JSON body."""
    return {name: value for name, value in fields.items() if value is not None}


def ari_error(request: str, status: int, why: str) -> AriError:
    """The error for a request that failed: the one place that tells passing faults from lasting ones.

    ``status`` is the HTTP status, or `NO_REPLY`. Worth another try is only `AriUnavailableError`: nothing
    answered, or Asterisk is still starting (503).
    """
    message = f"{request}: {why}"
    match status:
        case 0 | 503:
            remedy = "Is Asterisk running, with its HTTP server enabled at this address?"
            return AriUnavailableError(message, status=status, remedy=remedy)
        case 401 | 403:
            remedy = "Check the ARI user name and password against ari.conf; read_only must be no."
            return AriRequestError(message, status=status, remedy=remedy)
        case 404:
            return AriNotFoundError(message, status=status)
        case 409 | 412:
            return AriConflictError(message, status=status)
        case _ if status >= 500:
            return AriServerError(message, status=status)
        case _:
            return AriRequestError(message, status=status)


class Transport:
    """The way to one Asterisk; the resources are built on it.

    ``base_url`` is Asterisk's address, with or without ``/ari`` at its end; ``request_timeout`` is in seconds
    and covers a request from waiting for a free connection to the last byte of the reply; ``keep_alive`` is
    how many seconds an idle connection is kept. Who wants to know how many seconds each request takes may set
    ``timed``.
    """

    def __init__(
        self,
        base_url: str,
        *,
        username: str,
        password: str,
        request_timeout: float,
        pool: int,
        keep_alive: float,
    ) -> None:
        self._root = base_url.rstrip("/").removesuffix("/ari") + "/ari"
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        self._authorization = f"Basic {credentials}"
        self._address = _Address(self._root)
        self._after_path = (
            f" HTTP/1.1\r\nHost: {self._address.name}\r\nAuthorization: {self._authorization}\r\n"
        )
        self._timeout = request_timeout
        self._pool = pool
        self._keep_alive = keep_alive
        self.timed: Callable[[float], object] = _nobody
        self._open_session: aiohttp.ClientSession | None = None
        self._connections: Connections | None = None

    async def __aenter__(self) -> Self:
        self._connections = Connections(
            self._address.host,
            self._address.port,
            tls=self._address.tls(),
            limit=self._pool,
            keep_alive=self._keep_alive,
        )
        self._open_session = aiohttp.ClientSession(
            headers={"Authorization": self._authorization},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connections is not None:
            await self._connections.close()
            self._connections = None
        if self._open_session is not None:
            await self._open_session.close()
            self._open_session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session for the event stream. Raises `RuntimeError` outside ``async with``."""
        if self._open_session is None:
            raise RuntimeError(_OUTSIDE)
        return self._open_session

    def url(self, path: str) -> URL:
        """The URL of a path below ``/ari`` that is encoded already."""
        return URL(self._root + path, encoded=True)

    async def request(
        self, method: str, path: str, payload: object = None, *, most: int | None = None
    ) -> bytes:
        """Send one request and return the reply's body. Raises an `AriError`.

        ``path`` is below ``/ari``, encoded, with its query (else `ValueError`); ``payload`` is sent as JSON.
        A reply of more than ``most`` bytes is `AriServerError`, and is not read.
        """
        if self._connections is None:
            raise RuntimeError(_OUTSIDE)
        request = self._request(method, path, payload)
        began = perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._connections.send(request, repeatable=method in _REPEATABLE, most=most)
        except TimeoutError:
            raise ari_error(_shown(method, path), NO_REPLY, f"no answer in {self._timeout:g} s") from None
        except TooLongError as error:
            raise AriServerError(f"{_shown(method, path)}: {error}") from None
        except (ReplyError, OSError) as error:
            raise ari_error(_shown(method, path), NO_REPLY, str(error) or type(error).__name__) from error
        finally:
            self.timed(perf_counter() - began)
        if reply.status >= 400:
            raise ari_error(_shown(method, path), reply.status, _reason(reply))
        return reply.body

    def _request(self, method: str, path: str, payload: object) -> bytes:
        # A line break in it would begin another header, or another request.
        if not path.isascii() or not path.isprintable() or " " in path:
            raise ValueError("a path is not encoded")
        head = f"{method} {self._address.path}{path}{self._after_path}"
        if payload is None:
            return f"{head}Content-Length: 0\r\n\r\n".encode("ascii")
        data = _encode(payload)
        fields = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        return f"{head}{fields}".encode("ascii") + data

    async def get(self, path: str, model: type[T]) -> T:
        """GET and decode into ``model``. Raises an `AriError`: `AriServerError` for a reply without sense."""
        reply = await self.request("GET", path)
        try:
            return msgspec.json.decode(reply, type=model)
        except msgspec.DecodeError as error:
            raise AriServerError(f"{_shown('GET', path)}: a reply without sense: {error}") from error

    async def post(self, path: str, payload: object = None) -> bytes:
        """POST; the reply's body. Raises an `AriError`."""
        return await self.request("POST", path, payload)

    async def put(self, path: str, payload: object = None) -> bytes:
        """PUT; the reply's body. Raises an `AriError`."""
        return await self.request("PUT", path, payload)

    async def delete(self, path: str) -> None:
        """DELETE. Raises an `AriError`."""
        await self.request("DELETE", path)

    async def answers_within(self, path: str, seconds: float) -> bool:
        """Whether a GET gets any reply in time."""
        try:
            async with asyncio.timeout(seconds):
                await self.request("GET", path)
        except (TimeoutError, AriUnavailableError):
            return False
        except AriError:
            return True
        return True


class _Address:
    """Where requests go: ``name`` is what a header calls it, ``path`` begins each request's.

    Raises `AriRequestError` for a URL that is none of HTTP.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            self.port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            parts = urlsplit("")
        if not parts.hostname:
            raise AriRequestError(
                "the address of Asterisk is no URL of HTTP", remedy="Write it as http://127.0.0.1:8088."
            )
        self.host = parts.hostname
        self._is_secret = parts.scheme == "https"
        self.name = parts.netloc.rpartition("@")[2]
        self.path = parts.path

    def tls(self) -> ssl.SSLContext | None:
        """How to keep requests secret on their way; None for HTTP without it."""
        return ssl.create_default_context() if self._is_secret else None


def _nobody(_: float) -> None:
    """Hear how long a request took, for those who do not want to know."""


def _shown(method: str, path: str) -> str:
    """The request as it may stand in a message: a query can hold a caller's number."""
    return f"{method} {path.partition('?')[0]}"


class _Refusal(msgspec.Struct):
    message: str = ""
    error: str = ""


def _reason(reply: Reply) -> str:
    """Asterisk's own words for a refusal (``{"message": …}`` or ``{"error": …}``)."""
    try:
        refusal = msgspec.json.decode(reply.body, type=_Refusal)
    except msgspec.DecodeError:
        refusal = _Refusal()
    words = refusal.message or refusal.error or reply.reason
    return f"{reply.status} {words}".rstrip()
