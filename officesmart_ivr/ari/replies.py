"""HTTP/1.1 replies, read as their bytes come (RFC 9112).

As strict as it can be: what does not say plainly where a reply ends is refused, because the next reply on the
same connection would be taken for another's.
"""

from __future__ import annotations

import re

import msgspec

_MOST_HEAD = 64 * 1024
"""Bytes of a status line and its fields; Asterisk's have some 200."""

_STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: (.*))?")
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_WITHOUT_BODY = frozenset((204, 304))


class ReplyError(Exception):
    """What came is no reply that can be told from what comes after it."""


class TooLongError(Exception):
    """A reply has more bytes than are wanted."""


class Reply(msgspec.Struct):
    """A reply as a whole; ``keeps``: the connection can take another request."""

    status: int
    reason: str
    body: bytes
    keeps: bool


class ReplyReader:
    """Reads one reply. ``most``: so many bytes a body may have; None for any number.

    Both methods raise ReplyError, and TooLongError before the body is there.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._bytes = bytearray()
        self._head: _Head | None = None
        self._chunks: bytearray | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything has come."""
        return bool(self._bytes) or self._head is not None

    def feed(self, data: bytes) -> Reply | None:
        """Take bytes as they came; return the reply once it is whole."""
        self._bytes += data
        while self._head is None:
            if (head := self._take_head()) is None:
                return None
            # Interim replies, as 100, come before the one that was asked for.
            self._head = head if head.status >= 200 else None
        if self._head.length is not None:
            if len(self._bytes) < self._head.length:
                return None
            return self._reply(self._take(self._head.length), keeps=self._head.keeps)
        if self._chunks is not None:
            return self._take_chunks(self._chunks)
        self._check_length(len(self._bytes))
        return None

    def end(self) -> Reply:
        """Take note that the connection has ended; return the reply if that is what ends it."""
        if self._head is None or self._head.length is not None or self._chunks is not None:
            raise ReplyError("the connection ended in the middle of a reply")
        return self._reply(bytes(self._bytes), keeps=False)

    def _take_head(self) -> _Head | None:
        end = self._bytes.find(b"\r\n\r\n")
        if end > _MOST_HEAD or (end < 0 and len(self._bytes) > _MOST_HEAD):
            raise ReplyError(f"the head of a reply has more than {_MOST_HEAD} bytes")
        if end < 0:
            return None
        head = _read_head(self._take(end + 4)[:-4].decode("latin-1"))
        if head.length is not None:
            self._check_length(head.length)
        elif head.is_chunked:
            self._chunks = bytearray()
        return head

    def _take_chunks(self, body: bytearray) -> Reply | None:
        """Take whole chunks (RFC 9112, 7.1); a chunk of no bytes and the fields after it end the body."""
        while (end := self._bytes.find(b"\r\n")) >= 0:
            if (said := _CHUNK_SIZE.fullmatch(self._bytes, 0, end)) is None:
                raise ReplyError("a chunk of a reply does not say its size")
            size = int(said[1], 16)
            self._check_length(len(body) + size)
            if size == 0:
                return self._end_chunks(body, end)
            if len(self._bytes) < end + size + 4:
                return None
            chunk = self._take(end + size + 4)
            if not chunk.endswith(b"\r\n"):
                raise ReplyError("a chunk of a reply is not as long as it says")
            body += chunk[end + 2 : -2]
        if len(self._bytes) > _MOST_HEAD:
            raise ReplyError("a chunk of a reply does not say its size")
        return None

    def _end_chunks(self, body: bytearray, size_ends: int) -> Reply | None:
        # Without fields, the line after the last chunk is empty.
        end = size_ends if self._bytes.startswith(b"\r\n", size_ends + 2) else -1
        if end < 0:
            end = self._bytes.find(b"\r\n\r\n", size_ends + 2)
        if end < 0:
            if len(self._bytes) > _MOST_HEAD:
                raise ReplyError("there are too many fields after a reply")
            return None
        self._take(end + 4)
        assert self._head is not None
        return self._reply(bytes(body), keeps=self._head.keeps)

    def _reply(self, body: bytes, *, keeps: bool) -> Reply:
        assert self._head is not None
        # What nobody asked for is nobody's reply.
        return Reply(self._head.status, self._head.reason, body, keeps and not self._bytes)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken

    def _check_length(self, length: int) -> None:
        if self._most is not None and length > self._most:
            raise TooLongError(f"the reply has {length} bytes or more; at most {self._most} are read")


class _Head(msgspec.Struct):
    """``length`` is the body's, None where chunks or the end of the connection tell it."""

    status: int
    reason: str
    length: int | None
    is_chunked: bool
    keeps: bool


def _read_head(text: str) -> _Head:
    status_line, *lines = text.split("\r\n")
    if (said := _STATUS_LINE.fullmatch(status_line)) is None:
        raise ReplyError("what came is not HTTP")
    status = int(said[2])
    length = coding = None
    connection = ""
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ReplyError("a reply has a field without a name")
        match name.lower():
            case "content-length":
                length = _the_same(length, value.strip())
            case "transfer-encoding":
                coding = _the_same(coding, value.strip().lower())
            case "connection":
                connection += f",{value.lower()}"
    options = {option.strip() for option in connection.split(",")}
    keeps = "close" not in options and (said[1] == "1" or "keep-alive" in options)
    reason = said[3] or ""
    if status < 200 or status in _WITHOUT_BODY:
        return _Head(status, reason, 0, is_chunked=False, keeps=keeps)
    if coding is not None:
        if coding != "chunked" or length is not None:
            raise ReplyError("a reply says in two ways, or in an unknown one, where it ends")
        return _Head(status, reason, None, is_chunked=True, keeps=keeps)
    if length is None:
        return _Head(status, reason, None, is_chunked=False, keeps=False)
    if not _DIGITS.fullmatch(length):
        raise ReplyError("the length of a reply is no number")
    return _Head(status, reason, int(length), is_chunked=False, keeps=keeps)


def _the_same(before: str | None, value: str) -> str:
    if before not in (None, value):
        raise ReplyError("a reply says two things where there can be but one")
    return value
