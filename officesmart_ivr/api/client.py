"""The asking side of the local API, for commands. Blocking."""

from __future__ import annotations

import http.client
import urllib.parse
import urllib.request
from typing import TypeVar

import msgspec

from officesmart_ivr.api.schema import CALLS_PATH, STATUS_PATH, CallView, Status
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.settings import DataFolder

TOKEN_FILE = "api-token"
_TIMEOUT_SECONDS = 5.0
_T = TypeVar("_T")

# Loopback is asked directly, whatever proxy the environment names.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ApiClient:
    """Asks the application that runs with a data folder.

    Every method raises SettingsError when it does not run or does not answer.
    """

    def __init__(self, data: DataFolder) -> None:
        self._data = data

    def status(self) -> Status:
        """Return how the application does."""
        return self._get(STATUS_PATH, Status)

    def calls(self, sip_call_id: str | None = None) -> list[CallView]:
        """Return the calls that are known, or the one with this SIP Call-ID."""
        query = "" if sip_call_id is None else "?" + urllib.parse.urlencode({"sip_call_id": sip_call_id})
        return self._get(CALLS_PATH + query, list[CallView])

    def _get(self, path: str, kind: type[_T]) -> _T:
        running = self._data.read_state("run")
        if running is None:
            raise SettingsError(
                f"nothing runs with the data folder {self._data.root}",
                remedy="Start it with 'officesmart-ivr up', or name its folder with --data.",
            )
        request = urllib.request.Request(f"http://127.0.0.1:{running['http_port']}{path}")
        request.add_header("Authorization", f"Bearer {self._data.secret(TOKEN_FILE)}")
        try:
            with _opener.open(request, timeout=_TIMEOUT_SECONDS) as reply:
                return msgspec.json.decode(reply.read(), type=kind)
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise SettingsError(
                f"the application of {self._data.root} does not answer: {error}",
                remedy="See its log in the folder 'log' there.",
            ) from None
