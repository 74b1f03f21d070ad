"""A phone records an announcement: it hears a tone, speaks, listens, and saves or records again.

What is recorded is a draft until it is saved, and nobody else hears a draft. Whoever hangs up, at whatever
point, leaves what was recorded last as a draft.
"""

from __future__ import annotations

from officesmart_ivr.core.effects import (
    Cause,
    DiscardRecording,
    PlayRecording,
    SaveRecording,
    StartRecording,
    StopRecording,
)
from officesmart_ivr.core.events import (
    KeyPressed,
    PromptEnded,
    RecordingEnded,
    RecordingOutcome,
    RecordingSaved,
    TimerFired,
)
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.state import (
    ChoosingAnnouncement,
    End,
    Ended,
    Outcome,
    Recording,
    RecordingSoon,
    Reviewing,
    Saving,
    State,
)
from officesmart_ivr.core.turn import Turn

SILENCE_SECONDS = 5.0
"""A silence of this length ends a recording."""

END_OF_RECORDING = "#"
END_OF_NUMBER = "#"

KEY_SECONDS = 8.0
"""How long a phone may be silent before it is asked again, or what it has typed is taken for the whole."""

ATTEMPTS = 3
"""How often a phone is asked that does not answer, or has nothing recorded."""

_DONE = End(Outcome.HANG_UP, Cause.NORMAL)
_UNKNOWN = End(Outcome.REFUSED, Cause.UNALLOCATED)


def begin(turn: Turn, announcement: str) -> State:
    """Let a phone record an announcement; ask which, if it is not said (an empty name)."""
    if announcement:
        return _prepare(turn, announcement)
    turn.note(Fact.ASKS_ANNOUNCEMENT)
    return ChoosingAnnouncement(turn.journey(), turn.play("record-number"))


def unknown_number(turn: Turn, number: str) -> State:
    """Say that no announcement has this number, and release the phone."""
    turn.note(Fact.UNKNOWN_NUMBER, number=number)
    return turn.say("unknown-number", then=_UNKNOWN)


# --- which announcement


def number_key(turn: Turn, state: ChoosingAnnouncement, event: KeyPressed) -> State:
    """Take a key of the announcement's number."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    if event.key == END_OF_NUMBER:
        return _chosen(turn, state)
    timer = turn.start_timer(KEY_SECONDS)
    return ChoosingAnnouncement(turn.journey(), "", timer, state.entry + event.key)


def number_prompt_ended(turn: Turn, state: ChoosingAnnouncement, event: PromptEnded) -> State:
    """Give the phone time to type."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    return ChoosingAnnouncement(turn.journey(), "", turn.start_timer(KEY_SECONDS), state.entry)


def number_time_over(turn: Turn, state: ChoosingAnnouncement, event: TimerFired) -> State:
    """Take what was typed for the whole number."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    return _chosen(turn, state)


def _chosen(turn: Turn, state: ChoosingAnnouncement) -> State:
    announcement = turn.plan.recorded_by(state.entry)
    return _prepare(turn, announcement) if announcement else unknown_number(turn, state.entry)


# --- recording


def _prepare(turn: Turn, announcement: str, *before: str, empty: int = 0) -> State:
    """Say how it goes, up to the tone."""
    prompt = turn.play(*before, "record-after-tone", "record-tone")
    return RecordingSoon(turn.journey(), announcement, prompt, empty)


def key_before(turn: Turn, state: RecordingSoon, event: KeyPressed) -> State:
    """Spare the rest of the words whoever knows them; the tone comes all the same."""
    turn.stop(state.prompt)
    return RecordingSoon(turn.journey(), state.announcement, turn.play("record-tone"), state.empty)


def prompt_before_ended(turn: Turn, state: RecordingSoon, event: PromptEnded) -> State:
    """Record from the end of the tone on."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    recording = turn.new_id("rec")
    seconds = turn.plan.plan.limits.recording_seconds
    by = turn.caller.endpoint
    turn.effects.append(StartRecording(recording, state.announcement, by, seconds, SILENCE_SECONDS))
    turn.note(Fact.RECORDS, announcement=state.announcement)
    return Recording(turn.journey(), state.announcement, recording, state.empty)


def key_while_recording(turn: Turn, state: Recording, event: KeyPressed) -> State:
    """End the recording at ``#``; other keys are a slip."""
    if event.key == END_OF_RECORDING:
        turn.effects.append(StopRecording(state.recording))
    return state


