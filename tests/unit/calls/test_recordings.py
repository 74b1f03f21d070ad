"""Phones record, by the requests that Asterisk gets."""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncIterator
from typing import Any

import pytest

from officesmart_ivr.ari.events import RecordingFailed
from officesmart_ivr.ari.fake import Fault
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.notes import Fact
from tests.unit.calls.office import Office, office, until

TONE = array("h", (int(3000 * math.sin(at / 3)) for at in range(16000))).tobytes()
PIN = "1234"


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    changes: dict[str, Any] = {
        "announcements": {"welcome": {"file": "w.wav", "record_number": "12"}},
        "service_codes": {"record": "*77", "pick_up": "*8", "pin": {"secret": "service-pin"}},
    }
    async with office(monkeypatch, pin=PIN, **changes) as made:
        made.fake.world.recordings.says = TONE
        yield made


async def finish_prompt(office: Office, channel: str, heard: str) -> None:
    await until(lambda: office.heard(channel) == heard)
    office.clock.forward(4)
    office.fake.finish_playback(office.playing(channel)[0].id)


def dial(office: Office) -> str:
    """A phone dials the service code."""
    return office.fake.call_in("*7712", args=["inbound", "*7712", "phone", "201"])


async def recording(office: Office) -> tuple[str, str]:
    """A phone that records: its channel, and the recording's name."""
    channel = dial(office)
    await until(lambda: office.heard(channel) == "enter-pin")
    office.fake.press(channel, f"{PIN}#")
    await finish_prompt(office, channel, "record-after-tone record-tone")
    await until(lambda: office.fake.world.recordings.live)
    (name,) = office.fake.world.recordings.live
    return channel, name


async def reviewing(office: Office) -> tuple[str, str]:
    """A phone that has recorded, and is asked what is to be done."""
    channel, name = await recording(office)
    office.fake.press(channel, "#")
    await until(lambda: office.heard(channel) == "recording-choice")
    return channel, name


def kept(office: Office) -> list[str]:
    return [str(draft.label) for draft in office.drafts.all()]


async def over(office: Office) -> None:
    await until(lambda: not office.dispatcher.sessions)
    office.assert_nothing_left()


async def test_what_is_saved_leaves_nothing_behind(here: Office) -> None:
    channel, name = await reviewing(here)
    assert kept(here) == [name]
    here.fake.press(channel, "1")
    await until(lambda: here.heard(channel) == f"recording:{name}")
    await here.forward(4)
    here.fake.finish_playback(here.playing(channel)[0].id)
    await until(lambda: here.heard(channel) == "recording-choice")
    here.fake.press(channel, "3")
    await until(lambda: here.heard(channel) == "recording-saved")
    assert (here.saved, kept(here), here.fake.world.recordings.stored) == (["welcome"], [], {})
    here.fake.hang_up(channel)
    await over(here)


async def test_again_leaves_nothing_of_the_first(here: Office) -> None:
    channel, first = await reviewing(here)
    here.fake.press(channel, "2")
    await finish_prompt(here, channel, "record-after-tone record-tone")
    await until(lambda: here.fake.world.recordings.live)
    await until(lambda: not kept(here) and first not in here.fake.world.recordings.stored)
    here.fake.hang_up(channel)
    await over(here)


@pytest.mark.parametrize("meanwhile", [recording, reviewing])
async def test_hanging_up_leaves_a_draft_and_nothing_in_asterisk(here: Office, meanwhile: Any) -> None:
    channel, name = await meanwhile(here)
    here.fake.hang_up(channel)
    await over(here)
    assert (kept(here), here.fake.world.recordings.stored) == ([name], {})
    assert Fact.LEFT_AS_DRAFT in here.facts


async def test_silence_leaves_nothing(here: Office) -> None:
    here.fake.world.recordings.says = bytes(32000)
    channel, name = await recording(here)
    here.fake.recording_ends(name)
    await until(lambda: here.heard(channel).startswith("recording-empty"))
    assert (kept(here), here.fake.world.recordings.stored) == ([], {})
    here.fake.hang_up(channel)
    await over(here)


async def test_a_draft_that_cannot_be_saved_stays(here: Office) -> None:
    here.saving_fails = True
    channel, name = await reviewing(here)
    here.fake.press(channel, "3")
    await until(lambda: here.heard(channel).startswith("recording-not-saved"))
    here.fake.hang_up(channel)
    await over(here)
    assert kept(here) == [name]


