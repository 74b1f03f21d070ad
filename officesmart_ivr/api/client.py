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
    ANNOUNCEMENTS_PATH,
    CALLS_PATH,
    DRAFTS_PATH,
    FOLLOW_PATH,
    GROUPS_PATH,
    HEALTH_PATH,
    LINES_PATH,
    MEMBERS_PATH,
    OVERRIDES_PATH,
    PUBLICATIONS_PATH,
    RELOAD_PATH,
    REVISIONS_PATH,
    STATUS_PATH,
    CallView,
    DraftView,
    ExplainedCall,
    Groups,
    LineView,
    MultiselectionView,
    NewOverride,
    NewPublication,
    NewRecording,
    Outcome,
    Problem,
    PublicationView,
    RecordingCall,
    RevisionView,
    Scheduled,
    Status,
    WholeRevision,
)
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.errors import ApiError, NotRunningError, OfficeSmartError, SettingsError
from officesmart_ivr.messages import Language
from officesmart_ivr.settings import DataFolder

TOKEN_FILE = "api-token"
RETRY_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0
_LONG_SECONDS = 60.0
"""How long a plan may take to go live: its check, its sounds, those before it."""

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

    def status(self, language: Language = Language.ENGLISH) -> Status:
        """Return how the application does; ``language`` is that of findings."""
        return self._ask(STATUS_PATH, Status, _in(language))

    def answers(self) -> bool:
        """Say whether the application answers at all, be it that it cannot serve calls."""
        try:
            self._open(HEALTH_PATH, {}, _TIMEOUT_SECONDS).close()
        except ApiError:
            return True
        except OfficeSmartError:
            return False
        return True

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

    def reload(self, author: str, message: str, language: Language = Language.ENGLISH) -> Outcome:
        """Let the plan on the disk go live."""
        return self._act(RELOAD_PATH, Outcome, {**_said(author, message), **_in(language)})

    def revisions(self, limit: int) -> list[RevisionView]:
        """Return the newest revisions, the newest first."""
        return self._ask(REVISIONS_PATH, list[RevisionView], {"limit": str(limit)})

    def revision(self, number: int) -> WholeRevision:
        """Return one revision with its texts."""
        return self._ask(f"{REVISIONS_PATH}/{number}", WholeRevision)

    def rollback(
        self, number: int, author: str, message: str, language: Language = Language.ENGLISH
    ) -> Outcome:
        """Let a revision go live again."""
        return self._act(
            f"{REVISIONS_PATH}/{number}/rollback", Outcome, {**_said(author, message), **_in(language)}
        )

    def publications(self) -> list[PublicationView]:
        """Return the publications, the latest moment first."""
        return self._ask(PUBLICATIONS_PATH, list[PublicationView])

    def publish(
        self,
        texts: Mapping[str, str],
        at: str,
        author: str,
        message: str,
        language: Language = Language.ENGLISH,
    ) -> Scheduled:
        """Let a plan go live at a moment, if the check does not refuse it."""
        wanted = NewPublication(texts, at, author, message)
        return self._act(PUBLICATIONS_PATH, Scheduled, _in(language), msgspec.json.encode(wanted))

    def cancel(self, publication: int) -> list[PublicationView]:
        """Let a publication not happen; return all that are left."""
        return self._act(f"{PUBLICATIONS_PATH}/{publication}/cancel", list[PublicationView])

    def multiselections(self) -> list[MultiselectionView]:
        """Return what speaks at each multiselection."""
        return self._ask(OVERRIDES_PATH, list[MultiselectionView])

    def multiselection(self, named: str) -> MultiselectionView:
        """Return what speaks at a multiselection, named by its id or one of its numbers."""
        return self._ask(_override_path(named), MultiselectionView)

    def override(self, named: str, wanted: NewOverride) -> MultiselectionView:
        """Set the manual override of a multiselection; return what speaks there now."""
        return self._act(_override_path(named), MultiselectionView, body=msgspec.json.encode(wanted))

    def clear_override(self, named: str, author: str) -> MultiselectionView:
        """Clear the manual override of a multiselection; return what speaks there now."""
        return self._act(f"{_override_path(named)}/clear", MultiselectionView, _said(author, ""))

    def record(self, announcement: str, phone: str) -> RecordingCall:
        """Call a phone, to let it record an announcement."""
        path = f"{ANNOUNCEMENTS_PATH}/{urllib.parse.quote(announcement, safe='')}/record"
        return self._act(path, RecordingCall, body=msgspec.json.encode(NewRecording(phone)))

    def drafts(self) -> list[DraftView]:
        """Return what was recorded by telephone and is not saved, the newest first."""
        return self._ask(DRAFTS_PATH, list[DraftView])

    def save_draft(self, named: str) -> list[DraftView]:
        """Let callers hear a draft, named by the beginning of its id; return those that are left."""
        return self._act(f"{DRAFTS_PATH}/{urllib.parse.quote(named, safe='')}/save", list[DraftView])

    def discard_draft(self, named: str) -> list[DraftView]:
        """Throw a draft away, named by the beginning of its id; return those that are left."""
        return self._act(f"{DRAFTS_PATH}/{urllib.parse.quote(named, safe='')}/discard", list[DraftView])

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

    def _act(
        self,
        path: str,
        kind: type[_T],
        parameters: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> _T:
        return self._ask(path, kind, parameters, "POST", body, _LONG_SECONDS)

    def _ask(
        self,
        path: str,
        kind: type[_T],
        parameters: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> _T:
        try:
            with self._open(path, parameters or {}, timeout, method, body) as reply:
                return msgspec.json.decode(reply.read(), type=kind)
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise self._no_answer(error) from None

    def _open(
        self,
        path: str,
        parameters: Mapping[str, str],
        timeout: float,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Any:
        running = self._data.read_state("run")
        if running is None:
            raise self._not_running()
        query = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{running['http_port']}{path}?{query}"
        request = urllib.request.Request(url, method=method, data=body)
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


def _said(author: str, message: str) -> Filters:
    return {name: text for name, text in (("author", author), ("message", message)) if text}


def _in(language: Language) -> Filters:
    """Ask for findings in a language; an application that is older than this program knows only English."""
    return {} if language is Language.ENGLISH else {"language": language.value}


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


def _override_path(named: str) -> str:
    return f"{OVERRIDES_PATH}/{urllib.parse.quote(named, safe='')}"
