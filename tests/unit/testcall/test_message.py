import pytest

from officesmart_ivr.testcall.address import NameAddress, host_port_of, parse_address, user_of
from officesmart_ivr.testcall.errors import MessageError
from officesmart_ivr.testcall.message import Request, Response, parse_message, respond, split_items

INVITE = (
    b"INVITE sip:201@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:23000;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKc\r\n"
    b'f: "Rossi, Anna" <sip:06@10.0.0.1>;tag=1\r\n'
    b"TO: <sip:201@127.0.0.1>\r\n"
    b"i: abc@host\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: one\r\n"
    b"  two\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"bodyrest"
)


def test_compact_folded_and_repeated_fields() -> None:
    message = parse_message(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.call_id) == ("INVITE", "sip:201@127.0.0.1:5060", "abc@host")
    assert message.cseq == (7, "INVITE")
    assert [via.split("=")[1] for via in message.headers.items_of("via")] == [
        "z9hG4bKa",
        "z9hG4bKb",
        "z9hG4bKc",
    ]
    assert message.headers.get("subject") == "one two"
    assert message.body == "body"


def test_rendered_and_read_again_is_the_same() -> None:
    message = parse_message(INVITE)
    again = parse_message(message.render())
    assert isinstance(again, Request)
    assert (list(again.headers), again.body) == (list(message.headers), message.body)


def test_response_repeats_what_it_must_and_tags_to_once() -> None:
    invite = parse_message(INVITE)
    assert isinstance(invite, Request)
    answer = parse_message(respond(invite, 200, to_tag="us").render())
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert answer.headers.items_of("Via") == invite.headers.items_of("Via")
    assert parse_address(answer.headers.get("To")).tag == "us"
    invite.headers.set("To", answer.headers.get("To"))
    assert respond(invite, 200, to_tag="other").headers.get("To") == answer.headers.get("To")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\n",
        INVITE.replace(b"SIP/2.0\r\nv:", b"SIP/3.0\r\nv:"),
        INVITE.replace(b"i: abc@host\r\n", b""),
        INVITE.replace(b"CSeq: 7 INVITE", b"CSeq: seven INVITE"),
        INVITE.replace(b"l: 4", b"l: 99"),
        INVITE.replace(b"Subject: one", b"Subject one"),
        INVITE.replace(b"Rossi", b"\xff\xfe"),
    ],
)
def test_what_is_not_sip_is_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse_message(data)


def test_commas_inside_quotes_and_brackets_do_not_split() -> None:
    assert split_items(r'"a, \"b" <sip:x,y@h>;q=1, <sip:z@h>') == [r'"a, \"b" <sip:x,y@h>;q=1', "<sip:z@h>"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<sip:201@h;lr>;tag=9;x", NameAddress("sip:201@h;lr", "", {"tag": "9", "x": ""})),
        ('"Anna \\"A\\"" <sip:1@h>', NameAddress("sip:1@h", 'Anna "A"')),
        ("Anna <sip:1@h>", NameAddress("sip:1@h", "Anna")),
        ("sip:1@h;tag=9", NameAddress("sip:1@h", "", {"tag": "9"})),
    ],
)
def test_addresses(text: str, address: NameAddress) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


def test_uris() -> None:
    assert host_port_of("sip:201:pw@10.0.0.1:5080;transport=udp") == ("10.0.0.1", 5080)
    assert host_port_of("<sip:10.0.0.1>".strip("<>")) == ("10.0.0.1", 5060)
    assert (user_of("sip:201@h"), user_of("sip:h")) == ("201", "")
    with pytest.raises(MessageError):
        host_port_of("tel:201")
