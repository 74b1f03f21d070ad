"""Session descriptions (RFC 8866) with one audio stream, offered and answered (RFC 3264)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from officesmart_ivr.testcall.errors import MessageError, RefusedError
from officesmart_ivr.testcall.udp import HostPort

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_ANSWER_TO = {"sendonly": "recvonly", "recvonly": "sendonly"}


@dataclass(frozen=True)
class Codec:
    """A coding of sound with the payload type that stands for it."""

    name: str
    payload_type: int
    rate: int = 8000


PCMA = Codec("PCMA", 8)
PCMU = Codec("PCMU", 0)
G722 = Codec("G722", 9)
"""Its rate is 8000 in SDP although it carries 16 kHz (RFC 3551, section 4.5.2)."""
TELEPHONE_EVENT = Codec("telephone-event", 101)
DEFAULT_CODECS = (PCMA, PCMU, TELEPHONE_EVENT)
_STATIC = {codec.payload_type: codec for codec in (PCMA, PCMU, G722)}


@dataclass(frozen=True)
class Sdp:
    """Where one side wants its sound, and in which codings, the best first."""

    host: str
    port: int
    codecs: tuple[Codec, ...]
    direction: str = "sendrecv"
    version: int = 1

    @property
    def address(self) -> HostPort:
        """Where to send RTP."""
        return self.host, self.port

    @property
    def codec(self) -> Codec:
        """The first coding of sound. Raises MessageError where there is none."""
        for codec in self.codecs:
            if codec.name != TELEPHONE_EVENT.name:
                return codec
        raise MessageError("the SDP names no coding of sound")

    @property
    def key_type(self) -> int | None:
        """The payload type of keys (RFC 4733); None where the other side takes none."""
        return next((c.payload_type for c in self.codecs if c.name == TELEPHONE_EVENT.name), None)

    def render(self) -> str:
        """The text, with the line ends that SDP wants."""
        types = " ".join(str(codec.payload_type) for codec in self.codecs)
        lines = [
            "v=0",
            f"o=- {self.port} {self.version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {types}",
            *(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.rate}" for codec in self.codecs),
            *(f"a=fmtp:{c.payload_type} 0-15" for c in self.codecs if c.name == TELEPHONE_EVENT.name),
            "a=ptime:20",
            f"a={self.direction}",
        ]
        return "\r\n".join(lines) + "\r\n"


def parse_sdp(text: str) -> Sdp:
    """The first audio stream of a session description. Raises MessageError where there is none."""
    host, media_host, direction = "", "", "sendrecv"
    audio: list[str] | None = None
    in_other_media = False
    names: dict[int, Codec] = dict(_STATIC)
    for line in text.splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            in_other_media = audio is not None or not value.startswith("audio ")
            if not in_other_media:
                audio = value.split()
        elif in_other_media:
            continue
        elif kind == "c" and audio is None:
            host = value.split()[-1]
        elif kind == "c":
            media_host = value.split()[-1]
        elif kind == "a" and value in DIRECTIONS:
            direction = value
        elif kind == "a" and value.startswith("rtpmap:"):
            codec = _parse_rtpmap(value)
            names[codec.payload_type] = codec
    if audio is None or len(audio) < 4 or not (media_host or host):
        raise MessageError("the SDP describes no audio stream")
    try:
        port, types = int(audio[1]), [int(word) for word in audio[3:]]
    except ValueError:
        raise MessageError(f"the SDP's audio line cannot be read: m={' '.join(audio)}") from None
    codecs = tuple(names[number] for number in types if number in names)
    return Sdp(media_host or host, port, codecs, direction)


def answer(
    offer: Sdp, *, host: str, port: int, codecs: Sequence[Codec] = DEFAULT_CODECS, direction: str = "sendrecv"
) -> Sdp:
    """The answer to ``offer``: its first coding that we know too, with its payload types.

    ``direction`` is what we want; a direction that the other side does not take is left out.
    Raises RefusedError with 488 where no coding of sound is common.
    """
    known = {codec.name for codec in codecs}
    common = [codec for codec in offer.codecs if codec.name in known]
    sound = [codec for codec in common if codec.name != TELEPHONE_EVENT.name][:1]
    if not sound:
        offered = ", ".join(codec.name for codec in offer.codecs)
        raise RefusedError(f"no common coding of sound: offered {offered}", status=488)
    keys = [codec for codec in common if codec.name == TELEPHONE_EVENT.name][:1]
    theirs = _ANSWER_TO.get(offer.direction, offer.direction)
    return Sdp(host, port, (*sound, *keys), theirs if direction == "sendrecv" else direction)


def held(sdp: Sdp, direction: str) -> Sdp:
    """The same stream in another direction: ``sendonly`` puts the other side on hold."""
    return replace(sdp, direction=direction, version=sdp.version + 1)


def _parse_rtpmap(value: str) -> Codec:
    number, _, encoding = value.removeprefix("rtpmap:").partition(" ")
    name, _, rest = encoding.partition("/")
    try:
        rate = int(rest.partition("/")[0])
        return Codec(
            TELEPHONE_EVENT.name if name.lower() == TELEPHONE_EVENT.name else name.upper(), int(number), rate
        )
    except ValueError:
        raise MessageError(f"the SDP's line a={value} cannot be read") from None
