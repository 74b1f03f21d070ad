"""The fake's recordings: those under way, and the files that they leave.

What a channel says is made up: a recording holds :attr:`Recordings.says` as soon as it is made, and goes on
until it is stopped, the channel ends, or the test says that it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from officesmart_ivr.ari.events import Event, RecordingFailed, RecordingFinished, RecordingStarted
from officesmart_ivr.ari.models import LiveRecording, StoredRecording

FORMATS = frozenset({"sln", "sln16", "wav", "wav16", "ulaw", "alaw"})


@dataclass(frozen=True, slots=True)
class FakeRecording:
    """A recording, as it was asked for, of the channel ``target``."""

    name: str
    format: str
    target: str

    def snapshot(self, state: str, cause: str = "") -> LiveRecording:
        """As Asterisk tells it."""
        uri = f"channel:{self.target}"
        return LiveRecording(name=self.name, format=self.format, target_uri=uri, state=state, cause=cause)


@dataclass(slots=True)
class Recordings:
    """All of them, by name. ``live`` are under way; ``stored`` has the bytes of every file."""

    tell: Callable[[Event], None]
    says: bytes = b"\0\0"
    live: dict[str, FakeRecording] = field(default_factory=dict)
    stored: dict[str, tuple[FakeRecording, bytes]] = field(default_factory=dict)

    def begin(self, target: str, params: Mapping[str, Any], *, in_bridge: bool) -> FakeRecording:
        """Record a channel. Raises KeyError for an unknown format, ValueError for a name that is taken."""
        made = FakeRecording(str(params["name"]), str(params["format"]), target)
        if made.format not in FORMATS:
            raise KeyError(made.format)
        if made.name in self.stored:
            raise ValueError(made.name)
        if in_bridge:
            failed = made.snapshot("failed", "Cannot record channel while in bridge")
            self.tell(RecordingFailed(recording=failed))
            return made
        self.live[made.name] = made
        self.stored[made.name] = made, self.says
        self.tell(RecordingStarted(recording=made.snapshot("recording")))
        return made

    def end(self, name: str) -> None:
        """Let one be over, and keep its file."""
        self.tell(RecordingFinished(recording=self.live.pop(name).snapshot("done")))

    def cancel(self, name: str) -> None:
        """Let one be over without a file."""
        made = self.live.pop(name)
        del self.stored[name]
        self.tell(RecordingFinished(recording=made.snapshot("canceled")))

    def channel_leaves(self, channel: str) -> None:
        """End what is recorded of a channel that is leaving."""
        for name in [name for name, made in self.live.items() if made.target == channel]:
            self.end(name)

    def listed(self) -> list[StoredRecording]:
        """Every file, as Asterisk lists them: those that are still being written, too."""
        return [StoredRecording(name=made.name, format=made.format) for made, _ in self.stored.values()]
