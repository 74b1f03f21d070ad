"""Calls and revisions, asked of the application or, while it does not run, read from what it has left."""

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
from officesmart_ivr.api.schema import (
    CallView,
    ExplainedCall,
    PublicationView,
    RevisionView,
    WholeRevision,
)
from officesmart_ivr.api.views import (
    call_view,
    explained_call,
    named_call,
    named_revision,
    publication_view,
    revision_view,
    whole_revision,
)
from officesmart_ivr.errors import NotRunningError
from officesmart_ivr.observe.names import NAMES_FILE, Names
from officesmart_ivr.publishing.schedule import MOST_LISTED
from officesmart_ivr.settings import DataFolder, chosen_database
from officesmart_ivr.state.call_log import CallQuery
from officesmart_ivr.state.sql.call_log import SqlCallLog, open_call_log
from officesmart_ivr.state.sql.database import in_file, opened_to_read
from officesmart_ivr.state.sql.revisions import SqlRevisions

_T = TypeVar("_T")


def asked(data: DataFolder, ask: Callable[[ApiClient | KeptPast], _T]) -> _T:
    """Ask the running application, or the database while none runs, which is said on standard error.

    Raises OfficeSmartError.
    """
    try:
        return ask(ApiClient(data))
    except NotRunningError:
        told = ask(KeptPast(data))
        typer.echo("The application does not run; this is from its database.", err=True)
        return told


class KeptPast:
    """Answers the questions about the past that the application would answer. Changes nothing.

    The names are those of the plan that ran last. Every method raises ApiError and StateError.
    """

    def __init__(self, data: DataFolder) -> None:
        """Raises NotRunningError when there is no database to read."""
        self._url = chosen_database() or in_file(data.database)
        if chosen_database() is None and not data.database.exists():
            raise NotRunningError(
                f"nothing runs with the data folder {data.root}, and nothing is kept there",
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

    def revisions(self, limit: int) -> list[RevisionView]:
        """Return the newest revisions, the newest first."""

        async def find() -> list[RevisionView]:
            async with self._revisions() as revisions:
                return [revision_view(revision, self._zone) for revision in await revisions.find(limit)]

        return asyncio.run(find())

    def revision(self, number: int) -> WholeRevision:
        """Return one revision with its texts."""

        async def find() -> WholeRevision:
            async with self._revisions() as revisions:
                return named_revision(await whole_revision(revisions, number, self._zone), number)

        return asyncio.run(find())

    def publications(self) -> list[PublicationView]:
        """Return the publications, the latest moment first."""

        async def find() -> list[PublicationView]:
            async with self._revisions() as revisions:
                found = await revisions.publications(MOST_LISTED)
            return [publication_view(publication, self._zone) for publication in found]

        return asyncio.run(find())

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._names.timezone)

    @asynccontextmanager
    async def _revisions(self) -> AsyncIterator[SqlRevisions]:
        async with opened_to_read(self._url) as database:
            yield SqlRevisions(database)

    def _read(self, known: tuple[parameters.Parameter, ...], given: Mapping[str, str]) -> dict[str, Any]:
        return parameters.read(known, given.items(), datetime.now(ZoneInfo(self._names.timezone)))

    @asynccontextmanager
    async def _log(self) -> AsyncIterator[SqlCallLog]:
        async with opened_to_read(self._url) as database:
            yield await open_call_log(database)
