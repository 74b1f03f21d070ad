"""What this project relies on in ARI: held by the fake and by a real Asterisk alike."""

from __future__ import annotations

import asyncio

import pytest

from officesmart_ivr.ari.events import (
    BridgeAttendedTransfer,
    BridgeBlindTransfer,
    ChannelDestroyed,
    ChannelEnteredBridge,
    ChannelHangupRequest,
    ChannelHold,
    ChannelLeftBridge,
    ChannelStateChange,
    Dial,
    Event,
    PlaybackFinished,
    PlaybackStarted,
    StasisEnd,
    StasisStart,
)
from officesmart_ivr.errors import AriConflictError, AriNotFoundError, AriRequestError, AriServerError

from .worlds import Asterisk


async def made(asterisk: Asterisk, endpoint: str, channel_id: str) -> str:
    """An outbound channel that has reached the application."""
    await asterisk.ari.channels.create(endpoint=endpoint, channel_id=channel_id, app_args=["leg", "call"])
    await asterisk.events.wait(StasisStart, lambda event: event.channel.id == channel_id)
    return channel_id


async def caller(asterisk: Asterisk) -> str:
    """An inbound channel that has reached the application."""
    channel_id = await asterisk.call_in()
    await asterisk.events.wait(StasisStart, lambda event: event.channel.id == channel_id)
    return channel_id


async def leaves(asterisk: Asterisk, channel_id: str) -> None:
    await asterisk.events.wait(StasisEnd, lambda event: event.channel.id == channel_id)


async def answered(asterisk: Asterisk) -> str:
    channel_id = await caller(asterisk)
    await asterisk.ari.channel(channel_id).answer()
    return channel_id


async def finished(asterisk: Asterisk, playback_id: str) -> PlaybackFinished:
    return await asterisk.events.wait(PlaybackFinished, lambda event: event.playback.id == playback_id)


async def started(asterisk: Asterisk, playback_id: str) -> PlaybackStarted:
    return await asterisk.events.wait(PlaybackStarted, lambda event: event.playback.id == playback_id)


def playback_events(asterisk: Asterisk) -> list[tuple[str, str]]:
    """Every start and end of a playback, in order."""
    return [
        (event.playback.id, type(event).__name__)
        for event in asterisk.events.seen
        if isinstance(event, PlaybackStarted | PlaybackFinished)
    ]


async def test_ids_that_we_choose_are_kept(asterisk: Asterisk) -> None:
    channel_id = await made(asterisk, asterisk.rings, "call-1/leg-1")
    assert (await asterisk.ari.channel(channel_id).get()).id == channel_id
    bridge = await asterisk.ari.bridges.create(bridge_id="bridge-1", name="office")
    found = await bridge.get()
    assert (found.id, found.name, found.bridge_type) == ("bridge-1", "office", "mixing")
    with pytest.raises(AriConflictError):
        await asterisk.ari.bridges.create(bridge_id="bridge-1")
    # A Local channel that was never dialled keeps a real Asterisk from stopping.
    await asterisk.dial(channel_id)


async def test_an_id_that_is_the_beginning_of_another_channels_is_refused(asterisk: Asterisk) -> None:
    leg = await made(asterisk, asterisk.rings, "leg-10")
    with pytest.raises(AriConflictError):
        await asterisk.ari.channels.create(endpoint=asterisk.rings, channel_id="leg-1")
    longer = await made(asterisk, asterisk.rings, "leg-100")
    for each in (leg, longer):
        await asterisk.dial(each)


async def test_a_created_channel_enters_then_is_dialled_then_answers(asterisk: Asterisk) -> None:
    leg = await made(asterisk, asterisk.answers, "leg-answers")
    assert (await asterisk.ari.channel(leg).get()).state == "Down"
    await asterisk.dial(leg)
    await asterisk.events.wait(Dial, lambda event: event.peer.id == leg and event.dialstatus == "ANSWER")
    steps = [event for event in asterisk.events.of_channel(leg) if isinstance(event, StasisStart | Dial)]
    assert isinstance(steps[0], StasisStart)
    assert steps[0].args == ["leg", "call"]
    assert [event.dialstatus for event in steps[1:] if isinstance(event, Dial)] == ["", "ANSWER"]
    assert (await asterisk.ari.channel(leg).get()).state == "Up"
    with pytest.raises(AriConflictError):
        await asterisk.ari.channel(leg).dial()


