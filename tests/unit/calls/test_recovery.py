"""After the event stream was lost, and after the process was."""

from __future__ import annotations

from officesmart_ivr.ari import StreamUp
from officesmart_ivr.ari.fake import FakeBridge, FakeChannel
from officesmart_ivr.calls.recovery import reconcile
from officesmart_ivr.core.notes import Fact

from .office import Office, until


async def reconnect(office: Office) -> None:
    """Wait for the stream to come back, and do what the application does then."""
    before = len(office.stream)
    office.hold_at_connect = True

    def is_up() -> bool:
        office.clock.forward(0.05)
        return isinstance(office.stream[-1], StreamUp) and len(office.stream) > before

    await until(is_up)
    for each in await reconcile(office.exchange, office.dispatcher):
        office.dispatcher.take_over(each.left, each.channel)
    office.dispatcher.resume()


async def end(office: Office, channel: str) -> None:
    office.fake.hang_up(channel)
    await until(lambda: not office.dispatcher.sessions)
    office.assert_nothing_left()


async def test_calls_go_on_after_the_stream_was_cut(here: Office) -> None:
    channel = await here.menu()
    here.fake.cut_stream()
    await reconnect(here)
    here.fake.press(channel, "2")
    await until(lambda: here.heard(channel) == "sales")
    await end(here, channel)


async def test_a_caller_who_left_meanwhile_is_noticed(here: Office) -> None:
    channel, leg = await here.talking()
    here.fake.cut_stream()
    here.fake.hang_up(channel)
    await reconnect(here)
    await until(lambda: not here.dispatcher.sessions)
    assert leg not in here.fake.world.channels
    here.assert_nothing_left()


async def test_a_call_that_has_just_ended_has_nothing_to_catch_up_with(here: Office) -> None:
    channel = await here.menu()
    (session,) = here.dispatcher.sessions
    await end(here, channel)
    await session.catch_up({})


async def test_a_phone_that_left_meanwhile_is_noticed(here: Office) -> None:
    channel, leg = await here.ringing()
    here.fake.cut_stream()
    here.fake.member_rejects(leg)
    await reconnect(here)
    await until(lambda: here.heard(channel) == "transfer-failed")
    await end(here, channel)


async def test_after_a_restart_of_asterisk_no_call_is_left(here: Office) -> None:
    await here.talking()
    here.fake.restart("2026-01-02T00:00:00.000+0000")
    await reconnect(here)
    await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()


async def test_a_call_that_arrives_at_the_connection_is_no_orphan(here: Office) -> None:
    here.dispatcher.hold()
    channel = here.fake.call_in("100")
    await until(lambda: here.dispatcher.awaits(channel))
    await reconcile(here.exchange, here.dispatcher)
    here.dispatcher.resume()
    await until(lambda: here.heard(channel) == "day")
    await end(here, channel)


async def test_talkers_talk_on_when_the_process_is_replaced_and_their_call_ends_well(here: Office) -> None:
    channel, leg = await here.talking()
    await here.start_anew()
    await reconcile(here.exchange, here.dispatcher)
    await reconcile(here.exchange, here.dispatcher)
    assert here.dispatcher.counts["adopted"] == 1
    assert here.together == {channel, leg}
    here.fake.hang_up(leg)
    await until(lambda: not here.dispatcher.sessions)
    assert here.record.outcome == "connected"
    assert here.note(Fact.OTHER_LEFT).about == {"line": "201"}
    here.assert_nothing_left()


async def test_what_belongs_to_no_call_is_released_and_what_is_not_ours_stays(here: Office) -> None:
    channel, _ = await here.ringing()
    world = here.fake.world
    strangers = FakeChannel("stranger", "PJSIP/9-1", inbound=True, state="Up", app_data="other,inbound,1")
    world.channels[strangers.id] = strangers
    world.bridges["conference"] = FakeBridge("conference", "mixing")
    await here.start_anew()
    here.fake.hang_up(channel)
    await reconcile(here.exchange, here.dispatcher)
    assert list(world.channels) == ["stranger"]
    assert list(world.bridges) == ["conference"]
    assert not here.dispatcher.sessions


async def test_a_caller_who_left_before_his_held_arrival_is_served_rings_nobody(here: Office) -> None:
    here.dispatcher.hold()
    channel = here.fake.call_in("201")
    await until(lambda: channel in here.dispatcher.arrivals())
    here.fake.cut_stream()
    here.fake.hang_up(channel)
    await reconnect(here)
    await until(lambda: not here.dispatcher.sessions)
    here.assert_nothing_left()
