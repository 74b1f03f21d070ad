"""RTP packets, keys in them, and two ends that hear each other."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.keys import KeyQueue
from officesmart_ivr.testcall.packets import KeyEvent, RtpPacket, parse_key, parse_rtp
from officesmart_ivr.testcall.reception import Reception
from officesmart_ivr.testcall.rtp import RtpEndpoint
from officesmart_ivr.testcall.sdp import PCMU
from officesmart_ivr.testcall.tones import Detector

PACKET = RtpPacket(8, True, 65535, 4_000_000_000, 7, b"sound")


def test_packets() -> None:
    data = PACKET.render()
    assert parse_rtp(data) == PACKET
    extended = bytes([data[0] | 0x10]) + data[1:12] + bytes([0, 0, 0, 1, 1, 2, 3, 4]) + b"sound"
    assert parse_rtp(extended) == PACKET
    padded = bytes([data[0] | 0x20]) + data[1:] + bytes([0, 0, 3])
    assert parse_rtp(padded) == PACKET


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PACKET.render()[:11],
        bytes([0]) + PACKET.render()[1:],
        bytes([0x80, 200]) + PACKET.render()[2:],  # RTCP
        bytes([0x90]) + PACKET.render()[1:12] + b"\0\0",
        bytes([0xA0]) + PACKET.render()[1:12] + b"\xff",
    ],
)
def test_what_is_not_rtp(data: bytes) -> None:
    assert parse_rtp(data) is None


def test_key_payloads_of_the_standard() -> None:
    # RFC 4733, section 5: key 9, END, volume 7, duration 1600; then '#'.
    assert parse_key(bytes([9, 0x87, 0x06, 0x40])) == KeyEvent("9", True, 1600)
    assert KeyEvent("9", True, 1600).render(volume=7) == bytes([9, 0x87, 0x06, 0x40])
    assert KeyEvent("#", False, 160).render(volume=7) == bytes([11, 7, 0, 160])
    assert parse_key(bytes([16, 0, 0, 0])) is None
    assert parse_key(b"\x01") is None


def sent_by(queue: KeyQueue) -> Iterator[KeyEvent | None]:
    while (press := queue.next_press()) is not None:
        yield press.next_event()


@pytest.mark.parametrize(("seconds", "ends"), [(0.04, 3), (0.08, 6), (0.2, 0)])
async def test_frames_of_a_key(seconds: float, ends: int) -> None:
    queue = KeyQueue()
    queue.add("5", seconds=seconds, gap=0.04, ends=ends)
    frames = round(seconds / 0.02)
    expected: list[KeyEvent | None] = [KeyEvent("5", False, 160 * n) for n in range(1, frames + 1)]
    expected += [KeyEvent("5", True, 160 * frames)] * ends + [None] * max(0, 2 - ends)
    assert list(sent_by(queue)) == expected


async def test_what_is_no_key_is_refused() -> None:
    for keys in ("", "12x"):
        with pytest.raises(PhoneError):
            KeyQueue().add(keys, seconds=0.1, gap=0.1, ends=3)


def test_reception_counts_losses_and_ignores_pauses() -> None:
    reception = Reception()
    for sequence, timestamp, at_ms in [
        (65534, 160, 0),
        (65535, 320, 20),
        (0, 480, 45),
        (0, 480, 46),  # doubled
        (1, 99_000, 3000),  # after a pause of the sender
        (4, 99_480, 3060),  # two are lost
    ]:
        reception.note(RtpPacket(8, False, sequence, timestamp, 7, b""), at_ms * 1_000_000)
    assert (reception.packets, reception.lost, reception.late_or_doubled) == (5, 2, 1)
    assert list(reception.gaps_ms) == [20.0, 25.0]
    assert reception.gap_ms(99) == 25.0


@pytest_asyncio.fixture
async def ends() -> AsyncIterator[tuple[RtpEndpoint, RtpEndpoint]]:
    detector = Detector((400, 700))
    one, other = RtpEndpoint(detector=detector), RtpEndpoint(detector=detector)
    one.connect((other.host, other.port), codec=PCMU)
    other.connect((one.host, one.port), codec=PCMU)
    yield one, other
    one.close()
    other.close()


async def test_a_tone_and_the_silence_after_it(ends: tuple[RtpEndpoint, RtpEndpoint]) -> None:
    one, other = ends
    one.say_tone(700, 0.2)
    first_ns = await other.hear(700, within=2)
    last_ns = await other.hear_silence(within=2, lasting=0.1)
    assert 0.1e9 < last_ns - first_ns < 0.4e9
    assert other.received.packets == one.packets_sent == 10


async def test_keys_come_once_each_and_in_order(ends: tuple[RtpEndpoint, RtpEndpoint]) -> None:
    one, other = ends
    one.say_silence()
    ended_ns = await one.press("1155#", seconds=0.04, gap=0.02)
    assert await other.hear_keys(5, within=2) == "1155#"
    assert other.keys[-1].ended_ns >= ended_ns
    assert other.keys[-1].ended_ns - ended_ns < 0.5e9
    await one.press("7", seconds=0.04, ends=0)
    await one.press("8", seconds=0.04, ends=6)
    assert await other.hear_keys(6, within=2) == "1155#8"


async def test_a_stranger_is_not_heard(ends: tuple[RtpEndpoint, RtpEndpoint]) -> None:
    one, other = ends
    stranger = RtpEndpoint()
    stranger.connect((other.host, other.port), codec=PCMU)
    stranger.say_tone(400)
    one.say_tone(700)
    await other.hear(700, within=2)
    stranger.close()
    assert {segment.sound for segment in other.segments} == {700}


async def test_the_other_end_can_be_whoever_speaks_first() -> None:
    one, other = RtpEndpoint(), RtpEndpoint()
    one.connect(None)
    one.say_tone(400)
    other.connect((one.host, one.port))
    other.say_silence()
    await other.hear(400, within=2)
    one.close()
    other.close()


async def test_closing_cancels_who_is_pressing_a_key(ends: tuple[RtpEndpoint, RtpEndpoint]) -> None:
    one, _ = ends
    pressing = asyncio.ensure_future(one.press("1", seconds=5))
    await asyncio.sleep(0)
    one.close()
    with pytest.raises(asyncio.CancelledError):
        await pressing


async def test_a_port_in_use_is_told() -> None:
    one = RtpEndpoint()
    with pytest.raises(PhoneError, match=str(one.port)):
        RtpEndpoint(port=one.port)
    one.close()
