"""How evenly and how completely a stream of RTP came in."""

from __future__ import annotations

from array import array

from officesmart_ivr.testcall.packets import RtpPacket
from officesmart_ivr.testcall.tones import FRAME_SAMPLES


class Reception:
    """Counts of a received stream, and the times between packets that belong together.

    A pause that the sender made on purpose (nothing played for a while) is no gap: only a packet
    whose timestamp follows directly on that of the packet before is compared with it.
    """

    def __init__(self) -> None:
        self.packets = 0
        self.lost = 0
        self.late_or_doubled = 0
        self.first_ns = 0
        self.last_ns = 0
        self.gaps_ms = array("f")
        self._source = -1
        self._sequence = 0
        self._timestamp = 0

    def note(self, packet: RtpPacket, arrived_ns: int) -> None:
        """A packet arrived."""
        if packet.ssrc == self._source:
            step = (packet.sequence - self._sequence) & 0xFFFF
            if step == 0 or step > 0x8000:
                self.late_or_doubled += 1
                return
            self.lost += step - 1
            if packet.timestamp == (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF:
                self.gaps_ms.append((arrived_ns - self.last_ns) / 1e6)
        self.packets += 1
        self.first_ns = self.first_ns or arrived_ns
        self.last_ns = arrived_ns
        self._source, self._sequence, self._timestamp = packet.ssrc, packet.sequence, packet.timestamp

    def gap_ms(self, percent: float) -> float:
        """The time between packets that ``percent`` of them keep within; 0 where fewer than two came."""
        if not self.gaps_ms:
            return 0.0
        ordered = sorted(self.gaps_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
