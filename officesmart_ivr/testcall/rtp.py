"""One end of a call's sound: sends at the pace of a telephone, and notes what it hears and when."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from typing import Any

import G722

from officesmart_ivr.testcall import g711, sdp
from officesmart_ivr.testcall.errors import PhoneError
from officesmart_ivr.testcall.heard import Heard, Segment
from officesmart_ivr.testcall.keys import KeyPress, KeyQueue
from officesmart_ivr.testcall.packets import RtpPacket, parse_key, parse_rtp
from officesmart_ivr.testcall.reception import Reception
from officesmart_ivr.testcall.sdp import PCMA, PCMU, TELEPHONE_EVENT, Codec
from officesmart_ivr.testcall.tones import FRAME_SAMPLES, FRAME_SECONDS, OTHER_SOUND, Detector, Frame, tone
from officesmart_ivr.testcall.udp import HostPort, UdpSocket
from officesmart_ivr.testcall.waiting import Signal

_LAW_OF_TYPE = {PCMA.payload_type: "PCMA", PCMU.payload_type: "PCMU"}
_G722_TYPE = sdp.G722.payload_type
_G722_BITS_PER_SECOND = 64_000
_LATEST_SECONDS = 0.2
"""A sender that is later than this gives up the frames in between, as a phone that was asleep would."""


@dataclass(frozen=True)
class ReceivedKey:
    """A key that came as RFC 4733 packets; ``ended_ns`` is the arrival of its first END packet."""

    key: str
    ended_ns: int


class RtpEndpoint:
    """A UDP port for RTP. It hears from the start; it sends once :meth:`connect` said where to.

    ``detector`` may be shared by all endpoints of a process, and should be.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, detector: Detector | None = None) -> None:
        self._detector = detector or Detector()
        self._socket = UdpSocket(host, port, self._on_datagram)
        self._loop = asyncio.get_running_loop()
        self.host, self.port = self._socket.address
        self.heard = Heard()
        self.received = Reception()
        self.keys: list[ReceivedKey] = []
        self.packets_sent = 0
        self._key_changed = Signal()
        self._last_key_timestamp = -1
        self._remote: HostPort | None = None
        self._learns_remote = False
        self._codec = PCMA
        self._key_type: int | None = TELEPHONE_EVENT.payload_type
        self._frames: Iterator[bytes] | None = None
        self._pending = KeyQueue()
        self._ssrc, self._sequence = secrets.randbits(32), secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._spurt_begins = True
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, remote: HostPort | None, *, codec: Codec = PCMA, key_type: int | None = 101) -> None:
        """Send to ``remote``, and hear nobody else. None means: whoever sends first (for use with SIPp)."""
        if codec != self._codec:
            self._frames = None  # what was being said is in the old coding
        self._remote, self._learns_remote = remote, remote is None
        self._codec, self._key_type = codec, key_type

    @property
    def connected(self) -> bool:
        """Whether :meth:`connect` has been called."""
        return self._remote is not None or self._learns_remote

    # --- speaking ---

    @property
    def can_speak(self) -> bool:
        """Whether the agreed coding is one that this end can produce: G.711."""
        return self._codec.name in g711.LAWS

    @property
    def speaking(self) -> bool:
        """Whether something is being said."""
        return self._frames is not None

    def say(self, samples: Sequence[int], *, for_ever: bool = False) -> None:
        """Send 16-bit samples at 8 kHz, once or over and over; a rest shorter than 20 ms is left out."""
        if not self.connected:
            raise PhoneError("there is nobody to speak to yet", remedy="Wait until the call is answered.")
        if not self.can_speak:
            raise PhoneError(f"a test phone cannot speak {self._codec.name}", remedy="Offer PCMA or PCMU.")
        payload = g711.encode(self._codec.name, samples)
        frames = [payload[at : at + FRAME_SAMPLES] for at in range(0, len(payload), FRAME_SAMPLES)]
        whole = [frame for frame in frames if len(frame) == FRAME_SAMPLES]
        self._frames = cycle(whole) if for_ever else iter(whole)
        self._wake()

    def say_tone(self, frequency: int, seconds: float | None = None) -> None:
        """Send a tone; without ``seconds``, until something else is said."""
        # One second holds whole periods of every whole frequency, so repeating it makes no click.
        self.say(tone(frequency, seconds or 1.0), for_ever=seconds is None)

    def say_silence(self) -> None:
        """Send packets of silence, as a phone does whose user listens."""
        self.say([0] * FRAME_SAMPLES, for_ever=True)

    def stop(self) -> None:
        """Send nothing more, but finish the keys that are being pressed."""
        self._frames = None

    async def press(self, keys: str, *, seconds: float = 0.1, gap: float = 0.1, ends: int = 3) -> int:
        """Press one or more keys, each ``seconds`` long with ``gap`` seconds after it (RFC 4733).

        Returns the monotonic time (ns) at which the first END packet of the last key went out.
        ``ends`` is how many END packets each key gets: 3 as the standard wants, 0 loses the END
        (the time is then that at which it was due), 6 doubles it.
        Raises PhoneError where the other side takes no keys in RTP.
        """
        if self._key_type is None:
            raise PhoneError("the other side takes no keys in RTP", remedy="Press them by SIP INFO.")
        ended = self._pending.add(keys, seconds=seconds, gap=gap, ends=ends)
        self._wake()
        return await ended

    # --- hearing ---

    async def hear(self, frequency: int, *, within: float, after: int = 0) -> int:
        """Wait for a tone (Hz) that began at or after ``after``; return when its first packet arrived.

        Both times are monotonic, in ns. Raises WaitedInVainError after ``within`` seconds.
        """
        return (await self.heard.hear(frequency, within=within, after=after)).first_ns

    async def hear_silence(self, *, within: float, lasting: float = 0.2) -> int:
        """Wait for ``lasting`` seconds without sound; return when the last sound arrived (ns), or 0."""
        return await self.heard.hear_silence(within=within, lasting=lasting)

    async def hear_keys(self, count: int = 1, *, within: float) -> str:
        """Wait until ``count`` keys have come in all, and return them."""
        return await self._key_changed.until(
            lambda: self._keys_heard() if len(self.keys) >= count else None,
            within=within,
            what=lambda: f"{count} keys did not come; keys heard: {self._keys_heard() or 'none'}",
        )

    @property
    def segments(self) -> list[Segment]:
        """What was heard so far."""
        return self.heard.segments

    def close(self) -> None:
        """Stop sending and close the port; what was heard stays. May be called again."""
        self._frames = None
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._socket.close()

    def _keys_heard(self) -> str:
        return "".join(received.key for received in self.keys)

    def _on_datagram(self, data: bytes, sender: HostPort, arrived_ns: int) -> None:
        packet = parse_rtp(data)
        if packet is None or (self._remote is not None and sender != self._remote):
            return
        if self._learns_remote and self._remote is None:
            self._remote = sender
            self._wake()
        self.received.note(packet, arrived_ns)
        if packet.payload_type == self._key_type:
            self._on_key(packet, arrived_ns)
        elif packet.payload_type in _LAW_OF_TYPE:
            law = _LAW_OF_TYPE[packet.payload_type]
            self.heard.feed(self._detector.frame_of(law, packet.payload), arrived_ns)
        elif packet.payload_type == _G722_TYPE:
            self.heard.feed(self._detector.frame(self._wide.decode(packet.payload)), arrived_ns)
        else:
            self.heard.feed(Frame(OTHER_SOUND, certain=True), arrived_ns)

    @cached_property
    def _wide(self) -> Any:
        """A decoder of G.722, whose bytes depend on those before; it gives the half that is below 4 kHz."""
        return G722.G722(g711.SAMPLE_RATE, _G722_BITS_PER_SECOND)

    def _on_key(self, packet: RtpPacket, arrived_ns: int) -> None:
        event = parse_key(packet.payload)
        if event is None or not event.end or packet.timestamp == self._last_key_timestamp:
            return  # the END comes three times; all packets of one key share their timestamp
        self._last_key_timestamp = packet.timestamp
        self.keys.append(ReceivedKey(event.key, arrived_ns))
        self._key_changed.notify()

    # --- the pace ---

    def _wake(self) -> None:
        """Start the clock of 20 ms if it stands still and there is something to send."""
        if self._timer is not None or self._remote is None or not (self._frames or self._pending):
            return
        now = self._loop.time()
        if self._next_at:
            idle = max(0, round((now - self._next_at) / FRAME_SECONDS))
            self._timestamp = (self._timestamp + idle * FRAME_SAMPLES) & 0xFFFFFFFF
        self._next_at, self._spurt_begins = now, True
        self._timer = self._loop.call_at(now, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        if now - self._next_at > _LATEST_SECONDS:
            missed = int((now - self._next_at) / FRAME_SECONDS)
            self._advance(missed)
        while self._next_at <= now:
            if not self._send_frame():
                return
            self._advance(1)
        self._timer = self._loop.call_at(self._next_at, self._tick)

    def _advance(self, frames: int) -> None:
        self._next_at += frames * FRAME_SECONDS
        self._timestamp = (self._timestamp + frames * FRAME_SAMPLES) & 0xFFFFFFFF

    def _send_frame(self) -> bool:
        """Send what this frame holds; False when there is nothing left to send, now or later."""
        press = self._pending.next_press()
        if press is not None:
            self._send_key(press)
            return True
        frame = next(self._frames, None) if self._frames is not None else None
        if frame is None:
            self._frames = None
            return False
        self._send(self._codec.payload_type, frame, self._timestamp, marker=self._spurt_begins)
        self._spurt_begins = False
        return True

    def _send_key(self, press: KeyPress) -> None:
        if press.sent == 0:
            press.timestamp = self._timestamp
        event = press.next_event()
        now_ns = time.monotonic_ns()  # before sending: an answer can arrive while sendto is still returning
        if event is not None and self._key_type is not None:
            self._send(self._key_type, event.render(), press.timestamp, marker=press.sent == 1)
        if press.sent > press.frames and not press.ended.done():
            press.ended.set_result(now_ns)

    def _send(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool) -> None:
        if self._remote is None:
            return
        packet = RtpPacket(payload_type, marker, self._sequence, timestamp, self._ssrc, payload)
        self._socket.send(packet.render(), self._remote)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.packets_sent += 1
