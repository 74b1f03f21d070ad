"""A phone records an announcement, by the service code."""

from __future__ import annotations

from typing import Any

from officesmart_ivr.core import effects, state
from officesmart_ivr.core.call import begin_recording
from officesmart_ivr.core.events import (
    CallerLeft,
    LegOutcome,
    LegRinging,
    PromptEnded,
    RecordingEnded,
    RecordingOutcome,
)
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.core.recording import ATTEMPTS, SILENCE_SECONDS
from tests.unit.core.harness import Walk, plan

SETUP = ["record-after-tone", "record-tone"]


def office(*, pin: str = "1234", **changes: Any) -> PreparedPlan:
    return plan(
        {"day": {}},
        announcements={
            "welcome": {"file": "w.wav", "record_number": "12"},
            "closed": {"file": "c.wav", "record_number": "1"},
            "fixed": {"file": "f.wav"},
        },
        service_codes={"record": "*77", "pin": {"secret": "service-pin"}},
        pin=pin,
        **changes,
    )


def granted(dialled: str = "*7712", **changes: Any) -> Walk:
    return Walk(office(**changes), dialled, phone="201").press("1234#")


def recording() -> Walk:
    """A call that records the announcement 'welcome'."""
    return granted().listen()


def test_records_listens_and_saves() -> None:
    walk = Walk(office(), "*7712", phone="201")
    assert walk.plays == ["enter-pin"]
    walk.press("1234#")
    assert walk.plays[1:] == SETUP
    assert not walk.recordings
    walk.listen()
    (started,) = walk.recordings
    assert (started.announcement, started.by, started.silence_seconds) == ("welcome", "201", SILENCE_SECONDS)
    assert started.seconds == 180
    walk.press("5*#")
    assert walk.stopped == [started.recording]
    walk.recorded()
    assert walk.plays[-1] == "recording-choice"
    walk.press("1")
    assert walk.plays[-1] == f"recording:{started.recording}"
    walk.listen()
    assert walk.plays[-1] == "recording-choice"
    walk.press("3")
    assert walk.saves == [started.recording]
    assert not walk.plays.count("recording-saved")
    walk.saved()
    assert walk.plays[-1] == "recording-saved"
    walk.listen()
    assert (walk.outcome, walk.discarded) == ("hang_up", [])
    assert Fact.LEFT_AS_DRAFT not in walk.facts


def test_the_plan_limits_the_length() -> None:
    walk = granted(limits={"recording_seconds": 30}).listen()
    assert walk.recordings[0].seconds == 30


def test_a_wrong_pin_records_nothing() -> None:
    walk = Walk(office(), "*7712", phone="201").press("1111#").press("2222#").press("3333#").listen()
    assert (walk.outcome, walk.recordings) == ("refused", [])


def test_without_a_pin_in_the_plan_nobody_records() -> None:
    walk = Walk(office(pin=""), "*7712", phone="201").listen()
    assert (walk.plays, walk.outcome) == (["not-allowed"], "refused")


def test_the_number_may_be_typed() -> None:
    walk = granted("*77")
    assert walk.plays[-1] == "record-number"
    walk.press("1")
    assert walk.plays[-1] == "record-number"
    walk.press("2#")
    assert isinstance(walk.state, state.RecordingSoon)
    assert walk.state.announcement == "welcome"


def test_a_silence_ends_the_number() -> None:
    walk = granted("*77").listen().press("1").wait()
    assert isinstance(walk.state, state.RecordingSoon)
    assert walk.state.announcement == "closed"


def test_an_unknown_number_is_said() -> None:
    for walk in (
        Walk(office(), "*7799", phone="201"),
        granted("*77").press("99#"),
        granted("*77").press("#"),
    ):
        assert walk.plays[-1] == "unknown-number"
        assert walk.listen().outcome == "refused"
        assert not walk.recordings


def test_callers_from_outside_do_not_record() -> None:
    walk = Walk(office(), "*7712")
    assert (walk.plays, walk.recordings) == (["unknown-number"], [])


def test_a_key_spares_the_words_but_not_the_tone() -> None:
    walk = granted().press("#")
    assert walk.plays[-3:] == [*SETUP, "record-tone"]
    assert not walk.recordings
    assert walk.listen().recordings


def test_again_throws_the_first_away() -> None:
    walk = recording().press("#").recorded().press("2")
    first = walk.recordings[0].recording
    assert walk.discarded == [first]
    walk.listen().send(RecordingEnded(first, RecordingOutcome.KEPT))
    assert isinstance(walk.state, state.Recording)
    walk.recorded().press("3")
    assert walk.saves == [walk.recordings[1].recording]
    assert walk.saves != [first]