async def test_a_busy_phone_is_told_by_the_end_of_its_channel(asterisk: Asterisk) -> None:
    leg = await made(asterisk, asterisk.busy, "leg-busy")
    await asterisk.dial(leg)
    gone = await asterisk.events.wait(ChannelDestroyed, lambda event: event.channel.id == leg)
    assert gone.cause == 17
    kinds = [type(event) for event in asterisk.events.of_channel(leg)]
    assert kinds.index(StasisEnd) < kinds.index(ChannelDestroyed)
    with pytest.raises(AriNotFoundError):
        await asterisk.ari.channel(leg).hangup()


async def test_a_dial_that_times_out_ends_with_cause_19(asterisk: Asterisk) -> None:
    leg = await made(asterisk, asterisk.rings, "leg-rings")
    await asterisk.dial(leg, seconds=1)
    asterisk.time_is_over(leg)
    gone = await asterisk.events.wait(ChannelDestroyed, lambda event: event.channel.id == leg)
    assert gone.cause == 19


async def test_a_loser_is_hung_up_with_our_reason(asterisk: Asterisk) -> None:
    leg = await made(asterisk, asterisk.rings, "leg-loser")
    await asterisk.dial(leg)
    await asterisk.ari.channel(leg).hangup(reason="answered_elsewhere")
    gone = await asterisk.events.wait(ChannelDestroyed, lambda event: event.channel.id == leg)
    assert gone.cause == 26
    kinds = [type(event) for event in asterisk.events.of_channel(leg)]
    assert kinds.index(ChannelHangupRequest) < kinds.index(StasisEnd) < kinds.index(ChannelDestroyed)


async def test_nobody_registered_is_an_allocation_that_failed(asterisk: Asterisk) -> None:
    with pytest.raises(AriServerError, match="Allocation failed"):
        await asterisk.ari.channels.create(endpoint=asterisk.unreachable, channel_id="leg-nobody")
    with pytest.raises(AriNotFoundError):
        await asterisk.ari.channel("leg-nobody").get()


async def test_answer_brings_an_inbound_channel_up_and_may_be_repeated(asterisk: Asterisk) -> None:
    channel_id = await caller(asterisk)
    await asterisk.ari.channel(channel_id).answer()
    change = await asterisk.events.wait(ChannelStateChange, lambda event: event.channel.id == channel_id)
    assert change.channel.state == "Up"
    await asterisk.ari.channel(channel_id).answer()


async def test_a_channel_not_yet_dialled_can_neither_be_answered_nor_played_to(asterisk: Asterisk) -> None:
    leg = asterisk.ari.channel(await made(asterisk, asterisk.rings, "leg-down"))
    with pytest.raises(AriConflictError):
        await leg.answer()
    with pytest.raises(AriConflictError):
        await leg.play([asterisk.short_prompt])
    await asterisk.dial(leg.id)


