"""SIP addresses: the URI, and the name-and-address form of From, To, Contact and Route."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from officesmart_ivr.testcall.errors import MessageError
from officesmart_ivr.testcall.udp import HostPort

_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@:>]*)(?::[^@>]*)?@)?(?P<host>[^:;?>\s]+)(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r'\s*(?P<name>"(?:[^"\\]|\\.)*"|[^<"]*?)\s*<(?P<uri>[^>]*)>(?P<rest>.*)', re.DOTALL)
_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;\s]*))?')
DEFAULT_PORT = 5060


@dataclass
class NameAddress:
    """``"Name" <sip:201@10.0.0.1>;tag=abc``: a display name, a URI and parameters."""

    uri: str
    name: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The tag of a From or To; empty while there is none."""
        return self.parameters.get("tag", "")

    @property
    def user(self) -> str:
        """The part before the @."""
        return user_of(self.uri)

    def __str__(self) -> str:
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{quoted}" ' if self.name else ""
        tail = "".join(f";{key}={value}" if value else f";{key}" for key, value in self.parameters.items())
        return f"{name}<{self.uri}>{tail}"


def parse_address(text: str) -> NameAddress:
    """Read a From, To, Contact or Route. Raises MessageError where it holds no URI."""
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed is not None:
        uri, rest = bracketed["uri"], bracketed["rest"]
        name = bracketed["name"]
        if name.startswith('"'):
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
    else:  # without brackets, all parameters belong to the field, none to the URI (section 20)
        uri, _, rest = text.strip().partition(";")
        name, rest = "", ";" + rest
    if ":" not in uri:
        raise MessageError(f"'{text}' is not a SIP address")
    return NameAddress(uri, name, parse_parameters(rest))


def parse_parameters(text: str) -> dict[str, str]:
    """The parameters in ``;name=value;name``; names in lower case."""
    return {key.lower(): value.strip('"') for key, value in _PARAMETER.findall(text)}


def user_of(uri: str) -> str:
    """The user part of a SIP URI; empty where there is none."""
    match = _URI.match(uri)
    return match["user"] or "" if match else ""


def host_port_of(uri: str) -> HostPort:
    """The host and port of a SIP URI. Raises MessageError for another kind of URI."""
    match = _URI.match(uri)
    if match is None:
        raise MessageError(f"'{uri}' is not a SIP URI")
    return match["host"], int(match["port"] or DEFAULT_PORT)
