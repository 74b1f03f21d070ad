from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice, repeat

import pytest

from officesmart_ivr.ari import AriClient, EventStream, StreamDown, StreamUp
from officesmart_ivr.ari.events import ApplicationReplaced, ChannelDtmfReceived, StasisStart, UnknownEvent
from officesmart_ivr.ari.fake import FakeAri, Fault
from officesmart_ivr.ari.stream import backoff
from officesmart_ivr.errors import AriConflictError, AriRequestError
from tests.contract.worlds import EventLog


class Sleeps:
    """Takes no time, and notes how long it should have taken."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


def counting() -> Iterator[float]:
    return iter(range(1, 1_000_000))


class Streams:
    """Runs streams, and ends them with the test."""

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []

    def start(self, stream: EventStream, log: EventLog) -> None:
        self._running.append(asyncio.create_task(stream.run(log)))

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    streams = Streams()
    yield streams
    await streams.stop()


async def test_events_come_in_order_after_the_stream_is_up(
    fake: FakeAri, ari: AriClient, streams: Streams
) -> None:
    log, stream = EventLog(), EventStream(ari)
    streams.start(stream, log)
    await log.wait(StreamUp)
    channel_id = fake.call_in("100")
    fake.press(channel_id, "12#")
    await log.wait(ChannelDtmfReceived, lambda event: event.digit == "#")
    first, second, *keys = log.seen
    assert first == StreamUp(reconnected=False)
    assert isinstance(second, StasisStart)
    assert [key.digit for key in keys if isinstance(key, ChannelDtmfReceived)] == ["1", "2", "#"]
    assert stream.counts.events == 4


async def test_a_lost_stream_comes_back_and_says_so(fake: FakeAri, ari: AriClient, streams: Streams) -> None:
    log = EventLog()
    streams.start(EventStream(ari, sleep=Sleeps()), log)
    await log.wait(StreamUp)
    fake.cut_stream()
    await log.wait(StreamUp, lambda event: event.reconnected)
    assert [type(event) for event in log.seen] == [StreamUp, StreamDown, StreamUp]
    fake.call_in("100")
    await log.wait(StasisStart)


async def test_a_silent_stream_is_noticed(fake: FakeAri, ari: AriClient, streams: Streams) -> None:
    log = EventLog()
    streams.start(EventStream(ari, heartbeat=0.05, sleep=Sleeps()), log)
    await log.wait(StreamUp)
    fake.silence_stream()
    await log.wait(StreamUp, lambda event: event.reconnected)
    assert isinstance(log.seen[1], StreamDown)


async def test_waits_grow_while_asterisk_is_not_ready_and_begin_anew_after(
    fake: FakeAri, ari: AriClient, streams: Streams
) -> None:
    for status in (404, 503, 500):
        fake.order(Fault("/events", status=status))
    log, sleeps = EventLog(), Sleeps()
    streams.start(EventStream(ari, delays=counting, sleep=sleeps), log)
    await log.wait(StreamUp)
    assert sleeps.asked == [1, 2, 3]
    fake.cut_stream()
    await log.wait(StreamUp, lambda event: event.reconnected)
    assert sleeps.asked == [1, 2, 3, 1]


async def test_wrong_credentials_end_the_run(fake: FakeAri) -> None:
    async with AriClient(fake.base_url, username=fake.username, password="guess") as ari:
        with pytest.raises(AriRequestError):
            await EventStream(ari).run(EventLog())


async def test_another_client_of_the_application_ends_the_run(fake: FakeAri, ari: AriClient) -> None:
    log = EventLog()
    running = asyncio.create_task(EventStream(ari).run(log))
    await log.wait(StreamUp)
    usurper = asyncio.create_task(EventStream(ari).run(EventLog()))
    with pytest.raises(AriConflictError):
        await running
    usurper.cancel()
    assert [type(event) for event in log.seen] == [StreamUp, ApplicationReplaced, StreamDown]


async def test_what_cannot_be_read_is_counted_and_passed_over(
    fake: FakeAri, ari: AriClient, streams: Streams
) -> None:
    log, stream = EventLog(), EventStream(ari)
    streams.start(stream, log)
    await log.wait(StreamUp)
    for frame in (b"{", b'{"type":"StasisStart"}', b'{"type":"BridgeSang"}', b'{"type":"BridgeSang"}'):
        fake.send_frame(frame)
    fake.call_in("100")
    await log.wait(StasisStart)
    assert stream.counts.malformed == 2
    assert stream.counts.unknown == {"BridgeSang": 2}
    assert sum(isinstance(event, UnknownEvent) for event in log.seen) == 2


async def test_the_filter_is_set_at_every_connect(fake: FakeAri, ari: AriClient, streams: Streams) -> None:
    log = EventLog()
    streams.start(EventStream(ari, disallowed=["StasisStart"], sleep=Sleeps()), log)
    await log.wait(StreamUp)
    fake.cut_stream()
    await log.wait(StreamUp, lambda event: event.reconnected)
    fake.press(fake.call_in("100"), "1")
    await log.wait(ChannelDtmfReceived)
    assert not any(isinstance(event, StasisStart) for event in log.seen)


async def test_channels_outlive_the_stream_and_a_call_without_it_falls_back(
    fake: FakeAri, ari: AriClient, streams: Streams
) -> None:
    log = EventLog()
    streams.start(EventStream(ari), log)
    await log.wait(StreamUp)
    before = fake.call_in("100")
    fake.cut_stream()
    during = fake.call_in("100")
    await ari.channel(before).answer()
    assert fake.world.fell_back == [during]


def test_waits_double_up_to_their_limit() -> None:
    assert list(islice(backoff(0.1, 1, rand=lambda: 0.0), 6)) == [0.1, 0.2, 0.4, 0.8, 1, 1]


def test_waits_are_shortened_by_at_most_a_half() -> None:
    chance = repeat(0.999)
    assert next(backoff(1, 1, rand=lambda: next(chance))) == pytest.approx(0.5, abs=0.01)