def test_a_silent_recording_is_not_offered_for_saving() -> None:
    walk = recording()
    for _ in range(ATTEMPTS - 1):
        walk.recorded(RecordingOutcome.EMPTY)
        assert walk.plays[-3:] == ["recording-empty", *SETUP]
        walk.listen()
    walk.recorded(RecordingOutcome.EMPTY)
    assert walk.plays[-1] == "recording-empty"
    assert walk.listen().outcome == "hang_up"
    assert not walk.saves


def test_a_recording_that_could_not_be_kept_is_told() -> None:
    walk = recording().recorded(RecordingOutcome.FAILED)
    assert walk.plays[-1] == "recording-not-saved"
    assert walk.listen().outcome == "hang_up"


def test_what_cannot_be_saved_may_be_tried_again() -> None:
    walk = recording().press("#").recorded().press("3").saved(False)
    assert walk.plays[-2:] == ["recording-not-saved", "recording-choice"]
    walk.press("3").saved().listen()
    assert (walk.outcome, len(walk.saves)) == ("hang_up", 2)


def test_a_silent_phone_leaves_a_draft() -> None:
    walk = recording().press("#").recorded().listen()
    for _ in range(ATTEMPTS - 1):
        walk.wait()
        assert walk.plays[-2:] == ["no-input", "recording-choice"]
        walk.listen()
    walk.wait().listen()
    assert (walk.outcome, walk.saves, walk.discarded) == ("hang_up", [], [])
    assert Fact.LEFT_AS_DRAFT in walk.facts


def test_keys_without_a_meaning_are_told() -> None:
    walk = recording().press("#").recorded()
    for _ in range(ATTEMPTS):
        walk.press("9")
        assert "invalid" in walk.plays[-2:]
    assert walk.listen().outcome == "hang_up"


def test_hanging_up_loses_nothing() -> None:
    walk = recording().send(CallerLeft())
    assert Fact.LEFT_AS_DRAFT not in walk.facts
    assert Fact.LEFT_AS_DRAFT in walk.recorded().facts
    assert not walk.discarded

    walk = recording().send(CallerLeft()).recorded(RecordingOutcome.EMPTY)
    assert Fact.LEFT_AS_DRAFT not in walk.facts

    walk = recording().press("#").recorded().send(CallerLeft())
    assert (Fact.LEFT_AS_DRAFT in walk.facts, walk.discarded) == (True, [])

    walk = recording().press("#").recorded().press("3").send(CallerLeft()).saved()
    assert Fact.RECORDING_SAVED in walk.facts
    assert Fact.LEFT_AS_DRAFT not in walk.facts


def test_what_comes_late_changes_nothing() -> None:
    walk = recording()
    before = walk.state
    walk.send(PromptEnded("c-p1"))
    assert (walk.state, walk.ignored) == (before, 1)
    walk.recorded().press("1").send(RecordingEnded(walk.recordings[0].recording, RecordingOutcome.KEPT))
    assert isinstance(walk.state, state.Reviewing)
    assert walk.state.listens
    assert not any(isinstance(each, effects.SaveRecording) for each in walk.effects)


# --- the office calls a phone itself


def errand() -> Walk:
    return Walk(office(), first=begin_recording("c", "201", "welcome"))


def test_a_phone_that_is_called_records_without_a_pin() -> None:
    walk = errand()
    assert walk.rings() == ["201"]
    assert not walk.plays
    walk.send(LegRinging(walk.leg)).answered()
    assert (walk.plays, walk.timers, walk.legs) == (SETUP, {}, {})
    walk.listen()
    assert (walk.recordings[0].announcement, walk.recordings[0].by) == ("welcome", "201")
    walk.press("#").recorded().press("3").saved().listen()
    assert (walk.outcome, walk.cause) == ("hang_up", 16)


def test_a_phone_that_is_not_reached_records_nothing() -> None:
    for outcome, ended in (
        (LegOutcome.BUSY, "busy"),
        (LegOutcome.REJECTED, "busy"),
        (LegOutcome.UNREACHABLE, "unreachable"),
    ):
        assert errand().leg_ends(outcome).outcome == ended
    walk = errand().wait()
    assert (walk.outcome, walk.legs, walk.timers, walk.plays) == ("no_answer", {}, {}, [])
