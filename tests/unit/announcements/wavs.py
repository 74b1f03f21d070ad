"""WAV files made to measure, good and bad."""

from __future__ import annotations

import struct

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
SUBFORMAT_TAIL = bytes.fromhex("000010008000 00AA00389B71")
SECOND_OF_PCM = bytes(range(250)) * 128
SECOND_OF_G711 = bytes(range(250)) * 32


def chunk(name: bytes, content: bytes, *, length: int | None = None, pad: bool = True) -> bytes:
    announced = len(content) if length is None else length
    return name + struct.pack("<I", announced) + content + (b"\0" if pad and len(content) % 2 else b"")


def riff(*chunks: bytes, length: int | None = None, magic: bytes = b"RIFF", kind: bytes = b"WAVE") -> bytes:
    body = kind + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if length is None else length) + body


def fmt(
    tag: int = PCM,
    channels: int = 1,
    rate: int = 16000,
    bits: int = 16,
    *,
    frame: int | None = None,
    bytes_per_second: int | None = None,
    more: bytes = b"",
) -> bytes:
    frame = channels * bits // 8 if frame is None else frame
    bytes_per_second = rate * frame if bytes_per_second is None else bytes_per_second
    content = struct.pack("<HHIIHH", tag, channels, rate, bytes_per_second & 0xFFFFFFFF, frame, bits)
    return chunk(b"fmt ", content + more)


def g711(tag: int = A_LAW, rate: int = 8000, bits: int = 8) -> bytes:
    return fmt(tag, rate=rate, bits=bits)


def extensible(
    sub: int, *, valid: int, tail: bytes = SUBFORMAT_TAIL, extension: int = 22, **changes: int
) -> bytes:
    more = struct.pack("<HHII", extension, valid, 4, sub) + tail
    return fmt(EXTENSIBLE, more=more, **changes)


def data(content: bytes = SECOND_OF_PCM, **changes: int) -> bytes:
    return chunk(b"data", content, **changes)  # type: ignore[arg-type]


def pcm(content: bytes = SECOND_OF_PCM) -> bytes:
    """Return an accepted 16 kHz PCM file."""
    return riff(fmt(), data(content))


def a_law(content: bytes = SECOND_OF_G711) -> bytes:
    return riff(g711(A_LAW), data(content))


def mu_law(content: bytes = SECOND_OF_G711) -> bytes:
    return riff(g711(MU_LAW), data(content))
