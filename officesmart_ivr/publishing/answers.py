"""What the local API is told about plans, revisions and publications."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from officesmart_ivr.api import schema
from officesmart_ivr.api.views import finding_views, publication_view, revision_view, whole_revision
from officesmart_ivr.errors import OfficeSmartError, StateError
from officesmart_ivr.messages import Language
from officesmart_ivr.observe.names import Names
from officesmart_ivr.observe.snapshot import PlanNow
from officesmart_ivr.publishing import writing
from officesmart_ivr.publishing.door import Door
from officesmart_ivr.publishing.outcome import Outcome, Published
from officesmart_ivr.publishing.schedule import Schedule
from officesmart_ivr.state.revisions import Origin, Revisions, Source, Texts
from officesmart_ivr.translations import in_language


class PlanAnswers:
    """Answers from the door and the revisions."""

    def __init__(
        self, door: Door, schedule: Schedule, revisions: Revisions, clock: Callable[[], datetime]
    ) -> None:
        self._door = door
        self._schedule = schedule
        self._revisions = revisions
        self._clock = clock

    @property
    def path(self) -> Path:
        """The plan's file or folder."""
        return self._door.workshop.plan

    def names(self) -> Names:
        """Return the names of the live plan."""
        return self._door.live.names

    def view(self, language: Language) -> schema.PlanView:
        """Return what is live, and what became of the last candidate, its findings in a language."""
        door, zone = self._door, self._zone()
        assert door.last is not None, "the first plan has gone through the door"
        coming = self._schedule.next
        return schema.PlanView(
            revision=door.revision.number if door.revision else None,
            since=door.since.astimezone(zone),
            last=outcome_view(door.last.outcome, language),
            last_at=door.last.at.astimezone(zone),
            next=publication_view(coming, zone) if coming else None,
        )

    def now(self) -> PlanNow:
        """Return the same as figures."""
        last, success = self._door.last, self._door.last_success
        return PlanNow(
            revision=self._door.revision.number if self._door.revision else 0,
            is_successful=last is not None and isinstance(last.outcome, Published),
            succeeded=success.at.timestamp() if success else 0.0,
            seconds=last.outcome.seconds if last else 0.0,
        )

    async def reload(self, author: str, message: str, language: Language) -> schema.Outcome:
        """Let the plan on the disk go live."""
        return outcome_view(await self._door.reload(Origin(Source.RELOAD, author, message)), language)

    async def revisions(self, limit: int) -> list[schema.RevisionView]:
        """Return the newest revisions. Raises StateError."""
        zone = self._zone()
        return [revision_view(revision, zone) for revision in await self._revisions.find(limit)]

    async def revision(self, number: int) -> schema.WholeRevision | None:
        """Return one with its texts. Raises StateError."""
        return await whole_revision(self._revisions, number, self._zone())

    async def rollback(
        self, number: int, author: str, message: str, language: Language
    ) -> schema.Outcome | None:
        """Let a revision go live again. Raises StateError."""
        revision = await self._revisions.get(number)
        if revision is None:
            return None
        texts = await self._revisions.texts(revision.files)
        said = f"back to revision {number}" + (f": {message}" if message else "")
        return outcome_view(await self._door.put(texts, Origin(Source.ROLLBACK, author, said)), language)

    async def publications(self) -> list[schema.PublicationView]:
        """Return the publications. Raises StateError."""
        zone = self._zone()
        return [publication_view(publication, zone) for publication in await self._schedule.listed()]

    async def publish(
        self, wanted: schema.NewPublication, at: datetime, language: Language
    ) -> schema.Scheduled:
        """Let a plan go live at a moment. Raises StateError."""
        texts = {name: text.encode() for name, text in wanted.files.items()}
        origin = Origin(Source.PUBLICATION, wanted.author, wanted.message)
        try:
            publication, findings = await self._schedule.add(texts, origin, at)
        except StateError:
            raise
        except OfficeSmartError as error:
            found = getattr(error, "findings", ())
            return schema.Scheduled(None, finding_views(found, language), *_why(error, language), [])
        view = publication_view(publication, self._zone())
        notes = await asyncio.to_thread(self._deleted_by, texts)
        return schema.Scheduled(view, finding_views(findings, language), "", "", notes)

    async def cancel(self, publication: int) -> bool:
        """Let a publication not happen. Raises StateError."""
        return await self._schedule.cancel(publication)

    def _deleted_by(self, texts: Texts) -> list[str]:
        """Say which files of the plan would go if these were its texts."""
        gone = ", ".join(sorted(writing.superseded(self.path, texts)))
        if not gone:
            return []
        return [
            f"not part of it, so deleted from {self.path} when it goes live: {gone}. "
            "To keep them, publish a folder that has them too"
        ]

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.names().timezone)


def outcome_view(outcome: Outcome, language: Language) -> schema.Outcome:
    """Return what became of a candidate, its findings and why it is refused in a language."""
    if isinstance(outcome, Published):
        return schema.Outcome(
            live=True,
            new=outcome.is_new,
            revision=outcome.revision.number if outcome.revision else None,
            seconds=round(outcome.seconds, 3),
            findings=finding_views(outcome.findings, language),
            notes=list(outcome.notes),
            error="",
            remedy="",
        )
    error, remedy = _why(outcome.error, language)
    return schema.Outcome(
        live=False,
        new=False,
        revision=None,
        seconds=round(outcome.seconds, 3),
        findings=finding_views(outcome.findings, language),
        notes=[],
        error=error,
        remedy=remedy,
    )


def _why(error: OfficeSmartError, language: Language) -> tuple[str, str]:
    """Return why a plan is refused, and the remedy."""
    return in_language(error.said, language), in_language(error.said_remedy, language)
