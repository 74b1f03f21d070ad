"""What this project relies on in ARI's recordings: held by the fake and by a real Asterisk alike."""

from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr.ari.channels import ChannelHandle
from officesmart_ivr.ari.events import (
    ChannelDtmfReceived,
    ChannelHangupRequest,
    Event,
    PlaybackFinished,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    StasisEnd,
)
from officesmart_ivr.ari.recordings import LiveRecordingHandle
from officesmart_ivr.errors import AriConflictError, AriNotFoundError, AriRequestError, AriServerError

from .worlds import Asterisk

NAME = "c1-rec1.welcome.201"
SECOND = 32000
"""The bytes of a second in the format sln16."""


async def speaker(asterisk: Asterisk, seconds: float = 0.5) -> ChannelHandle:
    """A phone that was called and has answered, and can be recorded."""
    await asterisk.phone_answers("c1-leg1")
    await taken_out(asterisk)
    asterisk.speaks("c1-leg1", seconds)
    return asterisk.ari.channel("c1-leg1")


async def taken_out(asterisk: Asterisk) -> None:
    """Out of the bridge that Asterisk has for what it dials."""
    bridge = await asterisk.ari.bridges.create(bridge_id="c1-talk", types="mixing,dtmf_events")
    await bridge.add_channels(["c1-leg1"])
    await bridge.remove_channels(["c1-leg1"])
    await bridge.destroy()


async def begun(asterisk: Asterisk, name: str = NAME) -> RecordingStarted:
    return await asterisk.events.wait(RecordingStarted, lambda event: event.recording.name == name)


async def ended(asterisk: Asterisk, name: str = NAME) -> RecordingFinished:
    return await asterisk.events.wait(RecordingFinished, lambda event: event.recording.name == name)


async def test_what_was_recorded_can_be_fetched_played_and_deleted(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    live = await phone.record(NAME, format="sln16", max_seconds=10, max_silence_seconds=2)
    await begun(asterisk)
    assert (await live.get()).state == "recording"
    assert [each.name for each in await asterisk.ari.recordings.list()] == [NAME]
    asterisk.is_silent(NAME)
    assert (await ended(asterisk)).recording.state == "done"
    with pytest.raises(AriNotFoundError):
        await live.get()
    stored = asterisk.ari.stored_recording(NAME)
    assert (await stored.get()).format == "sln16"
    content = await stored.file(20 * SECOND)
    assert 0.4 * SECOND < len(content) < 3 * SECOND
    with pytest.raises(AriServerError):
        await stored.file(most=100)
    await phone.play([f"recording:{NAME}"], playback_id="c1-p1")
    asterisk.prompt_ends("c1-p1")
    assert (await asterisk.events.wait(PlaybackFinished)).playback.state == "done"
    await stored.delete()
    for gone in (stored.get(), stored.file(), stored.delete()):
        with pytest.raises(AriNotFoundError):
            await gone
    assert await asterisk.ari.recordings.list() == []


async def test_a_stop_ends_it(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    live = await phone.record(NAME, format="sln16", max_seconds=10)
    await begun(asterisk)
    await live.stop()
    await ended(asterisk)
    with pytest.raises(AriNotFoundError):
        await live.stop()


async def test_keys_are_told_meanwhile(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    live = await phone.record(NAME, format="sln16", max_seconds=10)
    await begun(asterisk)
    await asterisk.presses("c1-leg1", "#")
    key = await asterisk.events.wait(ChannelDtmfReceived)
    assert key.digit == "#"
    await live.stop()
    await ended(asterisk)


async def test_who_hangs_up_leaves_what_was_recorded(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    await phone.record(NAME, format="sln16", max_seconds=10)
    await begun(asterisk)
    await phone.hangup()
    await asterisk.events.wait(StasisEnd)
    kinds = (ChannelHangupRequest, RecordingFinished, StasisEnd)
    seen = [type(event) for event in asterisk.events.seen if isinstance(event, Event)]
    assert [kind for kind in seen if kind in kinds] == list(kinds)
    await asterisk.ari.stored_recording(NAME).file()


async def test_a_name_is_taken_once(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    live = await phone.record(NAME, format="sln16", max_seconds=10)
    await begun(asterisk)
    with pytest.raises(AriConflictError):
        await phone.record(NAME, format="sln16")
    await live.cancel()
    with pytest.raises(AriNotFoundError):
        await asked_for_ever(live)


async def asked_for_ever(live: LiveRecordingHandle) -> None:
    """Ask until it has ended, which it need not have when Asterisk has answered that it will."""
    async with asyncio.timeout(2):
        while True:
            await live.get()


async def test_an_unknown_format_is_refused(asterisk: Asterisk) -> None:
    phone = await speaker(asterisk)
    with pytest.raises(AriRequestError):
        await phone.record(NAME, format="nonsense")


async def test_what_was_dialled_must_be_taken_out_of_its_bridge_first(asterisk: Asterisk) -> None:
    await asterisk.phone_answers("c1-leg1")
    phone = asterisk.ari.channel("c1-leg1")
    await phone.record(NAME, format="sln16")
    assert (await asterisk.events.wait(RecordingFailed)).recording.name == NAME
    await taken_out(asterisk)
    await phone.record(NAME, format="sln16")
    await begun(asterisk)