async def test_a_playback_runs_to_its_end(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    await channel.play([asterisk.short_prompt, asterisk.short_prompt], playback_id="prompt")
    await started(asterisk, "prompt")
    asterisk.prompt_ends("prompt")
    assert (await finished(asterisk, "prompt")).playback.state == "done"


async def test_a_stopped_playback_is_done(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    playback = await channel.play([asterisk.long_prompt, asterisk.long_prompt], playback_id="prompt")
    await started(asterisk, "prompt")
    await playback.stop()
    assert (await finished(asterisk, "prompt")).playback.state == "done"
    assert playback_events(asterisk) == [("prompt", "PlaybackStarted"), ("prompt", "PlaybackFinished")]


async def test_a_missing_file_starts_and_fails(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    await channel.play([asterisk.missing_prompt], playback_id="prompt")
    assert (await finished(asterisk, "prompt")).playback.state == "failed"
    assert playback_events(asterisk) == [("prompt", "PlaybackStarted"), ("prompt", "PlaybackFinished")]


async def test_playbacks_wait_for_each_other_and_one_that_waits_can_be_stopped(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    for playback_id in ("first", "second", "third"):
        await channel.play([asterisk.long_prompt], playback_id=playback_id)
    await started(asterisk, "first")
    await asterisk.ari.playback("second").stop()
    await asterisk.ari.playback("first").stop()
    await started(asterisk, "third")
    assert playback_events(asterisk) == [
        ("first", "PlaybackStarted"),
        ("first", "PlaybackFinished"),
        ("second", "PlaybackFinished"),
        ("third", "PlaybackStarted"),
    ]


async def test_answer_waits_for_the_end_of_a_prompt(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await caller(asterisk))
    await channel.play([asterisk.long_prompt], playback_id="early")
    await started(asterisk, "early")
    answering = asyncio.create_task(channel.answer())
    # Requests that do not wait for the channel go through meanwhile.
    assert (await channel.get()).state == "Ring"
    done, _ = await asyncio.wait({answering}, timeout=0.1)
    assert not done
    await asterisk.ari.playback("early").stop()
    await answering
    assert (await channel.get()).state == "Up"


async def test_a_hung_up_channel_stops_its_prompt_and_is_gone(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    await channel.play([asterisk.long_prompt], playback_id="prompt")
    await started(asterisk, "prompt")
    await channel.hangup()
    await finished(asterisk, "prompt")
    await asterisk.events.wait(StasisEnd, lambda event: event.channel.id == channel.id)
    kinds = [type(event) for event in asterisk.events.of_channel(channel.id)]
    assert kinds.index(ChannelHangupRequest) < kinds.index(StasisEnd)


async def test_channels_enter_and_leave_a_bridge(asterisk: Asterisk) -> None:
    first, second = await answered(asterisk), await answered(asterisk)
    bridge = await asterisk.ari.bridges.create(bridge_id="talk")
    await bridge.add_channels([first, second])
    await asterisk.events.wait(ChannelEnteredBridge, lambda event: event.bridge.channels == [first, second])
    await bridge.remove_channels([second])
    left = await asterisk.events.wait(ChannelLeftBridge)
    assert (left.bridge.id, left.channel.id) == ("talk", second)
    await bridge.destroy()
    await asterisk.events.wait(ChannelLeftBridge, lambda event: event.channel.id == first)
    async with asyncio.timeout(5):
        # Asterisk takes it apart after its reply.
        while any(left.id == "talk" for left in await asterisk.ari.bridges.list()):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
    with pytest.raises(AriNotFoundError):
        await bridge.destroy()
    assert (await asterisk.ari.channel(first).get()).state == "Up"


async def test_a_bridge_refuses_channels_that_are_not_there(asterisk: Asterisk) -> None:
    bridge = await asterisk.ari.bridges.create(bridge_id="talk")
    with pytest.raises(AriRequestError):
        await bridge.add_channels(["vanished"])
    with pytest.raises(AriRequestError):
        await bridge.remove_channels([await answered(asterisk)])
    with pytest.raises(AriNotFoundError):
        await asterisk.ari.bridge("vanished").add_channels(["vanished"])


async def test_who_leaves_while_the_bridge_waits_for_his_prompt_is_in_no_bridge(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    bridge = await asterisk.ari.bridges.create(bridge_id="talk")
    await channel.play([asterisk.long_prompt], playback_id="prompt")
    await started(asterisk, "prompt")
    joining = asyncio.create_task(bridge.add_channels([channel.id]))
    done, _ = await asyncio.wait({joining}, timeout=0.1)
    assert not done
    await channel.hangup()
    await joining
    await asterisk.events.wait(StasisEnd, lambda event: event.channel.id == channel.id)
    assert (await bridge.get()).channels == []


async def test_variables_of_a_channel(asterisk: Asterisk) -> None:
    channel = asterisk.ari.channel(await answered(asterisk))
    with pytest.raises(AriNotFoundError):
        await channel.get_variable("OFFICE")
    await channel.set_variable("OFFICE", "sales, second floor")
    assert await channel.get_variable("OFFICE") == "sales, second floor"


async def test_configuration_objects_are_pushed_and_deleted(asterisk: Asterisk) -> None:
    pushed = asterisk.ari.asterisk
    await pushed.push_config_object("res_pjsip", "aor", "contract-201", {"max_contacts": "3"})
    assert (await pushed.config_object("res_pjsip", "aor", "contract-201"))["max_contacts"] == "3"
    await pushed.delete_config_object("res_pjsip", "aor", "contract-201")
    with pytest.raises(AriNotFoundError):
        await pushed.delete_config_object("res_pjsip", "aor", "contract-201")


async def test_what_is_not_there_is_not_found(asterisk: Asterisk) -> None:
    ari = asterisk.ari
    vanished = ari.channel("vanished")
    for request in (vanished.get(), vanished.hangup(), vanished.answer(), ari.playback("vanished").stop()):
        with pytest.raises(AriNotFoundError):
            await request
    assert await ari.is_responsive()


async def test_the_event_filter_is_kept_by_the_application(asterisk: Asterisk) -> None:
    await asterisk.ari.application().filter(disallowed=["ChannelVarset"])
    assert (await asterisk.ari.application().get()).events_disallowed == [{"type": "ChannelVarset"}]


async def test_asterisk_tells_when_it_started(asterisk: Asterisk) -> None:
    info = await asterisk.ari.asterisk.info(["status"])
    assert info.status is not None
    assert info.status.startup_time


async def test_the_addresses_of_phones_can_be_asked_for(asterisk: Asterisk) -> None:
    # The function needs a channel, of whatever kind, and does not wait for its prompt.
    channel = asterisk.ari.channel(await answered(asterisk))
    await channel.play([asterisk.long_prompt], playback_id="prompt")
    await started(asterisk, "prompt")
    address = await channel.get_variable("PJSIP_DIAL_CONTACTS(300)")
    assert address.startswith("PJSIP/300/sip:")
    leg = await made(asterisk, address, "leg-address")
    assert (await asterisk.ari.channel(leg).get()).name.startswith("PJSIP/300-")
    await asterisk.ari.channel(leg).hangup()


async def talking(asterisk: Asterisk, name: str) -> tuple[str, str]:
    """A caller and a phone's leg in a bridge of this name; both channels."""
    channel_id, leg = await answered(asterisk), f"{name}-leg"
    await asterisk.phone_answers(leg)
    bridge = await asterisk.ari.bridges.create(bridge_id=name)
    await bridge.add_channels([channel_id, leg])
    return channel_id, leg


async def replacing(asterisk: Asterisk, replaced: str) -> str:
    """The channel that was put in the place of another one."""
    start = await asterisk.events.wait(
        StasisStart, lambda event: event.replace_channel is not None and event.replace_channel.id == replaced
    )
    return start.channel.id


def place(asterisk: Asterisk, kind: type[Event], channel_id: str) -> int:
    """How many events came before the first of this kind for a channel."""
    found = next(event for event in asterisk.events.of_channel(channel_id) if isinstance(event, kind))
    return asterisk.events.seen.index(found)


async def test_a_blind_transfer_puts_another_channel_in_the_phones_place(asterisk: Asterisk) -> None:
    channel_id, leg = await talking(asterisk, "blind")
    await asterisk.phone_transfers(leg, "202")
    done = await asterisk.events.wait(BridgeBlindTransfer)
    stand_in = await replacing(asterisk, leg)
    assert (done.result, done.exten, done.channel.id) == ("Success", "202", leg)
    assert place(asterisk, StasisStart, stand_in) < asterisk.events.seen.index(done)
    bridge = asterisk.ari.bridge("blind")
    assert set((await bridge.get()).channels) == {channel_id, stand_in}
    # The phone is out of the bridge, but not gone.
    assert (await asterisk.ari.channel(leg).get()).state == "Up"
    for each in (stand_in, leg):
        await asterisk.ari.channel(each).hangup()
        await leaves(asterisk, each)
    assert (await bridge.get()).channels == [channel_id]


async def test_an_attended_transfer_links_both_calls(asterisk: Asterisk) -> None:
    caller_id, first = await talking(asterisk, "first")
    other_id, second = await talking(asterisk, "second")
    await asterisk.phone_joins(first, second)
    done = await asterisk.events.wait(BridgeAttendedTransfer)
    far, near = await replacing(asterisk, second), await replacing(asterisk, first)
    assert (done.result, done.destination_type) == ("Success", "link")
    assert (done.transferer_first_leg.id, done.transferer_second_leg.id) == (first, second)
    assert place(asterisk, StasisStart, far) < place(asterisk, StasisStart, near)
    # The second leg ends, told before the transfer or after it.
    await asterisk.events.wait(StasisEnd, lambda event: event.channel.id == second)
    assert place(asterisk, StasisStart, far) < place(asterisk, StasisEnd, second)
    assert set((await asterisk.ari.bridge("first").get()).channels) == {caller_id, near}
    assert set((await asterisk.ari.bridge("second").get()).channels) == {other_id, far}
    await asterisk.ari.bridge("first").add_channels([other_id])
    await asterisk.ari.channel(near).hangup()
    await asterisk.events.wait(StasisEnd, lambda event: event.channel.id == far)
    assert set((await asterisk.ari.bridge("first").get()).channels) == {caller_id, other_id}


async def test_a_hold_is_told(asterisk: Asterisk) -> None:
    _, leg = await talking(asterisk, "held")
    await asterisk.phone_holds(leg)
    await asterisk.events.wait(ChannelHold, lambda event: event.channel.id == leg)