async def test_a_draft_that_cannot_be_written_waits_in_asterisk(here: Office) -> None:
    here.drafts_folder.write_text("in the way")
    channel, name = await recording(here)
    here.fake.press(channel, "#")
    await until(lambda: here.heard(channel) == "recording-not-saved")
    here.fake.hang_up(channel)
    await over(here)
    here.drafts_folder.unlink()
    await reconcile(here.exchange, here.dispatcher)
    assert (kept(here), here.fake.world.recordings.stored) == ([name], {})


async def test_a_recording_that_asterisk_refuses_is_told(here: Office) -> None:
    here.fake.order(Fault("/channels/*/record", status=500))
    channel = dial(here)
    await until(lambda: here.heard(channel) == "enter-pin")
    here.fake.press(channel, f"{PIN}#")
    await finish_prompt(here, channel, "record-after-tone record-tone")
    await until(lambda: here.heard(channel) == "recording-not-saved")
    here.fake.hang_up(channel)
    await over(here)


async def test_a_recording_that_fails_in_asterisk_is_told(here: Office) -> None:
    channel, name = await recording(here)
    failed = here.fake.world.recordings.live.pop(name).snapshot("failed", "disk full")
    here.fake.send(RecordingFailed(recording=failed))
    await until(lambda: here.heard(channel) == "recording-not-saved")
    here.fake.hang_up(channel)
    await over(here)


async def test_an_end_that_is_never_told_is_found_out(here: Office) -> None:
    channel, name = await recording(here)
    del here.fake.world.recordings.live[name]
    await here.forward(300)
    await until(lambda: here.heard(channel) == "recording-choice")
    here.fake.hang_up(channel)
    await over(here)


async def test_a_stop_that_overtakes_the_request_is_sent_again(here: Office) -> None:
    first = here.fake.order(Fault("/recordings/live/*/stop", status=404))
    channel, _ = await recording(here)
    here.fake.press(channel, "#")
    await until(lambda: here.heard(channel) == "recording-choice")
    assert first.met.is_set()
    here.fake.hang_up(channel)
    await over(here)


@pytest.mark.parametrize("goes_on", [True, False])
async def test_the_next_process_keeps_what_this_one_was_recording(here: Office, goes_on: bool) -> None:
    channel, name = await recording(here)
    here.fake.world.recordings.stored["voicemail"] = here.fake.world.recordings.stored[name]
    await here.start_anew()
    if not goes_on:
        here.fake.hang_up(channel)
    await here.take_over()
    await until(lambda: kept(here) == [name])
    await until(lambda: here.fake.world.recordings.stored.keys() == {"voicemail"})
    await here.dispatcher.idle()
    assert not here.fake.world.channels


async def test_the_office_calls_a_phone(here: Office) -> None:
    call_id = here.dispatcher.call_to_record("201", "welcome")
    await until(lambda: here.leg)
    leg = here.leg
    here.fake.member_rings(leg)
    here.fake.member_answers(leg)
    await finish_prompt(here, leg, "record-after-tone record-tone")
    await until(lambda: here.fake.world.recordings.live)
    here.fake.press(leg, "#")
    await until(lambda: here.heard(leg) == "recording-choice")
    here.fake.hang_up(leg)
    await over(here)
    assert [name.startswith(f"{call_id}-rec") for name in kept(here)] == [True]


async def test_a_phone_that_refuses_ends_the_call(here: Office) -> None:
    here.dispatcher.call_to_record("201", "welcome")
    await until(lambda: here.leg)
    here.fake.member_rejects(here.leg)
    await over(here)
    assert here.record.outcome == "busy"


async def test_another_phone_cannot_pick_up_what_the_office_rings(here: Office) -> None:
    here.dispatcher.call_to_record("201", "welcome")
    await until(lambda: here.leg)
    leg = here.leg
    here.fake.member_rings(leg)
    await until(lambda: here.exchange.ringing)
    other = here.fake.call_in("*8", args=["inbound", "*8", "phone", "202"])
    await until(lambda: here.heard(other) == "not-allowed")
    here.fake.hang_up(other)
    here.fake.member_rejects(leg)
    await over(here)
