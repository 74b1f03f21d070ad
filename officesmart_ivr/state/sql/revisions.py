"""Revisions in a database, written at once: what goes live is kept before calls are served with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from officesmart_ivr.callplan.findings import Code, Finding, Position
from officesmart_ivr.errors import StateError
from officesmart_ivr.state.revisions import (
    Origin,
    Publication,
    PublicationState,
    Revision,
    Source,
    Texts,
    digest,
    digest_of,
)
from officesmart_ivr.state.sql.database import READS_THEN_WRITES, Database
from officesmart_ivr.state.sql.tables import publications, revisions, texts
from officesmart_ivr.state.sql.writer import reason as reason_of

_CODES = {code.value: code for code in Code}


class SqlRevisions:
    """Revisions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, texts: Texts, origin: Origin, at: datetime) -> Revision:
        """Keep a text under a new number. Raises StateError."""
        async with self._writing() as connection:
            last = (await connection.execute(select(func.max(revisions.c.number)))).scalar()
            revision = Revision(
                (last or 0) + 1, origin, at, digest_of(texts), await _keep_texts(connection, texts)
            )
            row = {"number": revision.number, "at": at, **_described(revision)}
            await connection.execute(insert(revisions).values(row))
        return revision

    async def find(self, limit: int, *, went_live: bool = False) -> list[Revision]:
        """Return the newest revisions, the newest first. Raises StateError."""
        statement = select(revisions).order_by(revisions.c.number.desc()).limit(limit)
        if went_live:
            statement = statement.where(revisions.c.source != Source.KEPT.value)
        return [_revision(row) for row in await self._rows(statement)]

    async def get(self, number: int) -> Revision | None:
        """Return one revision. Raises StateError."""
        rows = await self._rows(select(revisions).where(revisions.c.number == number))
        return _revision(rows[0]) if rows else None

    async def texts(self, files: Mapping[str, str]) -> Texts:
        """Return the texts of a revision or publication. Raises StateError, also where one is missing."""
        wanted = select(texts).where(texts.c.digest.in_(set(files.values())))
        kept = {row.digest: row.content for row in await self._rows(wanted)}
        try:
            return {name: kept[text] for name, text in files.items()}
        except KeyError:
            raise StateError(f"{self._database.where} lacks a text of that revision") from None

    async def prune(self, keep: int) -> int:
        """Forget all but the newest. Raises StateError."""
        async with self._writing() as connection:
            newest = select(revisions.c.number).order_by(revisions.c.number.desc()).limit(keep)
            gone = delete(revisions).where(revisions.c.number.not_in(newest.scalar_subquery()))
            count = (await connection.execute(gone)).rowcount
            is_over = publications.c.state != PublicationState.WAITS.value
            latest = select(publications.c.id).where(is_over).order_by(publications.c.id.desc()).limit(keep)
            await connection.execute(
                delete(publications).where(is_over, publications.c.id.not_in(latest.scalar_subquery()))
            )
            needed: set[str] = set()
            for table in (revisions, publications):
                for row in await connection.execute(select(table.c.files)):
                    needed.update(row.files.values())
            for row in (await connection.execute(select(texts.c.digest))).all():
                if row.digest not in needed:
                    await connection.execute(delete(texts).where(texts.c.digest == row.digest))
        return int(count)

    async def schedule(self, texts: Texts, origin: Origin, at: datetime, made: datetime) -> Publication:
        """Keep a text that is to go live at a moment. Raises StateError."""
        async with self._writing() as connection:
            last = (await connection.execute(select(func.max(publications.c.id)))).scalar()
            files = await _keep_texts(connection, texts)
            publication = Publication((last or 0) + 1, at, made, origin, digest_of(texts), files)
            row = {
                "id": publication.id,
                "at": at,
                "made": made,
                "state": publication.state.value,
                "settled": None,
                "reason": "",
                "findings": [],
                **_described(publication),
            }
            await connection.execute(insert(publications).values(row))
        return publication

    async def publications(self, limit: int, *, waiting: bool = False) -> list[Publication]:
        """Return the publications. Raises StateError."""
        moment, name = publications.c.at, publications.c.id
        statement = select(publications).limit(limit)
        if waiting:
            waits = publications.c.state == PublicationState.WAITS.value
            statement = statement.where(waits).order_by(moment, name)
        else:
            statement = statement.order_by(moment.desc(), name.desc())
        return [_publication(row) for row in await self._rows(statement)]

    async def settle(
        self,
        publication: int,
        state: PublicationState,
        now: datetime,
        reason: str = "",
        findings: Sequence[Finding] = (),
    ) -> bool:
        """Say what has become of a publication that waits. Raises StateError."""
        waits = publications.c.state == PublicationState.WAITS.value
        changed = (
            update(publications)
            .where(publications.c.id == publication, waits)
            .values(
                state=state.value,
                settled=now,
                reason=reason,
                findings=[finding.as_json() for finding in findings],
            )
        )
        async with self._writing() as connection:
            return bool((await connection.execute(changed)).rowcount)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        try:
            engine = self._database.engine.execution_options(**{READS_THEN_WRITES: True})
            async with engine.begin() as connection:
                yield connection
        except Exception as error:
            raise StateError(
                f"{self._database.where} could not be written: {reason_of(error)}",
                remedy="Make room on its disk, or see that it runs.",
            ) from error

    async def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        try:
            async with self._database.engine.connect() as connection:
                rows: Sequence[Row[Any]] = (await connection.execute(statement)).all()
                return rows
        except Exception as error:
            raise StateError(f"{self._database.where} could not be read: {reason_of(error)}") from error


async def _keep_texts(connection: AsyncConnection, given: Texts) -> dict[str, str]:
    """Put those texts there that are not yet; return the digest of each file's."""
    files = {name: digest(text) for name, text in given.items()}
    contents = {files[name]: text for name, text in given.items()}
    known = await connection.execute(select(texts.c.digest).where(texts.c.digest.in_(contents)))
    for row in known.all():
        del contents[row.digest]
    if contents:
        rows = [{"digest": name, "content": content} for name, content in contents.items()]
        await connection.execute(insert(texts), rows)
    return files


def _described(kept: Revision | Publication) -> dict[str, Any]:
    return {
        "source": kept.origin.source.value,
        "author": kept.origin.author,
        "message": kept.origin.message,
        "digest": kept.digest,
        "files": dict(kept.files),
    }


def _origin(row: Row[Any]) -> Origin:
    return Origin(Source(row.source), row.author, row.message)


def _revision(row: Row[Any]) -> Revision:
    return Revision(row.number, _origin(row), row.at, row.digest, row.files)


def _publication(row: Row[Any]) -> Publication:
    return Publication(
        id=row.id,
        at=row.at,
        made=row.made,
        origin=_origin(row),
        digest=row.digest,
        files=row.files,
        state=PublicationState(row.state),
        settled=row.settled,
        reason=row.reason,
        # Codes that this version does not know are left out.
        findings=tuple(
            Finding(
                Position(each["file"], each["line"], each["column"]), _CODES[each["code"]], each["message"]
            )
            for each in row.findings
            if each["code"] in _CODES
        ),
    )
