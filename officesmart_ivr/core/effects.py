"""What a call wants done. The core makes these; a driver carries out each with one request."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec

from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Search
from officesmart_ivr.core.lines import Switch
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import Override
from officesmart_ivr.core.target import Target


class Cause(IntEnum):
    """Hangup causes (ITU-T Q.850) that the core gives."""

    UNALLOCATED = 1
    NORMAL = 16
    BUSY = 17
    NO_ANSWER = 19
    SUBSCRIBER_ABSENT = 20
    REJECTED = 21
    ANSWERED_ELSEWHERE = 26
    NO_CIRCUIT = 34
    INTERWORKING = 127


class Tone(StrEnum):
    """Tones of the country's tone plan."""

    BUSY = "busy"


class HuntEnd(StrEnum):
    """How a call left a group.

    ``abandoned``: the caller hung up; ``left``: by the key of the queue, or because a phone has transferred
    the call that waited.
    """

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


class Effect(msgspec.Struct, frozen=True, tag=True):
    """Base of all effects."""


class Answer(Effect, frozen=True):
    """Answer the caller's channel."""


class Play(Effect, frozen=True):
    """Play announcements (ids of the plan) to the caller, in order, as one prompt.

    Before an :class:`Answer` they are heard as early media.
    """

    prompt: str
    announcements: tuple[str, ...]


class PlayTone(Effect, frozen=True):
    """Play a tone to the caller until stopped."""

    prompt: str
    tone: Tone


class StopPrompt(Effect, frozen=True):
    """Stop a prompt or tone at once."""

    prompt: str


class Silence(Effect, frozen=True):
    """End what the caller hears since an earlier process: music, ringing, and of these prompts any."""

    prompts: tuple[str, ...]


class StartTimer(Effect, frozen=True):
    """Report :class:`~officesmart_ivr.core.events.TimerFired` after ``seconds``."""

    timer: str
    seconds: float


class CancelTimer(Effect, frozen=True):
    """Forget a timer."""

    timer: str


class StartRinging(Effect, frozen=True):
    """Let the caller hear that a phone rings."""


class StopRinging(Effect, frozen=True):
    """End the ringing tone."""


class RingLeg(Effect, frozen=True):
    """Ring a target as a new leg; ``seconds`` is how long it will be left ringing.

    The driver bounds the calls that a trunk carries at once. A leg to the outside for which no line is free
    is reported at once as :class:`~officesmart_ivr.core.events.LegEnded` with the outcome busy, one whose
    trunk is not there with unreachable, both with cause 34 (no circuit available). A trunk that is known to
    be down is not tried, but for emergency calls.

    In a hunt (``hunt_group``) the line is reserved already. ``name_prefix`` is shown before the caller's
    name, and the line rests ``wrap_up_seconds`` after the call.
    """

    leg: str
    target: Target
    seconds: float
    hunt_group: str = ""
    name_prefix: str = ""
    wrap_up_seconds: float = 0.0


class CancelLeg(Effect, frozen=True):
    """End a leg, ringing or talking. ``cause`` tells its phone why."""

    leg: str
    cause: Cause = Cause.NORMAL


class Connect(Effect, frozen=True):
    """Let the caller and the leg talk."""

    leg: str


class Part(Effect, frozen=True):
    """Take the caller out of the conversation, to be routed on. The leg is left to a CancelLeg."""


class Promote(Effect, frozen=True):
    """Let the person of a leg take the caller's place; the caller's own channel is hung up.

    Whatever concerns the caller from now on concerns this person, and the leg is one no longer.
    """

    leg: str


class Take(Effect, frozen=True):
    """Accept what another call offers: a leg of it, which is ours from now on, or its place in a menu."""

    call: str


class PickUp(Effect, frozen=True):
    """Offer the caller to the call that has rung longest on one of these lines.

    Reports :class:`~officesmart_ivr.core.events.HandedOver` when it was taken there, else
    :class:`~officesmart_ivr.core.events.NothingRings`.
    """

    lines: frozenset[str]


class Offer(Effect, frozen=True):
    """Choose members of the search's group, as it is in the newest plan, and reserve their lines.

    Reports what was decided as :class:`~officesmart_ivr.core.hunt_events.Offered`, and again while they ring,
    when other members of the wave become free. ``after``: a call whose lines must be free before, because
    its members are the ones to be rung.
    """

    offer: str
    search: Search
    after: str = ""


class Wait(Effect, frozen=True):
    """Put the call into the group's queue, or change the search of one that is there.

    Reports :class:`~officesmart_ivr.core.hunt_events.Placed` at first and when the place changes, or
    :class:`~officesmart_ivr.core.hunt_events.QueueFull`; then ``Offered``, as soon as a line is free for it.
    """

    offer: str
    search: Search
    group: PreparedGroup


class LeaveHunt(Effect, frozen=True):
    """The hunt is over: nothing is offered to this call any more.

    If it was answered, ``leg`` is the one that talks now, and ``line`` whose it is.
    """

    how: HuntEnd
    leg: str = ""
    line: str = ""


class Missed(Effect, frozen=True):
    """A member has not answered: pause its line after ``limit`` times in a row; 0 is never."""

    line: str
    limit: int


class ToggleLine(Effect, frozen=True):
    """Turn a switch of a line to its other side.

    Reports :class:`~officesmart_ivr.core.events.LineToggled`.
    """

    line: str
    switch: Switch


class SetOverride(Effect, frozen=True):
    """Let this override hold at a multiselection, in place of any other; None clears it.

    ``by`` is the extension whose phone wants it.
    """

    multiselection: str
    override: Override | None
    by: str


class StartRecording(Effect, frozen=True):
    """Record the caller, for an announcement, until stopped, for ``seconds`` at most or to a long silence.

    Whatever is in it is kept as a draft, also when the caller hangs up. ``by`` is the extension whose phone
    records. Reports :class:`~officesmart_ivr.core.events.RecordingEnded` once it is kept.
    """

    recording: str
    announcement: str
    by: str
    seconds: float
    silence_seconds: float


class StopRecording(Effect, frozen=True):
    """End a recording, and keep it."""

    recording: str


class PlayRecording(Effect, frozen=True):
    """Play a recording of this call to the caller, as :class:`Play` does announcements."""

    prompt: str
    recording: str


class DiscardRecording(Effect, frozen=True):
    """Throw a recording away, and its draft."""

    recording: str


class SaveRecording(Effect, frozen=True):
    """Let callers hear a recording as its announcement from now on.

    Reports :class:`~officesmart_ivr.core.events.RecordingSaved`. What cannot be saved stays a draft.
    """

    recording: str


class PlayToLeg(Effect, frozen=True):
    """Play announcements to a leg that has answered, as :class:`Play` does to the caller."""

    leg: str
    prompt: str
    announcements: tuple[str, ...]


class StartMusic(Effect, frozen=True):
    """Play music to the caller."""


class StopMusic(Effect, frozen=True):
    """End the music."""


class HangUp(Effect, frozen=True):
    """End the caller's channel with a cause."""

    cause: Cause = Cause.NORMAL


class Note(Effect, frozen=True):
    """A line of the call's explanation."""

    fact: Fact
    about: dict[str, str] = {}


class Ignored(Effect, frozen=True):
    """An event came too late to matter; a driver counts these."""

    event: str
