"""The one door by which a plan goes live: at the start, after an edit, by a rollback, at a set time.

One candidate at a time goes through it, and what is read is what stands there when its turn comes: the newest
candidate wins. Until all that can fail has gone well, calls are served with the plan before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import msgspec

from officesmart_ivr.callplan import files
from officesmart_ivr.errors import OfficeSmartError, PlanError, SettingsError, StateError
from officesmart_ivr.messages import say
from officesmart_ivr.observe.names import NAMES_FILE
from officesmart_ivr.publishing import writing
from officesmart_ivr.publishing.outcome import Outcome, Published, Refused, bare
from officesmart_ivr.publishing.quiet import undisturbed
from officesmart_ivr.publishing.workshop import Examined, Ready, Workshop, whole_texts
from officesmart_ivr.state.revisions import Origin, Revision, Revisions, Source, Texts, digest_of

_log = logging.getLogger(__name__)

KEPT_REVISIONS = 1000
"""Older ones are forgotten. A revision of a plan of 50 KiB that shares no text with others takes so much."""

_TRIED_AT_START = 5
"""How many of the latest revisions are tried where the files are no plan."""


class House(Protocol):
    """Where calls are served: told of each plan that goes live."""

    def take(self, ready: Ready) -> Sequence[str]:
        """Serve calls with this plan from now on; return what an admin has to know of it. Never waits."""
        ...

    async def teach(self) -> Sequence[str]:
        """Let Asterisk know the phones and trunks of the newest plan; return why that must wait."""
        ...


@dataclass(frozen=True, slots=True)
class Last:
    """The last attempt to go live, and when it ended."""

    at: datetime
    outcome: Outcome


class Door:
    """What is live, and the way to become it. Begin with :meth:`open`."""

    def __init__(self, workshop: Workshop, revisions: Revisions, clock: Callable[[], datetime]) -> None:
        self.workshop = workshop
        self._revisions = revisions
        self._clock = clock
        self._turn = asyncio.Lock()
        self._house: House | None = None
        self._live: Ready | None = None
        self.revision: Revision | None = None
        self.since = clock()
        self.last: Last | None = None
        self.last_success: Last | None = None

    @property
    def live(self) -> Ready:
        """What new calls are served with."""
        assert self._live is not None, "nothing is served before the door is open"
        return self._live

    @property
    def is_busy(self) -> bool:
        """Say whether a candidate goes through."""
        return self._turn.locked()

    def serve(self, house: House) -> None:
        """Tell this house of all that goes live from now on, beginning with what is."""
        self._house = house
        house.take(self.live)

    async def open(self) -> None:
        """Take the first plan: what stands on the disk, or else the last revision that can be served.

        Raises OfficeSmartError when there is neither; the error is that of the files.
        """
        origin = Origin(Source.START, "file")
        async with self._turn:
            began = time.monotonic()
            with undisturbed():
                try:
                    ready = await asyncio.to_thread(self._from_disk)
                    assert ready is not None
                    outcome: Outcome = await self._go_live(ready, origin, began, at_start=True)
                except OfficeSmartError as error:
                    await self._fall_back(error)
                    outcome = Refused(bare(error), time.monotonic() - began)
        self.report(outcome)

    async def reload(self, origin: Origin, *, tentative: bool = False) -> Outcome:
        """Read the plan from the disk and let it go live, if it is another one and without errors.

        ``tentative``: a refusal is not made known; :meth:`report` does that.
        """

        async def go() -> Outcome:
            began = time.monotonic()
            ready = await asyncio.to_thread(self._from_disk)
            if ready is None:
                return await self._stays(origin, began)
            return await self._go_live(ready, origin, began)

        outcome = await self._enter(go)
        if isinstance(outcome, Published) or not tentative:
            self.report(outcome)
        return outcome

    async def put(self, texts: Texts, origin: Origin) -> Outcome:
        """Let other texts go live, and put them in the place of the plan's files.

        What stood there and was in no revision is kept as one that never went live.
        """

        async def go() -> Outcome:
            began = time.monotonic()
            fitted = writing.fitted(texts, self.workshop.plan)
            ready = await asyncio.to_thread(lambda: self.workshop.make_ready(self.workshop.examine(fitted)))
            notes = await self._keep_unsaved(origin, ready)
            where = self.workshop.plan, fitted, self.workshop.data.root
            undo = await asyncio.to_thread(writing.replace, *where)
            try:
                ready = replace(ready, stamp=await asyncio.to_thread(self.workshop.look, fitted, ready.plan))
                return await self._go_live(ready, origin, began, notes)
            except BaseException:
                if self._live is not ready:
                    await asyncio.to_thread(undo)
                raise

        outcome = await self._enter(go)
        self.report(outcome)
        return outcome

    async def renew_sounds(self) -> Outcome:
        """Let the live plan be heard with the sounds that lie in its folder now, whatever its files say.

        So a plan that is being edited keeps no recording back. Sounds that are missing are left out.
        """

        async def go() -> Outcome:
            began = time.monotonic()
            examined = await asyncio.to_thread(self.workshop.examine, self.live.texts, lenient=True)
            ready = await asyncio.to_thread(self.workshop.make_ready, examined)
            return await self._go_live(ready, Origin(Source.RELOAD, ""), began)

        return await self._enter(go)

    async def check(self, texts: Texts) -> Outcome:
        """Check texts as if they were to go live now, under the names they have there. Nothing changes."""

        async def go() -> Outcome:
            began = time.monotonic()
            examined = await asyncio.to_thread(self.workshop.examine, texts)
            return Published(None, False, time.monotonic() - began, examined.findings)

        return await self._enter(go)

    def report(self, outcome: Outcome) -> None:
        """Make known what has become of a candidate: in the log, the status and the metrics."""
        self.last = Last(self._clock(), outcome)
        if isinstance(outcome, Refused):
            findings = "".join(f"\n  {finding}" for finding in outcome.findings)
            _log.error("the plan is not taken, %s\n%s%s", self._goes_on(), outcome.error, findings)
            return
        self.last_success = self.last
        if outcome.is_new and outcome.revision is not None:
            said, revision = outcome.revision.origin, outcome.revision
            message = f": {said.message}" if said.message else ""
            _log.info("revision %d is live (%s)%s", revision.number, said.source.value, message)
        for note in outcome.notes:
            _log.warning("%s", note)

    async def tidy(self) -> None:
        """Forget the oldest revisions. Raises StateError."""
        await self._revisions.prune(KEPT_REVISIONS)

    async def _enter(self, go: Callable[[], Awaitable[Outcome]]) -> Outcome:
        began = time.monotonic()
        async with self._turn:
            with undisturbed():
                try:
                    return await go()
                except OfficeSmartError as error:
                    return Refused(bare(error), time.monotonic() - began)
                except Exception as fault:
                    # The calls of the plan before must not suffer from a fault beside them.
                    _log.exception("a plan could not be taken by a fault")
                    what = f"the plan could not be taken by a fault of the program: {type(fault).__name__}"
                    refusal = OfficeSmartError(what, remedy="The log tells more.")
                    return Refused(refusal, time.monotonic() - began)

    def _from_disk(self) -> Ready | None:
        """Return what stands on the disk, made ready; None for what is live. Raises OfficeSmartError."""
        workshop = self.workshop
        writing.recover(workshop.data.root)
        if self._live is not None and workshop.look(workshop.read(), self._live.plan) == self._live.stamp:
            return None
        try:
            return workshop.make_ready(workshop.examine_disk())
        except PlanError as error:
            raise self._with_what_is_gone(error) from None

    def _with_what_is_gone(self, error: PlanError) -> PlanError:
        """Return the error with another remedy if files of the live plan were deleted.

        The findings tell what the rest lacks, not that a file is missing.
        """
        if self._live is None or self.revision is None:
            return error
        folder = files.folder_of(self.workshop.plan)
        gone = [name for name in self._live.texts if not (folder / name).exists()]
        if not gone:
            return error
        remedy = say(
            "The live plan has files that are not there any more: {files}. Put them back, or have them "
            "written again: officesmart-ivr revisions rollback {number}",
            files=", ".join(gone),
            number=self.revision.number,
        )
        return PlanError(error.said, error.findings, remedy=remedy)

    async def _go_live(
        self, ready: Ready, origin: Origin, began: float, notes: Sequence[str] = (), *, at_start: bool = False
    ) -> Published:
        """Keep the revision, then serve calls with it. Raises StateError; the plan before then goes on.

        At a start there is none: calls are served in any case.
        """
        before = self.revision
        notes = list(notes)
        try:
            if at_start:
                before = next(iter(await self._revisions.find(1, went_live=True)), None)
            is_new = before is None or before.digest != ready.digest
            revision = await self._revisions.add(ready.texts, origin, self._clock()) if is_new else before
        except StateError as error:
            if not at_start:
                raise
            _log.error("%s", error)
            revision, is_new = None, False
            notes.append("the revision could not be kept, so it has no number yet")
        notes += await self._swap(ready, revision)
        return Published(revision, is_new, time.monotonic() - began, ready.findings, notes)

    async def _swap(self, ready: Ready, revision: Revision | None) -> list[str]:
        if self.revision is None or revision is None or revision.number != self.revision.number:
            self.since = self._clock()
        self._live, self.revision = ready, revision
        notes: list[str] = []
        if self._house is None:
            return notes
        try:
            notes += self._house.take(ready)
            notes += await self._house.teach()
            names = msgspec.to_builtins(ready.names)
            await asyncio.to_thread(self.workshop.data.write_state, NAMES_FILE, names)
        except Exception as fault:
            # It is live, and going back from here would fail in the same way.
            _log.exception("what follows a plan's going live failed")
            notes.append(f"something that follows failed and is in the log: {fault}")
        return notes

    async def _stays(self, origin: Origin, began: float) -> Published:
        """Answer for a plan that is live already. It may have no number yet."""
        if self.revision is None:
            self.revision = await self._revisions.add(self.live.texts, origin, self._clock())
        return Published(self.revision, False, time.monotonic() - began, self.live.findings)

    async def _keep_unsaved(self, origin: Origin, ready: Ready) -> list[str]:
        """Keep what stands on the disk if no revision has it. Raises StateError."""
        try:
            texts = await asyncio.to_thread(whole_texts, self.workshop.plan)
        except PlanError:
            return []
        found = digest_of(texts)
        known = {revision.digest for revision in await self._revisions.find(KEPT_REVISIONS)}
        if found in known or found == ready.digest:
            return []
        message = f"stood in the files before a {origin.source.value}"
        kept = await self._revisions.add(texts, Origin(Source.KEPT, origin.author, message), self._clock())
        return [f"what stood in the files and was never live is kept as revision {kept.number}"]

    async def _fall_back(self, error: OfficeSmartError) -> None:
        """Serve the last revision that can be, though the files are no plan. Raises ``error`` without one."""
        found = await last_good(self.workshop, self._revisions)
        if found is None:
            raise error
        examined, revision = found
        ready = await asyncio.to_thread(self.workshop.make_ready, examined)
        await self._swap(ready, revision)

    def _goes_on(self) -> str:
        return f"revision {self.revision.number} goes on:" if self.revision else "the one before goes on:"


async def last_good(workshop: Workshop, revisions: Revisions) -> tuple[Examined, Revision] | None:
    """Return the latest revision that calls can be served with; None when none of the last few can."""
    try:
        found = await revisions.find(_TRIED_AT_START, went_live=True)
        for revision in found:
            with suppress(PlanError, SettingsError):
                texts = await revisions.texts(revision.files)
                return await asyncio.to_thread(workshop.examine, texts, lenient=True), revision
    except StateError as error:
        _log.error("%s", error)
    return None
