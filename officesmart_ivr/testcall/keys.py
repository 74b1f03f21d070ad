"""Keys as RTP packets: one key after the other, each with its own timestamp (RFC 4733)."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.packets import KEYS, KeyEvent
from officesmart_ivr.testcall.tones import FRAME_SAMPLES, FRAME_SECONDS


@dataclass
class KeyPress:
    """One key to send. Its first END packet goes out ``frames`` frames of 20 ms after its first packet."""

    key: str
    frames: int
    ends: int
    gap_frames: int
    ended: asyncio.Future[int]
    timestamp: int = 0
    sent: int = field(default=0, init=False)

    @property
    def finished(self) -> bool:
        """Nothing is left to be sent, not even the pause before the next key."""
        return self.sent >= self.frames + max(self.ends, self.gap_frames, 1)

    def next_event(self) -> KeyEvent | None:
        """What this frame holds: the key going on, its END, or None in the pause after it."""
        self.sent += 1
        if self.sent <= self.frames:
            return KeyEvent(self.key, False, self.sent * FRAME_SAMPLES)
        if self.sent <= self.frames + self.ends:
            return KeyEvent(self.key, True, self.frames * FRAME_SAMPLES)
        return None


class KeyQueue:
    """The keys that are still to be sent."""

    def __init__(self) -> None:
        self._waiting: deque[KeyPress] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, keys: str, *, seconds: float, gap: float, ends: int) -> asyncio.Future[int]:
        """Queue ``keys``; the future gets the time (ns) of the last key's first END packet."""
        if not keys or set(keys) - set(KEYS):
            raise PhoneError(f"'{keys}' is not a row of keys", remedy=f"Use the keys {KEYS}.")
        loop = asyncio.get_running_loop()
        for key in keys:
            frames = max(1, round(seconds / FRAME_SECONDS))
            pause = round(gap / FRAME_SECONDS)
            self._waiting.append(KeyPress(key, frames, ends, pause, loop.create_future()))
        return self._waiting[-1].ended

    def next_press(self) -> KeyPress | None:
        """The key whose turn it is."""
        while self._waiting and self._waiting[0].finished:
            self._waiting.popleft()
        return self._waiting[0] if self._waiting else None

    def clear(self) -> None:
        """Forget all keys; those who wait for them are cancelled."""
        for press in self._waiting:
            press.ended.cancel()
        self._waiting.clear()
