"""Replies are read whole whatever pieces they come in, and nothing is taken for one that is not."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from officesmart_ivr.ari.replies import Reply, ReplyError, ReplyReader, TooLongError

OK = b"HTTP/1.1 200 OK\r\n"
NO_CONTENT = OK.replace(b"200 OK", b"204 No Content")
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
OF_ASTERISK = (
    b"HTTP/1.1 404 Not Found\r\nServer: Asterisk/22.10.1\r\nDate: Thu, 26 Nov 2026 18:00:00 GMT\r\n"
    b"Cache-Control: no-cache, no-store\r\nContent-type: application/json\r\nContent-Length: 27\r\n\r\n"
    b'{"message":"No such thing"}'
)

WHOLE = {
    "asterisk": (OF_ASTERISK, Reply(404, "Not Found", b'{"message":"No such thing"}', keeps=True)),
    "without content": (NO_CONTENT + b"\r\n", Reply(204, "No Content", b"", keeps=True)),
    "length of 204": (NO_CONTENT + b"Content-Length: 3\r\n\r\n", Reply(204, "No Content", b"", keeps=True)),
    "empty": (OK + b"Content-Length: 0\r\n\r\n", Reply(200, "OK", b"", keeps=True)),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length:1\r\n\r\nx", Reply(200, "", b"x", keeps=True)),
    "twice the same": (OK + b"Content-Length: 1\r\n" * 2 + b"\r\nx", Reply(200, "OK", b"x", keeps=True)),
    "close": (OK + b"Connection: Close\r\nContent-Length: 1\r\n\r\nx", Reply(200, "OK", b"x", keeps=False)),
    "1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", Reply(200, "OK", b"x", keeps=False)),
    "1.0 kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
        Reply(200, "OK", b"x", keeps=True),
    ),
    "continue": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + OF_ASTERISK,
        Reply(404, "Not Found", OF_ASTERISK[-27:], keeps=True),
    ),
    "chunks": (
        CHUNKED + b"3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
        Reply(200, "OK", b"abc0123456789", keeps=True),
    ),
    "fields after": (CHUNKED + b"1\r\nx\r\n0\r\nA: b\r\n\r\n", Reply(200, "OK", b"x", keeps=True)),
}


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_a_reply_is_the_same_in_whatever_pieces_it_comes(name: str, data: st.DataObject) -> None:
    said, reply = WHOLE[name]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(said) - 1), max_size=len(said))))
    reader = ReplyReader()
    *before, last = (said[start:end] for start, end in itertools.pairwise([0, *cuts, len(said)]))
    assert all(reader.feed(piece) is None for piece in before)
    assert reader.feed(last) == reply


def test_the_end_of_the_connection_ends_a_body_without_length() -> None:
    reader = ReplyReader()
    assert reader.feed(OK + b"\r\nab") is None
    assert reader.feed(b"c") is None
    assert reader.end() == Reply(200, "OK", b"abc", keeps=False)


@pytest.mark.parametrize("said", [said for said, _ in WHOLE.values()])
def test_the_end_of_the_connection_ends_no_other(said: bytes) -> None:
    reader = ReplyReader()
    reader.feed(said[:-1])
    with pytest.raises(ReplyError):
        reader.end()


def test_after_what_nobody_asked_for_the_connection_is_not_kept() -> None:
    reply = ReplyReader().feed(OF_ASTERISK + b"HTTP")
    assert reply is not None
    assert not reply.keeps


@pytest.mark.parametrize(
    "said",
    [
        b"SIP/2.0 200 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1, 2\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: \xb2\r\n\r\n",
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Content-Length : 1\r\n\r\n",
        OK + b" Content-Length: 1\r\n\r\n",
        OK + b"nothing\r\n\r\n",
        OK + b"A: " + b"a" * 70_000,
        OK + b"A: " + b"a" * 70_000 + b"\r\n\r\n",
        CHUNKED + b"x\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"1\r\nab\r\n",
        CHUNKED + b"0" * 70_000,
        CHUNKED + b"0\r\nA: " + b"a" * 70_000,
    ],
)
def test_what_does_not_say_plainly_where_it_ends_is_refused(said: bytes) -> None:
    with pytest.raises(ReplyError):
        ReplyReader().feed(said)


@pytest.mark.parametrize(
    "said", [OK + b"Content-Length: 9\r\n\r\n", CHUNKED + b"5\r\nabcde\r\n4\r\n", OK + b"\r\n" + b"x" * 9]
)
def test_more_than_is_wanted_is_not_read(said: bytes) -> None:
    with pytest.raises(TooLongError):
        ReplyReader(most=8).feed(said)
    assert ReplyReader(most=9).feed(said) is None


@given(st.binary(max_size=200), st.sampled_from([b"", OK, CHUNKED]))
def test_nothing_that_comes_does_worse_than_be_refused(said: bytes, before: bytes) -> None:
    with suppress(ReplyError):
        ReplyReader().feed(before + said)
