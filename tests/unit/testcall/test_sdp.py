import pytest

from officesmart_ivr.testcall.errors import MessageError, RefusedError
from officesmart_ivr.testcall.sdp import (
    DEFAULT_CODECS,
    G722,
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    Codec,
    Sdp,
    answer,
    parse_sdp,
)

OFFER = """v=0
o=- 1 1 IN IP4 10.0.0.9
s=Asterisk
c=IN IP4 10.0.0.9
t=0 0
m=audio 23210 RTP/AVP 9 0 8 96 3
c=IN IP4 10.0.0.8
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
a=sendonly
m=video 23212 RTP/AVP 99
c=IN IP4 10.0.0.7
a=inactive
""".replace("\n", "\r\n")


def test_the_audio_stream_is_read_and_nothing_else() -> None:
    offer = parse_sdp(OFFER)
    assert offer.address == ("10.0.0.8", 23210)
    assert offer.codecs == (G722, PCMU, PCMA, Codec("telephone-event", 96))
    assert (offer.direction, offer.key_type) == ("sendonly", 96)


def test_what_we_write_we_read() -> None:
    written = Sdp("127.0.0.1", 23000, DEFAULT_CODECS, "inactive")
    assert parse_sdp(written.render()) == written


def test_the_answer_takes_the_first_common_coding_with_their_numbers() -> None:
    given = answer(parse_sdp(OFFER), host="127.0.0.1", port=23000)
    assert given.codecs == (PCMU, Codec("telephone-event", 96))
    assert given.direction == "recvonly"


def test_no_common_coding_is_488() -> None:
    with pytest.raises(RefusedError) as refusal:
        answer(Sdp("127.0.0.1", 23000, (G722, TELEPHONE_EVENT)), host="127.0.0.1", port=23002)
    assert refusal.value.status == 488


@pytest.mark.parametrize(
    "text",
    ["", "v=0\r\nc=IN IP4 10.0.0.9\r\n", OFFER.replace("23210", "x"), OFFER.replace("96 telephone", "y z")],
)
def test_what_is_no_audio_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        parse_sdp(text)
