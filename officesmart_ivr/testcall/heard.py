"""What one end of a call hears, as segments of tone, other sound or silence with times of arrival."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from officesmart_ivr.testcall.errors import WaitedInVainError
from officesmart_ivr.testcall.tones import OTHER_SOUND, SILENCE, Frame
from officesmart_ivr.testcall.waiting import Signal

_SEGMENT_ENDS_AFTER_NS = 100_000_000
"""So long without a packet, and what comes then is a new segment, even of the same sound."""


@dataclass(slots=True)
class Segment:
    """A stretch of one sound: a tone (Hz), SILENCE or OTHER_SOUND.

    ``first_ns`` and ``last_ns`` are the monotonic times at which its first and its last packet arrived.
    """

    sound: int
    first_ns: int
    last_ns: int
    packets: int = 1

    def __str__(self) -> str:
        name = {SILENCE: "silence", OTHER_SOUND: "other sound"}.get(self.sound, f"{self.sound} Hz")
        return f"{name} for {(self.last_ns - self.first_ns) / 1e9:.2f} s"


class Heard:
    """Collects what arrives, packet by packet, and lets others wait for a sound.

    A sound counts when two packets in a row hold it, the last of them with certainty: the one frame in
    which one sound gives way to another can look like a third, and vowels look like tones for a moment.
    Its time is that of the first of these packets. ``changed`` tells of each.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._candidate: Segment | None = None
        self.changed = Signal()

    def feed(self, frame: Frame, arrived_ns: int) -> None:
        """A packet arrived."""
        sound = frame.sound
        current = self.segments[-1] if self.segments else None
        if current is not None and _goes_on(current, sound, arrived_ns):
            self._candidate = None
            current.last_ns = arrived_ns
            current.packets += 1
            return
        candidate = self._candidate
        if candidate is None or not _goes_on(candidate, sound, arrived_ns):
            self._candidate = Segment(sound, arrived_ns, arrived_ns)
            return
        candidate.last_ns = arrived_ns
        candidate.packets += 1
        if frame.certain:
            self._candidate = None
            self.segments.append(candidate)
            self.changed.notify()

    def find(self, sound: int, *, after: int = 0) -> Segment | None:
        """The first segment of ``sound`` that began at or after the monotonic time ``after`` (ns)."""
        for segment in self.segments:
            if segment.sound == sound and segment.first_ns >= after:
                return segment
        return None

    async def hear(self, sound: int, *, within: float, after: int = 0) -> Segment:
        """Wait for a segment of ``sound`` that began at or after ``after`` (ns, monotonic).

        Raises WaitedInVainError, with what was heard instead, after ``within`` seconds.
        """
        return await self.changed.until(
            lambda: self.find(sound, after=after),
            within=within,
            what=lambda: f"{sound} Hz was not heard; heard: {self}",
        )

    async def hear_silence(self, *, within: float, lasting: float = 0.2) -> int:
        """Wait until no sound has come for ``lasting`` seconds; return when the last one came (ns), or 0.

        Packets of silence and no packets at all are the same here: Asterisk sends none between prompts.
        """
        try:
            async with asyncio.timeout(within):
                # Silence is no event: all there is to do is to look again when it could be long enough.
                while (missing := lasting - self._seconds_since_sound()) > 0:  # noqa: ASYNC110
                    await asyncio.sleep(missing)
        except TimeoutError:
            message = f"there was no silence of {lasting:g} s; heard: {self} (waited {within:g} s)"
            raise WaitedInVainError(message) from None
        return self._last_sound_ns()

    def _seconds_since_sound(self) -> float:
        return (time.monotonic_ns() - self._last_sound_ns()) / 1e9

    def _last_sound_ns(self) -> int:
        return next((s.last_ns for s in reversed(self.segments) if s.sound != SILENCE), 0)

    def __str__(self) -> str:
        return ", ".join(map(str, self.segments)) or "nothing"


def _goes_on(segment: Segment, sound: int, arrived_ns: int) -> bool:
    return segment.sound == sound and arrived_ns - segment.last_ns <= _SEGMENT_ENDS_AFTER_NS
