"""Texts as sound files, spoken once: kept by text, language, speed and engine, so a changed one is new."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from hashlib import blake2b
from pathlib import Path

from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.formats import inspect
from officesmart_ivr.announcements.jobs import Convert, Failed
from officesmart_ivr.announcements.speech.engine import Engine, Utterance, spoken
from officesmart_ivr.errors import AnnouncementError

__all__ = ["NO_ENGINE", "Speaker"]

NO_ENGINE = "nothing on this machine speaks: install SVOX Pico (ttspico) or espeak-ng"
_RECIPE = "1"
"""Another value when the same speech is to be levelled or trimmed in another way."""


class Speaker:
    """Speaks texts into clean WAV files in one folder. Without an engine it speaks what it has spoken."""

    def __init__(self, folder: Path, engine: Engine | None) -> None:
        self.folder = folder
        self.engine = engine

    def file(self, utterance: Utterance) -> Path:
        """Return where the speech of a text is kept, whether it is there or not."""
        identity = self.engine.identity if self.engine else ""
        parts = (_RECIPE, identity, utterance.language, str(utterance.speed), utterance.text)
        name = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
        return self.folder / f"{name}.wav"

    def speak(self, utterances: Sequence[Utterance]) -> list[Path | AnnouncementError]:
        """Return each text's file, spoken now if it is not there yet, or why there is none; it blocks."""
        done: dict[Utterance, Path | AnnouncementError] = {}
        with ExitStack() as kept:
            raw: dict[Utterance, Path] = {}
            for utterance in dict.fromkeys(utterances):
                done[utterance] = self.file(utterance)
                if _is_whole(self.file(utterance)):
                    continue
                try:
                    raw[utterance] = kept.enter_context(self._spoken(utterance))
                except AnnouncementError as error:
                    done[utterance] = error
            done |= self._cleaned(raw)
        return [done[utterance] for utterance in utterances]

    def _spoken(self, utterance: Utterance) -> AbstractContextManager[Path]:
        if self.engine is None:
            raise AnnouncementError(NO_ENGINE)
        return spoken(self.engine, utterance)

    def _cleaned(self, raw: dict[Utterance, Path]) -> dict[Utterance, AnnouncementError]:
        """Level and trim what was spoken, all in one go; return what could not be."""
        if not raw:
            return {}
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            jobs = [Convert(str(said), str(self.file(text)), replace=True) for text, said in raw.items()]
            answers = apart.do_all(jobs)
        except OSError as error:
            return dict.fromkeys(raw, AnnouncementError(f"speech cannot be kept: {error.strerror}"))
        except AnnouncementError as error:
            return dict.fromkeys(raw, error)
        return {
            text: AnnouncementError(answer.message, remedy=answer.remedy)
            for text, answer in zip(raw, answers, strict=True)
            if isinstance(answer, Failed)
        }


def _is_whole(file: Path) -> bool:
    try:
        inspect(file)
    except AnnouncementError:
        return False
    return True
