"""The forms of single values in the call plan: each a type that pydantic validates, with its own message."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.messages import Message, say, template


def _like(pattern: str, message: str) -> AfterValidator:
    """Make a validator of a text's form; ``message`` is the template for what is of another, the ``text``."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise refusal("bad-value", Message(message, {"text": text}))
        return text

    return AfterValidator(check)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise refusal(
            "bad-value", say("'{name}' is not a time zone; write it like Europe/Rome", name=name)
        ) from None
    return name


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise refusal(
            "bad-value", say("'{text}' is not an address or network such as 192.0.2.10/32", text=text)
        ) from None
    if ipaddress.ip_interface(text).ip != network.network_address:
        message = say(
            "'{text}' is an address inside a network; write the network, {network}, or the address alone",
            text=text,
            network=network,
        )
        raise refusal("bad-value", message)
    return str(network)


def _country(code: str) -> str:
    if code.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise refusal(
            "bad-value", say("'{code}' is not a country; write its two letters, such as IT", code=code)
        )
    return code.upper()


def _server(text: str) -> str:
    """Refuse what is no host with an optional port: this becomes part of SIP addresses."""
    parts = _SERVER.fullmatch(text)
    host, port = parts.groups() if parts else ("", None)
    if not (host_address(host) or _HOST_NAME.fullmatch(host)) or not 0 < int(port or 5060) < 65536:
        raise refusal(
            "bad-value", say("'{text}' is not a server; write it like sip.example.net:5060", text=text)
        )
    return text


def host_of(server: str) -> str:
    """Return a server's name or address, without its port; an IPv6 address keeps its brackets."""
    parts = _SERVER.fullmatch(server)
    return parts[1] if parts else ""


def host_address(host: str) -> str:
    """Return the IP address as which ``host`` is written, an IPv6 one in brackets there; empty for a name."""
    is_bracketed = host.startswith("[")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return ""
    return str(address) if is_bracketed == (address.version == 6) else ""


def _one_line(text: str) -> str:
    """Refuse line ends: names reach Asterisk's configuration and SIP headers, where a line has a meaning."""
    if len(text.splitlines()) > 1:
        raise refusal("bad-value", say("a name is a single line"))
    return text


def _sound_file(file: str) -> str:
    """Refuse names that lead out of the folder of sounds."""
    if "\\" in file or "\n" in file or file.startswith("/") or ".." in file.split("/"):
        raise refusal(
            "bad-value",
            say("'{file}' is not the name of a file in the folder of sounds, such as welcome.wav", file=file),
        )
    return file


def _speakable(text: str) -> str:
    """Refuse what no engine can say; lines are one text, and what cannot be seen in it is left out."""
    joined = "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
    if not any(letter.isalnum() for letter in joined):
        raise refusal("bad-value", say("there is nothing in this text that can be spoken"))
    return joined


CALENDAR_ENDING = ".ics"
"""How the name of a calendar file ends."""


def _calendar_file(file: str) -> str:
    """Refuse names that lead out of the plan's folder, and those that tell no calendar from other files."""
    leads_out = "\\" in file or "\n" in file or file.startswith("/") or ".." in file.split("/")
    if leads_out or not file.endswith(CALENDAR_ENDING):
        raise refusal(
            "bad-value",
            say(
                "'{file}' is not the name of a calendar file beside the plan, such as closures.ics", file=file
            ),
        )
    return file


def _nothing(written: object) -> object:
    return None if written == NO_ANNOUNCEMENT else written


def _not_reserved(name: str) -> str:
    if name == NO_ANNOUNCEMENT:
        raise refusal("bad-value", say("'{name}' means no announcement; use another name", name=name))
    return name


_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.*[A-Za-z]){_LABEL}(\.{_LABEL})*")

NO_ANNOUNCEMENT = "none"
"""Written in place of an announcement's name where nothing is to be played."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_one_line)]
CallerNamePrefix = Annotated[
    # Its space at the end is meant: it stands before a name.
    str, StringConstraints(max_length=30, strip_whitespace=False), AfterValidator(_one_line)
]
PlanId = Annotated[
    str,
    _like(
        "[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
        template("'{text}' is not a name of the plan: letters a-z, digits, - and _, at most 64"),
    ),
]
ExtensionNumber = Annotated[str, _like("[0-9]{2,8}", template("'{text}' is not an extension: 2 to 8 digits"))]
Number = Annotated[
    str,
    _like(
        r"\+?[0-9]{1,20}",
        template("'{text}' is not a number: digits only, no spaces, perhaps a + before them"),
    ),
]
Key = Annotated[
    str, _like("[0-9*#]", template('\'{text}\' is not a key: one of 0-9, "*" and "#", in quotes'))
]
OverrideKey = Annotated[
    str, _like("[1-9]", template("'{text}' is not a key for an override: one of 1-9, in quotes; 0 clears it"))
]
ServiceCode = Annotated[
    str,
    _like(
        r"\*[0-9]{1,3}", template("'{text}' is not a service code: \"*\" and up to three digits, in quotes")
    ),
]
RecordNumber = Annotated[
    str, _like("[0-9]{1,6}", template("'{text}' is not a number to record by: 1 to 6 digits"))
]
Prefix = Annotated[str, _like("[0-9]{1,2}", template("'{text}' is not a prefix: one or two digits"))]
AnnouncementId = Annotated[PlanId, AfterValidator(_not_reserved)]
OptionalAnnouncement = Annotated[PlanId | None, BeforeValidator(_nothing)]
SoundFile = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_sound_file)]
SpokenText = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_speakable)]
CalendarFile = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_calendar_file)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Network = Annotated[str, AfterValidator(_network)]
Attempts = Annotated[int, Field(ge=1, le=10)]
Country = Annotated[str, AfterValidator(_country)]
Server = Annotated[str, StringConstraints(max_length=255), AfterValidator(_server)]
SipUser = Annotated[
    str,
    _like("[A-Za-z0-9+._-]{1,80}", template("'{text}' is not a user name: letters, digits, +, ., - and _")),
]
CallablePrefix = Annotated[
    str,
    _like(
        r"\+[0-9]{0,15}|[1-9][0-9]{1,5}",
        template(
            "'{text}' is neither a prefix such as +39 (the country's code comes first) nor a short number "
            "such as 187"
        ),
    ),
]
Calls = Annotated[int, Field(ge=1, le=100_000)]
