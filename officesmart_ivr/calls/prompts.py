"""The prompts of one caller: which plays, whether it ended as it should.

Two faults of real playbacks are mended here, so that a caller never stands before a silent menu. A stop
that reaches Asterisk just as its prompt ends may hit the next one: a prompt that ended far too early and was
not stopped is played once more. And where the report of the end is lost, the prompt counts as ended some time
after its length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from dataclasses import dataclass

from officesmart_ivr.ari.events import PlaybackFinished

TOO_EARLY = 0.5
"""A prompt that ended by itself before this part of its length was cut by mistake."""

GRACE_SECONDS = 5.0
"""How long after its length a prompt may still report its end."""

_AGAIN = "-again"


@dataclass(slots=True)
class _Playing:
    prompt: str
    media: list[str]
    seconds: float | None
    began: float = 0.0
    overdue: asyncio.TimerHandle | None = None
    again: bool = False


class Prompts:
    """Bookkeeping of playbacks. ``ended(prompt, played)`` is called once for each that was not stopped."""

    def __init__(self, ended: Callable[[str, bool], None]) -> None:
        self._ended = ended
        self._playing: dict[str, _Playing] = {}

    @staticmethod
    def playbacks(prompt: str) -> tuple[str, str]:
        """Return the ids that the playback of a prompt may have."""
        return prompt, prompt + _AGAIN

    def __contains__(self, prompt: str) -> bool:
        return prompt in self._playing

    def playing(self, but: Container[str]) -> list[str]:
        """Return the playbacks of the prompts that have not ended, ``but`` for some."""
        return [
            prompt + _AGAIN if playing.again else prompt
            for prompt, playing in self._playing.items()
            if prompt not in but
        ]

    def begin(self, prompt: str, media: list[str], seconds: float | None) -> None:
        """Take note of a prompt before it is asked for. ``seconds`` is None for an endless tone."""
        self._playing[prompt] = _Playing(prompt, media, seconds)
        self._watch(self._playing[prompt])

    def stopped(self, prompt: str) -> str:
        """Forget a prompt that is being stopped; return the id of its playback."""
        playing = self._forget(prompt)
        return prompt + _AGAIN if playing and playing.again else prompt

    def fail(self, prompt: str) -> None:
        """Conclude a prompt that could not be begun."""
        self._conclude(prompt, False)

    def finished(self, event: PlaybackFinished) -> tuple[str, list[str]] | None:
        """Take the report of a playback's end.

        Returns a playback id and media when the prompt is to be played once more, else None.
        """
        prompt = event.playback.id.removesuffix(_AGAIN)
        playing = self._playing.get(prompt)
        if playing is None:
            return None
        if event.playback.state == "failed":
            self._conclude(prompt, False)
            return None
        lasted = asyncio.get_running_loop().time() - playing.began
        if lasted < (playing.seconds or 0.0) * TOO_EARLY and not playing.again:
            playing.again = True
            self._watch(playing)
            return prompt + _AGAIN, playing.media
        self._conclude(prompt, True)
        return None

    def forget_all(self) -> None:
        """Forget every prompt, as when the caller is gone."""
        for prompt in list(self._playing):
            self._forget(prompt)

    def _watch(self, playing: _Playing) -> None:
        """Begin to count the time in which a playback should end."""
        loop = asyncio.get_running_loop()
        playing.began = loop.time()
        if playing.overdue:
            playing.overdue.cancel()
        if playing.seconds is not None:
            wait = playing.seconds + GRACE_SECONDS
            playing.overdue = loop.call_later(wait, self._conclude, playing.prompt, True)

    def _forget(self, prompt: str) -> _Playing | None:
        playing = self._playing.pop(prompt, None)
        if playing and playing.overdue:
            playing.overdue.cancel()
        return playing

    def _conclude(self, prompt: str, played: bool) -> None:
        if self._forget(prompt):
            self._ended(prompt, played)