def recording_ended(turn: Turn, state: Recording, event: RecordingEnded) -> State:
    """Ask what is to be done with it; if there is nothing in it, record again."""
    if event.recording != state.recording:
        turn.ignore(event)
        return state
    match event.outcome:
        case RecordingOutcome.FAILED:
            turn.note(Fact.NOT_RECORDED)
            return turn.say("recording-not-saved", then=_DONE)
        case RecordingOutcome.EMPTY:
            turn.note(Fact.RECORDED_NOTHING)
            empty = state.empty + 1
            if empty >= ATTEMPTS:
                return turn.say("recording-empty", then=_DONE)
            return _prepare(turn, state.announcement, "recording-empty", empty=empty)
        case RecordingOutcome.KEPT:
            turn.note(Fact.RECORDED, seconds=f"{event.seconds:.0f}")
            return _review(turn, state.announcement, state.recording)


# --- what is to be done with it


def _review(turn: Turn, announcement: str, recording: str, *before: str, tries: int = 0) -> State:
    prompt = turn.play(*before, "recording-choice")
    return Reviewing(turn.journey(), announcement, recording, prompt, tries=tries)


def key_reviewing(turn: Turn, state: Reviewing, event: KeyPressed) -> State:
    """Let it be heard, recorded again, or saved."""
    turn.stop(state.prompt)
    turn.cancel_timer(state.timer)
    match event.key:
        case "1":
            prompt = turn.new_id("p")
            turn.effects.append(PlayRecording(prompt, state.recording))
            turn.note(Fact.LISTENS)
            return Reviewing(turn.journey(), state.announcement, state.recording, prompt, listens=True)
        case "2":
            turn.effects.append(DiscardRecording(state.recording))
            return _prepare(turn, state.announcement)
        case "3":
            turn.effects.append(SaveRecording(state.recording))
            return Saving(turn.journey(), state.announcement, state.recording)
        case _:
            tries = state.tries + 1
            turn.note(Fact.WRONG_ENTRY, entry=event.key, attempt=str(tries), attempts=str(ATTEMPTS))
            return _ask_again(turn, state, tries, "invalid")


def prompt_reviewing_ended(turn: Turn, state: Reviewing, event: PromptEnded) -> State:
    """Ask after listening; else give the phone time to choose."""
    if event.prompt != state.prompt:
        turn.ignore(event)
        return state
    if not event.played:
        turn.note(Fact.NOT_PLAYED)
    if state.listens:
        return _review(turn, state.announcement, state.recording)
    timer = turn.start_timer(KEY_SECONDS)
    return Reviewing(turn.journey(), state.announcement, state.recording, "", timer, state.tries)


def time_reviewing_over(turn: Turn, state: Reviewing, event: TimerFired) -> State:
    """Ask again after a silence; in the end leave it as a draft."""
    if event.timer != state.timer:
        turn.ignore(event)
        return state
    tries = state.tries + 1
    turn.note(Fact.NO_ENTRY, attempt=str(tries), attempts=str(ATTEMPTS))
    return _ask_again(turn, state, tries, "no-input")


def _ask_again(turn: Turn, state: Reviewing, tries: int, why: str) -> State:
    if tries < ATTEMPTS:
        return _review(turn, state.announcement, state.recording, why, tries=tries)
    turn.note(Fact.LEFT_AS_DRAFT)
    return turn.say(why, then=_DONE)


def recording_saved(turn: Turn, state: Saving, event: RecordingSaved) -> State:
    """Say so, and release the phone; or ask again what is to be done with it."""
    if event.recording != state.recording:
        turn.ignore(event)
        return state
    if event.saved:
        turn.note(Fact.RECORDING_SAVED)
        return turn.say("recording-saved", then=_DONE)
    turn.note(Fact.RECORDING_NOT_SAVED)
    return _review(turn, state.announcement, state.recording, "recording-not-saved")


# --- after the phone has hung up


def ended_meanwhile(turn: Turn, state: Ended, event: RecordingEnded) -> State:
    """Note what became of the recording that the phone was making as it hung up."""
    turn.note(_LEFT[event.outcome])
    return state


def saved_meanwhile(turn: Turn, state: Ended, event: RecordingSaved) -> State:
    """Note whether callers hear the recording that was being saved as its phone hung up."""
    turn.note(Fact.RECORDING_SAVED if event.saved else Fact.LEFT_AS_DRAFT)
    return state


_LEFT = {
    RecordingOutcome.KEPT: Fact.LEFT_AS_DRAFT,
    RecordingOutcome.EMPTY: Fact.RECORDED_NOTHING,
    RecordingOutcome.FAILED: Fact.NOT_RECORDED,
}
