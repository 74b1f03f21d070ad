"""Publications: plans that go live at a set time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from officesmart_ivr.callplan.findings import Finding
from officesmart_ivr.errors import SettingsError, StateError
from officesmart_ivr.publishing import writing
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Refused
from officesmart_ivr.state.revisions import Origin, Publication, PublicationState, Revisions, Source, Texts

_log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 20.0
"""The wall clock may be set, or stand still with the machine; so it is looked at again and again."""

MISSED = timedelta(minutes=1)
"""A publication that is later than this was missed, as while the application did not run."""

MOST_LISTED = 100


class Schedule:
    """The publications that are to come. Run :meth:`run` beside the calls."""

    def __init__(self, door: Door, revisions: Revisions, clock: Callable[[], datetime]) -> None:
        self._door = door
        self._revisions = revisions
        self._clock = clock
        self._changed = asyncio.Event()
        self.next: Publication | None = None

    async def add(self, texts: Texts, origin: Origin, at: datetime) -> tuple[Publication, Sequence[Finding]]:
        """Let a plan go live at a moment; return the check's warnings too.

        Raises what refuses it now, SettingsError for the past, StateError.
        """
        if at <= self._clock():
            raise SettingsError(
                f"{at:%Y-%m-%d %H:%M} is over", remedy="Name a time to come, or edit the plan's files now."
            )
        texts = writing.fitted(texts, self._door.workshop.plan)
        outcome = await self._door.check(texts)
        if isinstance(outcome, Refused):
            raise outcome.error
        publication = await self._revisions.schedule(texts, origin, at, self._clock())
        await self._look()
        self._changed.set()
        return publication, outcome.findings

    async def cancel(self, publication: int) -> bool:
        """Let a publication not happen; False when none of this id waits. Raises StateError."""
        cancelled = await self._revisions.settle(publication, PublicationState.CANCELLED, self._clock())
        await self._look()
        return cancelled

    async def listed(self) -> list[Publication]:
        """Return those that are to come, and what has become of others. Raises StateError."""
        return await self._revisions.publications(MOST_LISTED)

    async def run(self) -> None:
        """Let each go live when its time has come, for ever."""
        while True:
            try:
                await self._publish_due()
                await self._look()
            except StateError as error:
                _log.error("publications cannot be looked up: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next()):
                    await self._changed.wait()
            self._changed.clear()

    def _seconds_to_next(self) -> float:
        if self.next is None:
            return LONGEST_WAIT_SECONDS
        return min(LONGEST_WAIT_SECONDS, max(0.0, (self.next.at - self._clock()).total_seconds()))

    async def _look(self) -> None:
        self.next = next(iter(await self._revisions.publications(1, waiting=True)), None)

    async def _publish_due(self) -> None:
        now = self._clock()
        waiting = await self._revisions.publications(MOST_LISTED, waiting=True)
        due = [publication for publication in waiting if publication.at <= now]
        for earlier in due[:-1]:
            await self._overtaken(earlier, f"publication {due[-1].id} was due too, and later")
        for publication in due[-1:]:
            newer = self._newer(publication) if now - publication.at > MISSED else None
            if newer is not None:
                await self._overtaken(publication, f"revision {newer} went live after its time")
            else:
                await self._publish(publication, is_late=now - publication.at > MISSED)

    def _newer(self, publication: Publication) -> int | None:
        """Return the revision that went live after a publication was due."""
        live = self._door.revision
        is_newer = live is not None and live.at > publication.at and live.digest != publication.digest
        return live.number if live is not None and is_newer else None

    async def _overtaken(self, publication: Publication, why: str) -> None:
        reason = f"it was due at {publication.at:%Y-%m-%d %H:%M} UTC and missed; {why}"
        _log.warning("publication %d does not go live: %s", publication.id, reason)
        await self._revisions.settle(publication.id, PublicationState.OVERTAKEN, self._clock(), reason)

    async def _publish(self, publication: Publication, *, is_late: bool) -> None:
        said = publication.origin
        message = said.message or f"publication {publication.id}"
        if is_late:
            message += f" (due at {publication.at:%Y-%m-%d %H:%M} UTC, missed while nothing ran)"
        texts = await self._revisions.texts(publication.files)
        outcome = await self._door.put(texts, Origin(Source.PUBLICATION, said.author, message))
        if isinstance(outcome, Refused):
            # What the database refuses now it may take later.
            if isinstance(outcome.error, StateError):
                raise outcome.error
            state, reason = PublicationState.REFUSED, outcome.error.message
        else:
            number = outcome.revision.number if outcome.revision else 0
            state, reason = PublicationState.LIVE, f"revision {number}"
        await self._revisions.settle(publication.id, state, self._clock(), reason, outcome.findings)
