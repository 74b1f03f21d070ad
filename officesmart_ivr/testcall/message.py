"""SIP messages as text and as values (RFC 3261, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from officesmart_ivr.testcall.errors import MessageError

_VERSION = "SIP/2.0"
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    300: "Multiple Choices",
    302: "Moved Temporarily",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    603: "Decline",
}


class Headers:
    """Header fields in their order; names are compared without case, compact names written out."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = [(name, value) for name, value in fields]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """All values of a field, one for each line."""
        wanted = name.lower()
        return [value for field_name, value in self._fields if field_name.lower() == wanted]

    def items_of(self, name: str) -> list[str]:
        """All values of a field that may hold several with commas between them, such as Via and Route."""
        return [item for value in self.all(name) for item in split_items(value)]

    def add(self, name: str, value: str) -> None:
        """Append a field."""
        self._fields.append((name, value))

    def put_first(self, name: str, value: str) -> None:
        """Put a field above all others: a Via."""
        self._fields.insert(0, (name, value))

    def set(self, name: str, value: str) -> None:
        """Replace all values of a field by one, or append it."""
        self.remove(name)
        self.add(name, value)

    def remove(self, name: str) -> None:
        """Drop a field, if it is there."""
        self._fields = [entry for entry in self._fields if entry[0].lower() != name.lower()]


@dataclass
class Message:
    """What requests and responses have in common."""

    headers: Headers = field(default_factory=Headers, kw_only=True)
    body: str = field(default="", kw_only=True)
    arrived_ns: int = field(default=0, kw_only=True)
    """The monotonic time (ns) at which it arrived; 0 for a message of our own."""

    @property
    def call_id(self) -> str:
        """The call that the message is of."""
        return self.headers.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """The number and the method of the request that the message is or answers."""
        number, _, method = self.headers.get("CSeq").partition(" ")
        return int(number), method.strip()

    def first_line(self) -> str:
        """The start line; each kind of message has its own."""
        raise NotImplementedError

    def render(self) -> bytes:
        """The bytes for the wire, with Content-Length."""
        body = self.body.encode()
        lines = [self.first_line(), *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Request(Message):
    """A request, such as INVITE."""

    method: str
    uri: str

    def first_line(self) -> str:
        """The request line."""
        return f"{self.method} {self.uri} {_VERSION}"


@dataclass
class Response(Message):
    """A response; ``reason`` is its text for people."""

    status: int
    reason: str = ""

    def first_line(self) -> str:
        """The status line."""
        return f"{_VERSION} {self.status} {self.reason or reason_of(self.status)}"


def reason_of(status: int) -> str:
    """The usual text of a status."""
    if status in REASONS:
        return REASONS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def parse_message(data: bytes) -> Request | Response:
    """Read one datagram. Raises MessageError, which names what is wrong with it."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise MessageError("a SIP message ends without an empty line")
    try:
        lines = _unfold(head.decode())
    except UnicodeDecodeError:
        raise MessageError("a SIP message is not UTF-8 text") from None
    headers = _parse_headers(lines[1:])
    text = _body(body, headers)
    first = lines[0].split(" ", 2)
    if len(first) < 2:
        raise MessageError(f"'{lines[0]}' is not the first line of a SIP message")
    if first[0] == _VERSION:
        if not (first[1].isascii() and first[1].isdigit() and len(first[1]) == 3):
            raise MessageError(f"'{first[1]}' is not a SIP status")
        return Response(int(first[1]), first[2] if len(first) == 3 else "", headers=headers, body=text)
    if len(first) < 3 or first[2] != _VERSION:
        raise MessageError(f"'{lines[0]}' is not the first line of a SIP message")
    return Request(first[0], first[1], headers=headers, body=text)


def respond(
    request: Request,
    status: int,
    *,
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: str = "",
) -> Response:
    """The response to a request, with the fields that it has to repeat (RFC 3261, section 8.2.6)."""
    answer = Response(status, reason_of(status), body=body)
    for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
        for value in request.headers.all(name):
            tagged = name == "To" and to_tag and ";tag=" not in value
            answer.headers.add(name, f"{value};tag={to_tag}" if tagged else value)
    for name, value in headers:
        answer.headers.add(name, value)
    return answer


def split_items(value: str) -> list[str]:
    """Split a field's value at its commas, but not inside quotes or angle brackets."""
    items, start, quoted, bracketed, escaped = [], 0, False, False, False
    for index, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "<>":
            bracketed = character == "<"
        elif character == "," and not quoted and not bracketed:
            items.append(value[start:index])
            start = index + 1
    return [item.strip() for item in (*items, value[start:]) if item.strip()]


def _unfold(head: str) -> list[str]:
    """The lines of a message's head, each continued line joined to the one before."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if lines and line[:1] in (" ", "\t"):
            lines[-1] += " " + line.strip()
        elif line:
            lines.append(line)
    if not lines:
        raise MessageError("a SIP message is empty")
    return lines


def _parse_headers(lines: Iterable[str]) -> Headers:
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name:
            raise MessageError(f"the SIP header line '{line}' has no name")
        headers.add(_COMPACT.get(name.lower(), name), value.strip())
    for name in _NEEDED:
        if name not in headers:
            raise MessageError(f"a SIP message has no {name}")
    number, _, method = headers.get("CSeq").partition(" ")
    if not number.isdecimal() or not method.strip():
        raise MessageError(f"the CSeq '{headers.get('CSeq')}' cannot be read")
    return headers


def _body(data: bytes, headers: Headers) -> str:
    """The body up to Content-Length, which is then left to :meth:`Message.render`."""
    written = headers.get("Content-Length", str(len(data)))
    if not written.isdecimal() or int(written) > len(data):
        raise MessageError(f"the body has {len(data)} bytes, its Content-Length says {written}")
    headers.remove("Content-Length")
    return data[: int(written)].decode(errors="replace")
