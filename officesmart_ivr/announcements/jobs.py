"""What the process that works on sounds (``worker``) is asked, and what it answers, as JSON."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from officesmart_ivr.announcements.formats import A_LAW, MU_LAW, PCM, SoundFormat
from officesmart_ivr.announcements.report import Report, Treatment

__all__ = [
    "Answer",
    "Convert",
    "Converted",
    "Examine",
    "Examined",
    "Failed",
    "Form",
    "Job",
    "Render",
    "Rendered",
]


class Form(StrEnum):
    """The coding that a converted file is to have, as commands name it."""

    PCM = "pcm"
    A_LAW = "alaw"
    MU_LAW = "ulaw"

    @property
    def sound_format(self) -> SoundFormat:
        """The accepted format that it is."""
        return {Form.PCM: PCM, Form.A_LAW: A_LAW, Form.MU_LAW: MU_LAW}[self]


class Examine(Struct, frozen=True, tag="examine"):
    """Read a sound file, accepted or not, and report. ``buckets``: how fine a waveform is to be drawn."""

    source: str
    buckets: int = 0


class Convert(Struct, frozen=True, tag="convert"):
    """Make a clean WAV file out of a sound file; ``replace`` one that is there."""

    source: str
    target: str
    form: Form = Form.PCM
    treatment: Treatment = Treatment()
    replace: bool = False
    buckets: int = 0


class Render(Struct, frozen=True, tag="render"):
    """Write beside this bare clean file the same sound in the other codings."""

    clip: str


Job = Examine | Convert | Render


class Examined(Struct, frozen=True, tag="examined"):
    """A file as it is. ``coding`` is libsndfile's word, ``waveform`` the least and greatest of each part."""

    coding: str
    channels: int
    rate: int
    report: Report
    waveform: list[tuple[float, float]] = []


class Converted(Struct, frozen=True, tag="converted"):
    """What came in and what came out."""

    source: Examined
    report: Report
    waveform: list[tuple[float, float]] = []


class Rendered(Struct, frozen=True, tag="rendered"):
    """They are written."""


class Failed(Struct, frozen=True, tag="failed"):
    """A job that could not be done; the words are for people."""

    message: str
    remedy: str = ""


Answer = Examined | Converted | Rendered | Failed
