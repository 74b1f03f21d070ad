"""What phones record: from Asterisk's disk into the drafts, and from there on to what callers hear.

The sound is fetched over ARI, so Asterisk may be on another machine. A recording that is safe among the
drafts is deleted in Asterisk; one that an earlier process has left there is rescued after a connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container

from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.drafts import MOST_BYTES, Draft, Drafts, Label
from officesmart_ivr.announcements.jobs import Examine, Examined
from officesmart_ivr.announcements.report import LOUDNESS_LUFS, Report
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.core.events import RecordingOutcome
from officesmart_ivr.errors import AnnouncementError, AriError, AriNotFoundError

_log = logging.getLogger(__name__)

FORMAT = "sln16"
"""Asterisk's name for bare samples, 16-bit, mono, 16 kHz: what is cut off at any point is still a sound."""

_MARGIN_BYTES = 1 << 20
_BYTES_A_SECOND = 32000.0
_NOISE_LUFS = LOUDNESS_LUFS - 30.0
"""What is quieter than this is the noise of the line; no conversion would lift it to an announcement."""

Save = Callable[[Draft], Awaitable[None]]
"""Lets callers hear a draft. Raises OfficeSmartError."""


class Studio:
    """The recordings of all calls. A recording's name in Asterisk is its label."""

    def __init__(self, ari: AriClient, drafts: Drafts, save: Save) -> None:
        self._ari = ari
        self._save = save
        self.drafts = drafts
        self._being_rescued: set[Label] = set()

    async def keep(self, label: Label) -> tuple[RecordingOutcome, float]:
        """Make a draft of a recording that has ended; return what became of it, and its length in seconds.

        What could not be kept stays in Asterisk, for a better moment.
        """
        try:
            samples = await self._ari.stored_recording(str(label)).file(MOST_BYTES + _MARGIN_BYTES)
            draft = await asyncio.to_thread(self.drafts.keep, label, samples) if samples else None
        except (AriError, AnnouncementError) as error:
            _log.error("the recording %s could not be kept: %s", label, error)
            return RecordingOutcome.FAILED, 0.0
        if draft is None or await self._is_empty(draft):
            await self.discard(label)
            return RecordingOutcome.EMPTY, 0.0
        return RecordingOutcome.KEPT, draft.seconds

    async def save(self, label: Label) -> None:
        """Let callers hear a draft, which is then none any more. Raises OfficeSmartError; it then stays."""
        draft = await asyncio.to_thread(self.drafts.get, label)
        if draft is None:
            raise AnnouncementError(f"the draft {label.id} is gone")
        await self._save(draft)
        await self.discard(label)

    async def discard(self, label: Label) -> None:
        """Throw a recording away, here and in Asterisk. Never raises."""
        await self.forget(label)
        try:
            draft = await asyncio.to_thread(self.drafts.get, label)
            if draft is not None:
                await asyncio.to_thread(self.drafts.discard, draft)
        except AnnouncementError as error:
            _log.error("%s", error)

    async def forget(self, label: Label) -> None:
        """Delete a recording in Asterisk, where it is not needed any more. Never raises."""
        try:
            await self._ari.stored_recording(str(label)).delete()
        except AriNotFoundError:
            return
        except AriError as error:
            _log.warning("the recording %s stays in Asterisk: %s", label, error)

    async def rescue(self, label: Label) -> None:
        """Keep a recording whose call is gone, by its event or by :meth:`sweep`. Never raises."""
        if label in self._being_rescued:
            return
        self._being_rescued.add(label)
        try:
            if not await self._is_stored(label):
                return
            outcome, _ = await self.keep(label)
            if outcome is RecordingOutcome.KEPT:
                _log.warning("the recording %s of a call that is gone was kept as a draft", label)
                await self.forget(label)
        except AriError as error:
            _log.warning("the recording %s cannot be looked for: %s", label, error)
        finally:
            self._being_rescued.remove(label)

    async def sweep(self, owned: Container[str]) -> None:
        """Rescue what an earlier process has left, but for what is ``owned`` by a call. Never raises.

        One that goes on still will report its end.
        """
        try:
            for stored in await self._ari.recordings.list():
                label = Label.read(stored.name)
                if label is not None and stored.name not in owned and not await self._goes_on(label):
                    await self.rescue(label)
        except AriError as error:
            # Callers must not wait for this.
            _log.warning("what was recorded before cannot be looked for: %s", error)

    async def _goes_on(self, label: Label) -> bool:
        return await _is_there(self._ari.recording(str(label)).get())

    async def _is_stored(self, label: Label) -> bool:
        return await _is_there(self._ari.stored_recording(str(label)).get())

    async def _is_empty(self, draft: Draft) -> bool:
        """Say whether there is nothing to be heard. A draft that cannot be examined is none of these."""
        try:
            examined = await asyncio.to_thread(apart.do_one, Examine(str(draft.file)))
        except AnnouncementError as error:
            _log.warning("the recording %s could not be examined: %s", draft.label, error)
            return False
        assert isinstance(examined, Examined)
        return is_noise(examined.report)


async def _is_there(asking: Awaitable[object]) -> bool:
    try:
        await asking
    except AriNotFoundError:
        return False
    return True


def is_noise(report: Report) -> bool:
    """Say whether a recording holds nothing but silence, or the noise of a line."""
    return report.loudness is None or report.loudness < _NOISE_LUFS
