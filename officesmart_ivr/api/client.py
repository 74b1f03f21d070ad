"""The asking side of the local API, for commands. Blocking."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec

from officesmart_ivr.api.parameters import MOST_CALLS
from officesmart_ivr.api.schema import (
    CALLS_PATH,
    FOLLOW_PATH,
    GROUPS_PATH,
    LINES_PATH,
    MEMBERS_PATH,
    STATUS_PATH,
    CallView,
    ExplainedCall,
    Groups,
    LineView,
    Problem,
    Status,
)
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.errors import ApiError, NotRunningError, OfficeSmartError, SettingsError
from officesmart_ivr.settings import DataFolder

TOKEN_FILE = "api-token"
RETRY_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0
_SILENT_SECONDS = 30.0
"""A stream that says nothing for so long, three times what it promises, is given up."""

_LONGEST_CALL = timedelta(days=1)
"""The most that a plan allows a call to last."""

_T = TypeVar("_T")

Filters = Mapping[str, str]
"""Which calls are wanted: parameters of the API, as text."""

# Loopback is asked directly, whatever proxy the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ApiClient:
    """Asks the application that runs with a data folder.

    Every method raises NotRunningError when it does not run, SettingsError when it does not answer, and
    ApiError when it cannot answer this.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data

    def status(self) -> Status:
        """Return how the application does."""
        return self._ask(STATUS_PATH, Status)

    def lines(self) -> list[LineView]:
        """Return what each line is doing."""
        return self._ask(LINES_PATH, list[LineView])

    def members(self) -> list[LineView]:
        """Return what each line is doing that is a member of a group."""
        return self._ask(MEMBERS_PATH, list[LineView])

    def change(self, line: str, change: LineChange) -> LineView:
        """Do something to a line, an extension or a member's number outside; return its new state."""
        path = f"{MEMBERS_PATH}/{urllib.parse.quote(line, safe='')}/{change.value}"
        return self._ask(path, LineView, method="POST")

    def groups(self) -> Groups:
        """Return what the hunt groups do, and what became of their calls."""
        return self._ask(GROUPS_PATH, Groups)

    def calls(self, filters: Filters) -> list[CallView]:
        """Return the wanted calls, the newest first."""
        return self._ask(CALLS_PATH, list[CallView], filters)

    def call(self, name: str, filters: Filters) -> ExplainedCall:
        """Return one call, by its id or the beginning of it, or ``last``, with its explanation."""
        return self._ask(f"{CALLS_PATH}/{urllib.parse.quote(name, safe='')}", ExplainedCall, filters)

    def follow(self, filters: Filters, waiting: Callable[[OfficeSmartError], None]) -> Iterator[CallView]:
        """Give the wanted calls, the oldest first, then each as it begins and as it ends, for ever.

        It goes on when the application was away; ``waiting`` is told why it is waited for. Raises only when
        the application cannot be asked the first time.
        """
        progress = Progress(filters)
        yield from self._stream(progress)
        while True:
            try:
                yield from self._stream(progress)
            except OfficeSmartError as error:
                waiting(error)
            time.sleep(RETRY_SECONDS)

    def _stream(self, progress: Progress) -> Iterator[CallView]:
        """Give what is new until the stream breaks, which is no error."""
        with self._open(FOLLOW_PATH, progress.filters(), _SILENT_SECONDS) as reply:
            try:
                for line in reply:
                    if line.strip() and progress.is_new(call := msgspec.json.decode(line, type=CallView)):
                        yield call
            except (OSError, http.client.HTTPException, msgspec.DecodeError):
                return

    def _ask(
        self, path: str, kind: type[_T], parameters: Mapping[str, str] | None = None, method: str = "GET"
    ) -> _T:
        try:
            with self._open(path, parameters or {}, _TIMEOUT_SECONDS, method) as reply:
                return msgspec.json.decode(reply.read(), type=kind)
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise self._no_answer(error) from None

    def _open(self, path: str, parameters: Mapping[str, str], timeout: float, method: str = "GET") -> Any:
        running = self._data.read_state("run")
        if running is None:
            raise self._not_running()
        query = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{running['http_port']}{path}?{query}"
        request = urllib.request.Request(url, method=method)
        request.add_header("Authorization", f"Bearer {self._data.secret(TOKEN_FILE)}")
        try:
            return _opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from None
        except (OSError, http.client.HTTPException) as error:
            if isinstance(getattr(error, "reason", None), ConnectionRefusedError):
                raise self._not_running() from None
            raise self._no_answer(error) from None

    def _refused(self, error: urllib.error.HTTPError) -> OfficeSmartError:
        try:
            problem = msgspec.json.decode(error.read(), type=Problem)
        except (OSError, http.client.HTTPException, msgspec.DecodeError):
            return self._no_answer(error)
        return ApiError(problem.what, status=error.code, where=problem.where, remedy=problem.remedy)

    def _not_running(self) -> NotRunningError:
        return NotRunningError(
            f"nothing runs with the data folder {self._data.root}",
            remedy="Start it with 'officesmart-ivr up', or name its folder with --data.",
        )

    def _no_answer(self, error: Exception) -> SettingsError:
        return SettingsError(
            f"the application of {self._data.root} does not answer: {error}",
            remedy="See its log in the folder 'log' there.",
        )


class _Given(NamedTuple):
    began: datetime
    over: bool


class Progress:
    """What of a stream of calls was given, so that another can take its place."""

    def __init__(self, filters: Filters) -> None:
        self._first = filters
        self._began = datetime.now(UTC)
        self._given: dict[str, _Given] = {}

    def is_new(self, call: CallView) -> bool:
        """Say whether this state of the call was not given yet, and take note of it."""
        state = _Given(call.began, call.ended is not None)
        known = self._given.get(call.id)
        if known is not None and known.over >= state.over:
            return False
        self._given[call.id] = state
        if len(self._given) > MOST_CALLS:
            self._forget()
        return True

    def filters(self) -> Filters:
        """Return what to ask for: at first what was wanted, later all that can be new."""
        if not self._given:
            return self._first
        self._forget()
        since = min([self._began, *(call.began for call in self._given.values() if not call.over)])
        return {**self._first, "since": since.isoformat(), "limit": str(MOST_CALLS)}

    def _forget(self) -> None:
        """Forget what began so long ago that it will not be asked for again."""
        oldest = datetime.now(UTC) - _LONGEST_CALL
        self._began = max(self._began, oldest)
        self._given = {name: call for name, call in self._given.items() if call.began >= oldest}
