"""RTP packets (RFC 3550) and the keys in them (RFC 4733), as bytes and as values."""

from __future__ import annotations

import struct
from typing import NamedTuple

KEYS = "0123456789*#ABCD"
"""The keys of RFC 4733, table 3: a key's code is its place here."""

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VERSION_2 = 0x80
_RTCP_TYPES = range(64, 96)
"""RTCP's packet types, seen as RTP's payload type (RFC 5761, section 4)."""


class RtpPacket(NamedTuple):
    """One packet. ``timestamp`` counts samples (8 kHz here); ``marker`` opens a talk spurt or a key."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    def render(self) -> bytes:
        """The packet's bytes."""
        marked_type = self.payload_type | (0x80 if self.marker else 0)
        header = _HEADER.pack(_VERSION_2, marked_type, self.sequence, self.timestamp, self.ssrc)
        return header + self.payload


class KeyEvent(NamedTuple):
    """A key in an RTP payload. ``duration`` counts samples since the key went down."""

    key: str
    end: bool
    duration: int

    def render(self, *, volume: int = 10) -> bytes:
        """The payload's bytes; ``volume`` in dB below 0 dBm0."""
        return _EVENT.pack(KEYS.index(self.key), (0x80 if self.end else 0) | volume, self.duration)


def parse_rtp(data: bytes) -> RtpPacket | None:
    """The packet in a datagram; None where it is RTCP or no RTP at all."""
    if len(data) < _HEADER.size or data[0] & 0xC0 != _VERSION_2 or data[1] & 0x7F in _RTCP_TYPES:
        return None
    flags, marked_type, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start, end = _HEADER.size + 4 * (flags & 0x0F), len(data)
    if flags & 0x10:  # a header extension: its length, in words, stands in its third and fourth byte
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if flags & 0x20:  # padding: its length is the last byte
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(marked_type & 0x7F, bool(marked_type & 0x80), sequence, timestamp, ssrc, data[start:end])


def parse_key(payload: bytes) -> KeyEvent | None:
    """The key of a telephone-event payload; None where it is too short or no key of a telephone."""
    if len(payload) < _EVENT.size or payload[0] >= len(KEYS):
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return KeyEvent(KEYS[code], bool(flags & 0x80), duration)
