"""The recordings of one call, from the request to the draft."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from officesmart_ivr.announcements.drafts import Label
from officesmart_ivr.ari.channels import ChannelHandle
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.events import RecordingFailed, RecordingFinished
from officesmart_ivr.calls.requests import Requests
from officesmart_ivr.calls.studio import FORMAT, Studio
from officesmart_ivr.core.effects import StartRecording
from officesmart_ivr.core.events import Event, RecordingEnded, RecordingOutcome, RecordingSaved
from officesmart_ivr.errors import AriNotFoundError, OfficeSmartError

_log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long after its greatest length a recording may still report its end."""


@dataclass(slots=True)
class _Take:
    label: Label
    beginning: asyncio.Task[None] | None = None
    overdue: asyncio.TimerHandle | None = None
    seconds: float = 0.0
    has_ended: bool = False
    may_go: bool = False
    """Whether Asterisk's copy is not needed once the call is over."""


class Takes:
    """Records the caller of one call. ``claim`` is told each name before it is asked for.

    ``post`` takes what is reported; ``under_way`` counts what is being kept or saved.
    """

    def __init__(
        self,
        ari: AriClient,
        studio: Studio,
        requests: Requests,
        claim: Callable[[str], None],
        post: Callable[[Event], None],
    ) -> None:
        self._ari = ari
        self._studio = studio
        self._requests = requests
        self._claim = claim
        self._post = post
        self._takes: dict[str, _Take] = {}
        self.under_way = 0

    def start(self, effect: StartRecording, caller: ChannelHandle) -> None:
        """Record the caller's channel; never waits."""
        label = Label(effect.recording, effect.announcement, effect.by)
        take = self._takes[effect.recording] = _Take(label)
        self._claim(str(label))
        request = caller.record(
            str(label),
            format=FORMAT,
            max_seconds=round(effect.seconds),
            max_silence_seconds=round(effect.silence_seconds),
        )
        take.beginning = self._requests.send(request, lambda: self._failed(take))
        loop = asyncio.get_running_loop()
        take.overdue = loop.call_later(effect.seconds + GRACE_SECONDS, self._end, take)

    def stop(self, recording: str) -> None:
        """End a recording, and keep it."""
        self._requests.send(self._stop(self._takes[recording]))

    def media(self, recording: str) -> tuple[str, float]:
        """Return what plays a recording, and its length in seconds."""
        take = self._takes[recording]
        return f"recording:{take.label}", take.seconds

    def discard(self, recording: str) -> None:
        """Throw a recording away."""
        self._requests.send(self._studio.discard(self._takes.pop(recording).label))

    def save(self, recording: str) -> None:
        """Let callers hear a recording."""
        self.under_way += 1
        self._requests.send(self._save(self._takes[recording]))

    def ended(self, event: RecordingFinished | RecordingFailed) -> None:
        """Take the report that a recording is over."""
        take = next((take for take in self._takes.values() if str(take.label) == event.recording.name), None)
        if take is None:
            return
        if isinstance(event, RecordingFailed):
            _log.error("the recording %s failed: %s", take.label, event.recording.cause)
            self._failed(take)
        else:
            self._end(take)

    async def release(self) -> None:
        """Leave nothing in Asterisk that is safe elsewhere, and lose nothing that is not. Never raises."""
        for take in list(self._takes.values()):
            was_going_on = self._conclude(take)
            if take.may_go:
                await self._studio.forget(take.label)
            elif was_going_on:
                # Its end was never reported; the next process rescues what is still going on.
                await self._studio.rescue(take.label)
        self._takes.clear()

    def _end(self, take: _Take) -> None:
        if self._conclude(take):
            self.under_way += 1
            self._requests.send(self._keep(take))

    def _failed(self, take: _Take) -> None:
        if self._conclude(take):
            self._post(RecordingEnded(take.label.id, RecordingOutcome.FAILED))

    def _conclude(self, take: _Take) -> bool:
        """Say whether a recording had not ended before."""
        if take.overdue is not None:
            take.overdue.cancel()
        was_going_on, take.has_ended = not take.has_ended, True
        return was_going_on

    async def _stop(self, take: _Take) -> None:
        handle = self._ari.recording(str(take.label))
        try:
            await handle.stop()
        except AriNotFoundError:
            if take.beginning is None or take.has_ended:
                raise
            # The stop has overtaken the request to record.
            await take.beginning
            await handle.stop()

    async def _keep(self, take: _Take) -> None:
        try:
            outcome, take.seconds = await self._studio.keep(take.label)
            take.may_go = outcome is RecordingOutcome.KEPT
        finally:
            self.under_way -= 1
        self._post(RecordingEnded(take.label.id, outcome, take.seconds))

    async def _save(self, take: _Take) -> None:
        is_saved = False
        try:
            await self._studio.save(take.label)
            is_saved = True
        except OfficeSmartError as error:
            _log.error("the recording %s could not be saved: %s", take.label, error)
        finally:
            self.under_way -= 1
        self._post(RecordingSaved(take.label.id, is_saved))
