"""The call log, asked of the application or, while it does not run, read from what it has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import typer

from officesmart_ivr.api import parameters
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import CallView, ExplainedCall
from officesmart_ivr.api.views import call_view, explained_call, named_call
from officesmart_ivr.errors import NotRunningError
from officesmart_ivr.observe.names import NAMES_FILE, Names
from officesmart_ivr.settings import DataFolder, chosen_database
from officesmart_ivr.state.call_log import CallQuery
from officesmart_ivr.state.sql.call_log import SqlCallLog
from officesmart_ivr.state.sql.database import in_file, opened_to_read

_T = TypeVar("_T")


def asked(data: DataFolder, ask: Callable[[ApiClient | KeptCalls], _T]) -> _T:
    """Ask the running application, or the database while none runs, which is said on standard error.

    Raises OfficeSmartError.
    """
    try:
        return ask(ApiClient(data))
    except NotRunningError:
        told = ask(KeptCalls(data))
        typer.echo("The application does not run; this is from its database.", err=True)
        return told


class KeptCalls:
    """Answers the questions about calls that the application would answer. Changes nothing.

    The names are those of the plan that ran last. Every method raises ApiError and StateError.
    """

    def __init__(self, data: DataFolder) -> None:
        """Raises NotRunningError when there is no database to read."""
        self._url = chosen_database() or in_file(data.database)
        if chosen_database() is None and not data.database.exists():
            raise NotRunningError(
                f"nothing runs with the data folder {data.root}, and no calls are kept there",
                remedy="Start it with 'officesmart-ivr up', or name its folder with --data.",
            )
        try:
            self._names = msgspec.convert(data.read_state(NAMES_FILE) or {}, Names)
        except msgspec.ValidationError:
            self._names = Names()

    def calls(self, filters: Mapping[str, str]) -> list[CallView]:
        """Return the wanted calls, the newest first."""
        wanted = self._read((*parameters.CALL_FILTERS, parameters.LANGUAGE), filters)
        language = wanted.pop("language", self._names.language)

        async def find() -> list[CallView]:
            async with self._log() as log:
                found = await log.find(CallQuery(**wanted))
            return [call_view(record, language, self._names) for record in found]

        return asyncio.run(find())

    def call(self, name: str, filters: Mapping[str, str]) -> ExplainedCall:
        """Return one call, by its id or the beginning of it, or ``last``, with its explanation."""
        language = self._read((parameters.LANGUAGE,), filters).get("language", self._names.language)

        async def find() -> ExplainedCall:
            async with self._log() as log:
                return explained_call(await named_call(log, name), language, self._names)

        return asyncio.run(find())

    def _read(self, known: tuple[parameters.Parameter, ...], given: Mapping[str, str]) -> dict[str, Any]:
        return parameters.read(known, given.items(), datetime.now(ZoneInfo(self._names.timezone)))

    @asynccontextmanager
    async def _log(self) -> AsyncIterator[SqlCallLog]:
        async with opened_to_read(self._url) as database:
            yield SqlCallLog(database, ())
