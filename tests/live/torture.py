"""SIP messages that try a parser, in the manner of RFC 4475: what each has in it is told there, in section 3.

Written anew from the descriptions, so that they are sent to a real server from a real address: the RFC's own
have addresses of its examples, and would be dropped for that alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SDP = "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
_ABOVE_32_BITS = 36893488147419103232
_MANY = 300


@dataclass(frozen=True)
class Torture:
    """A message, with the name that RFC 4475 gives it. ``right``: it must be answered."""

    name: str
    call_id: str
    text: bytes
    right: bool


def messages(host: str, port: int, server: str, number: str) -> Iterator[Torture]:
    """All messages of a sender at ``host`` and ``port`` to ``number`` at ``server`` (``address:port``)."""
    for name, text in (_RIGHT | _ODD).items():
        # Asterisk tells transactions apart by the branch alone, which is made of this, whoever sends it.
        call_id = f"torture-{name}-{port}"
        yield Torture(name, call_id, _filled(text, host, port, server, number, call_id), name in _RIGHT)


def _filled(text: str, host: str, port: int, server: str, number: str, call_id: str) -> bytes:
    for field, value in {
        "{sdp}": _SDP,
        "{host}": host,
        "{at}": f"{host}:{port}",
        "{server}": server,
        "{number}": number,
        "{id}": call_id,
    }.items():
        text = text.replace(field, value)
    head, separator, body = text.partition("\r\n\r\n")
    # One character is one byte here, so that any byte can be written.
    return (head.replace("{length}", str(len(body))) + separator + body).encode("latin-1")


def _message(first: str, *lines: str, body: str = "", without: str = "", **fields: str) -> str:
    """A message that is in order but for what is given; ``fields`` replace those of its head (From, To)."""
    method = first.split(" ", 1)[0].strip()
    head = {
        "Via": "SIP/2.0/UDP {at};branch=z9hG4bK-{id};rport",
        "Max-Forwards": "70",
        "From": "<sip:caller@{at}>;tag=t1",
        "To": "<sip:{number}@{server}>",
        "Call-ID": "{id}",
        "CSeq": f"1 {method}",
        "Contact": "<sip:caller@{at}>",
        **({"Content-Type": "application/sdp"} if body else {}),
        "Content-Length": "{length}",
    }
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    for name in without.split():
        del head[name]
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in head.items()), *lines, "", body])


def _invite(*lines: str, body: str = _SDP, without: str = "", **fields: str) -> str:
    return _message("INVITE sip:{number}@{server} SIP/2.0", *lines, body=body, without=without, **fields)


def _options(*lines: str, **fields: str) -> str:
    return _message("OPTIONS sip:{number}@{server} SIP/2.0", *lines, **fields)


def _register(*lines: str, **fields: str) -> str:
    return _message("REGISTER sip:{server} SIP/2.0", *lines, **fields)


_TORTUOUS = (
    "INVITE sip:{number}@{server};unknownparam SIP/2.0\r\n"
    "TO :\r\n <sip:{number}@{server}>\r\n"
    'from   : "A \\\\\\" B"       <sip:caller@{at};newparam=1>\r\n  ;\r\n  tag = 98asjd8\r\n'
    "MaX-fOrWaRdS: 0068\r\n"
    "Call-ID: {id}\r\n"
    "cseq: 0009\r\n  INVITE\r\n"
    "Via  : SIP  /   2.0\r\n /UDP\r\n    {at};rport;branch=z9hG4bK-{id}\r\n"
    "s :\r\n"
    "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
    "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
    "Content-Type: application/sdp\r\n"
    "Route:\r\n <sip:{server};lr>\r\n"
    "v:  SIP  / 2.0  / TCP     192.0.2.2   ;\r\n  branch  =   390skdjuw;comment=\r\n"
    'm:"Quoted string \\"\\"" <sip:caller@{at}> ; newparam =\r\n      newvalue ;\r\n  q = 0.33\r\n'
    "Content-Length: {length}\r\n\r\n{sdp}"
)
_ALL_SIGNS = "!interesting-Method0123456789_*+`.%indeed'~"
_ODD_USER = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
_EXTREME = "I have a user name of extreme proportion " * 6
_TWO_PARTS = (
    "--bnd\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    "--bnd\r\nContent-Type: application/octet-stream\r\n\r\n"
    + "".join(map(chr, range(256)))
    + "\r\n--bnd--\r\n"
)
_BAD_SDP = (
    "v=0\r\no=- -1 99999999999999999999 IN IP6 x\r\nc=IN IP4 999.999.999.999/300\r\nt=a b\r\n"
    "m=audio 99999 RTP/AVP 300 -1 8 8 8\r\na=rtpmap:8\r\na=fmtp\r\na=ptime:-20\r\nm=\r\n"
)

_RIGHT = {
    "wsinv": _TORTUOUS,
    "esc01": _invite(From='"%Z%45" <sip:%75se%72@{at}>;tag=t1'),
    "escnull": _register(To="sip:null-%00-null@{server}", From="sip:null-%00-null@{server};tag=t1"),
    "lwsdisp": _options(From="caller<sip:caller@{at}>;tag=t1"),
    "longreq": _invite(
        *(f"Unknown-{'Long' * 20}-Name: {'unknown-value-' * 20}" for _ in range(10)),
        "Via: SIP/2.0/TCP 192.0.2.3;branch=z9hG4bK" + "x" * 255,
        From=f'"{_EXTREME}" <sip:{"caller" * 20}@{{at}}>;tag=t1',
    ),
    "dblreq": _options(Content_Length="0") + _invite(Call_ID="second", Content_Length="0"),
    "semiuri": _message("OPTIONS sip:user;par=u%40example.net@{server} SIP/2.0"),
    "transports": _options(
        "Via: SIP/2.0/SCTP 192.0.2.3;branch=z9hG4bKa", "Via: SIP/2.0/UNKNOWN 192.0.2.4;branch=z9hG4bKb"
    ),
    "inv2543": _invite(without="Max-Forwards", Via="SIP/2.0/UDP {at}", From="sip:caller@{at}"),
}
"""What is right, however odd, and is answered."""

_ODD = {
    # Right as well, but one need not answer a method or a body that one does not know.
    "intmeth": _message(f"{_ALL_SIGNS} sip:{_ODD_USER}@{{server}} SIP/2.0"),
    "esc02": _message("RE%47IST%45R sip:{server} SIP/2.0", To='"%Z%45" <sip:resource@{server}>'),
    "mpart01": _message(
        "MESSAGE sip:{number}@{server} SIP/2.0", body=_TWO_PARTS, Content_Type="multipart/mixed;boundary=bnd"
    ),
    "unreason": _message("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\x00", CSeq="1 INVITE"),
    "noreason": _message("SIP/2.0 100 ", CSeq="1 INVITE"),
    # Wrong in a way of its own each.
    "badinv01": _invite(Contact="<sip:caller@{at}>,,,,", From='"Joe" <sip:caller@{at}>;;;;'),
    "clerr": _invite(Content_Length="9999"),
    "ncl": _invite(Content_Length="-999"),
    "scalar02": _register(CSeq=f"{_ABOVE_32_BITS} REGISTER", Max_Forwards="300", Expires="1" + "0" * 40),
    "scalarlg": _message(
        f"SIP/2.0 {_ABOVE_32_BITS} huge", f"Retry-After: {_ABOVE_32_BITS}", CSeq=f"{_ABOVE_32_BITS} OPTIONS"
    ),
    "quotbal": _invite(To='"Mr. Who <sip:{number}@{server}>'),
    "ltgtruri": _message("INVITE <sip:{number}@{server}> SIP/2.0", body=_SDP),
    "lwsruri": _message("INVITE sip:{number}@{server}; lr SIP/2.0", body=_SDP),
    "lwsstart": _message("INVITE  sip:{number}@{server}  SIP/2.0", body=_SDP),
    "trws": _message("OPTIONS sip:{number}@{server} SIP/2.0  "),
    "escruri": _message("INVITE sip:{number}@{server}?Route=%3Csip:example.com%3E SIP/2.0", body=_SDP),
    "baddate": _invite("Date: Fri, 01 Jan 2010 16:00:00 EST"),
    "regbadct": _register(Contact="sip:user@example.com?Route=%3Csip:example.com%3E"),
    "badaspec": _options(Contact='<sip:caller@{at}> "x', To='"unknown <sip:{number}@{server}>'),
    "baddn": _options(From="Bell, Alexander <sip:caller@{at}>;tag=t1"),
    "badvers": _message("OPTIONS sip:{number}@{server} SIP/7.0"),
    "mismatch01": _options(CSeq="1 INVITE"),
    "mismatch02": _message("NEWMETHOD sip:{number}@{server} SIP/2.0", CSeq="1 INVITE"),
    "bigcode": _message("SIP/2.0 4294967301 better not break the receiver", CSeq="1 INVITE"),
    "badbranch": _options(Via="SIP/2.0/UDP {at};branch=z9hG4bK"),
    "insuf": _invite(without="Call-ID From To"),
    "unkscm": _message("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0"),
    "novelsc": _message("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"),
    "unksm2": _register(To="isbn:2983792873"),
    "bext01": _options("Require: nothingSupportsThis, nothingSupportsThisEither"),
    "invut": _invite(Content_Type="application/unknownformat", body='<audio> <pcmu port="443"/> </audio>'),
    "regaut01": _register("Authorization: NoOneKnowsThisScheme opaque-data=here"),
    "multi01": _invite(
        "CSeq: 59 INVITE", "Call-ID: another", "Max-Forwards: 5", "To: sip:x@x;tag=1", "From: sip:x@x;tag=2"
    ),
    "mcl01": _options("Content-Length: 13", "Content-Length: 5"),
    "bcast": _message("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx", CSeq="1 INVITE"),
    "zeromf": _options(Max_Forwards="0"),
    "cparam01": _register(Contact="sip:+19725552222@{at};unknownparam"),
    "regescrt": _register(Contact="<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"),
    "sdp01": _invite("Accept: text/nobodyKnowsThis", body=_BAD_SDP),
    # Not the RFC's.
    "empty": "",
    "nulls": "\x00" * 64,
    "lineends": "\r\n" * 200,
    "half": _invite().partition("CSeq")[0],
    "deep": _invite(From=f"{'<' * _MANY}sip:caller@{{at}}{'>' * _MANY}"),
    "manyvias": _options(*(f"Via: SIP/2.0/UDP 192.0.2.{n % 250};branch=z9hG4bK{n}" for n in range(_MANY))),
    "straybye": _message("BYE sip:{number}@{server} SIP/2.0"),
    "straycancel": _message("CANCEL sip:{number}@{server} SIP/2.0"),
    "strayack": _message("ACK sip:{number}@{server} SIP/2.0", To="<sip:{number}@{server}>;tag=none"),
    "refer": _message("REFER sip:{number}@{server} SIP/2.0", "Refer-To: <sip:0033123456789@{server}>"),
    "replaces": _invite("Replaces: nothing;to-tag=1;from-tag=2", "Require: replaces"),
}
"""What is wrong, or need not be answered."""
