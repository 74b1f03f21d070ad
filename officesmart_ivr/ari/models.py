"""What Asterisk 22 says about its channels, bridges, playbacks, …

The names are those of the ARI models (``rest-api/api-docs/*.json`` in Asterisk's source). The structs are
for reading only: unknown fields are ignored, and every field that is not the object's own key has a default,
so that a field which a later release leaves out breaks nothing. Times are kept as Asterisk's text
(``2026-11-22T17:12:08.122+0000``): hardly anyone reads them, and parsing costs more than the rest.
"""

from __future__ import annotations

from typing import Any, dataclass_transform

from msgspec import Struct, field


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Model(Struct, frozen=True, kw_only=True, gc=False):
    """Base of the models: frozen, made by keyword.

    They hold no cycles, so the garbage collector need not visit them (``gc=False``).
    """


class CallerID(Model):
    """A name and a number; both may be empty."""

    name: str = ""
    number: str = ""


class DialplanCEP(Model):
    """Where a channel stands in the dialplan: context, extension, priority, and the application it runs."""

    context: str = ""
    exten: str = ""
    priority: int = 0
    app_name: str = ""
    app_data: str = ""


_NO_CALLER = CallerID()
_NO_DIALPLAN = DialplanCEP()


class Channel(Model):
    """One connection inside Asterisk.

    ``state`` is one of Down, Rsrved, OffHook, Dialing, Ring, Ringing, Up, Busy, Dialing Offhook, Pre-ring,
    Unknown. ``protocol_id`` is the SIP Call-ID of a PJSIP channel.
    """

    id: str
    name: str = ""
    state: str = "Unknown"
    protocol_id: str = ""
    caller: CallerID = _NO_CALLER
    connected: CallerID = _NO_CALLER
    accountcode: str = ""
    dialplan: DialplanCEP = _NO_DIALPLAN
    creationtime: str = ""
    language: str = ""
    channelvars: dict[str, str] = field(default_factory=dict)
    caller_rdnis: str = ""
    tenantid: str = ""


class Bridge(Model):
    """What joins channels. ``bridge_type`` is mixing or holding; ``channels`` their ids."""

    id: str
    technology: str = ""
    bridge_type: str = ""
    bridge_class: str = ""
    creator: str = ""
    name: str = ""
    channels: list[str] = field(default_factory=list)
    video_mode: str = ""
    video_source_id: str = ""
    creationtime: str = ""
    bridgevars: dict[str, str] = field(default_factory=dict)


class Playback(Model):
    """One playing of one or more media. ``state`` is queued, playing, continuing, paused, done or failed.

    ``target_uri`` is ``channel:ID`` or ``bridge:ID``.
    """

    id: str
    media_uri: str = ""
    next_media_uri: str = ""
    target_uri: str = ""
    language: str = ""
    state: str = ""


class LiveRecording(Model):
    """A recording under way or just ended. Durations are in seconds.

    ``state`` is queued, recording, paused, done, failed or canceled.
    """

    name: str
    format: str = ""
    target_uri: str = ""
    state: str = ""
    duration: int | None = None
    talking_duration: int | None = None
    silence_duration: int | None = None
    cause: str = ""


class StoredRecording(Model):
    """A finished recording on Asterisk's disk."""

    name: str
    format: str = ""


class Endpoint(Model):
    """``PJSIP/201`` is technology PJSIP, resource 201. ``state`` is unknown, offline or online."""

    technology: str
    resource: str
    state: str = "unknown"
    channel_ids: list[str] = field(default_factory=list)


class ContactInfo(Model):
    """One registered address: Unreachable, Reachable, Unknown, NonQualified or Removed."""

    uri: str
    contact_status: str = "Unknown"
    aor: str = ""
    roundtrip_usec: str = ""


class Peer(Model):
    """The state of a registration as older channel technologies tell it."""

    peer_status: str
    cause: str = ""
    address: str = ""
    port: str = ""
    time: str = ""


class DeviceState(Model):
    """A device and UNKNOWN, NOT_INUSE, INUSE, BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE or ONHOLD."""

    name: str
    state: str = "UNKNOWN"


class Mailbox(Model):
    """How many messages a mailbox holds."""

    name: str
    old_messages: int = 0
    new_messages: int = 0


class FormatLang(Model):
    """One form in which a sound is there."""

    language: str
    format: str


class Sound(Model):
    """A sound file that Asterisk knows, with its spoken text where that is known."""

    id: str
    text: str = ""
    formats: list[FormatLang] = field(default_factory=list)


class TextMessage(Model):
    """A message out of a call (SIP MESSAGE)."""

    sender: str = field(default="", name="from")
    to: str = ""
    body: str = ""
    variables: dict[str, Any] = field(default_factory=dict)


class Application(Model):
    """A Stasis application: what it is subscribed to, and its event filter."""

    name: str
    channel_ids: list[str] = field(default_factory=list)
    bridge_ids: list[str] = field(default_factory=list)
    endpoint_ids: list[str] = field(default_factory=list)
    device_names: list[str] = field(default_factory=list)
    events_allowed: list[dict[str, Any]] = field(default_factory=list)
    events_disallowed: list[dict[str, Any]] = field(default_factory=list)


class Variable(Model):
    """The value of one variable or function."""

    value: str = ""


class Variables(Model):
    """The values of several variables."""

    variables: dict[str, str] = field(default_factory=dict)


class ConfigTuple(Model):
    """One attribute of a configuration object."""

    attribute: str
    value: str = ""


class RtpStatistics(Model):
    """Counts and quality of a channel's RTP. Jitter and round trip are in seconds; None where unknown."""

    channel_uniqueid: str = ""
    txcount: int = 0
    rxcount: int = 0
    txoctetcount: int = 0
    rxoctetcount: int = 0
    txploss: int = 0
    rxploss: int = 0
    txjitter: float | None = None
    rxjitter: float | None = None
    rtt: float | None = None
    maxrtt: float | None = None
    minrtt: float | None = None
    normdevrtt: float | None = None
    stdevrtt: float | None = None
    local_ssrc: int = 0
    remote_ssrc: int = 0
    local_maxjitter: float | None = None
    local_minjitter: float | None = None
    local_normdevjitter: float | None = None
    local_stdevjitter: float | None = None
    local_maxrxploss: float | None = None
    local_minrxploss: float | None = None
    local_normdevrxploss: float | None = None
    local_stdevrxploss: float | None = None
    remote_maxjitter: float | None = None
    remote_minjitter: float | None = None
    remote_normdevjitter: float | None = None
    remote_stdevjitter: float | None = None
    remote_maxrxploss: float | None = None
    remote_minrxploss: float | None = None
    remote_normdevrxploss: float | None = None
    remote_stdevrxploss: float | None = None


class Module(Model):
    """A loadable part of Asterisk."""

    name: str
    description: str = ""
    use_count: int = 0
    status: str = ""
    support_level: str = ""


class LogChannel(Model):
    """One of Asterisk's log files and the levels it takes."""

    channel: str
    type: str = ""
    status: str = ""
    configuration: str = ""


class BuildInfo(Model):
    """How Asterisk was built."""

    os: str = ""
    kernel: str = ""
    options: str = ""
    machine: str = ""
    date: str = ""
    user: str = ""


class SystemInfo(Model):
    """Asterisk's version and entity id."""

    version: str = ""
    entity_id: str = ""


class ConfigInfo(Model):
    """The settings of asterisk.conf that limit calls."""

    name: str = ""
    default_language: str = ""
    max_channels: int | None = None
    max_open_files: int | None = None
    max_load: float | None = None


class StatusInfo(Model):
    """When Asterisk started. A changed ``startup_time`` means that all earlier calls are gone."""

    startup_time: str = ""
    last_reload_time: str = ""


class AsteriskInfo(Model):
    """What Asterisk says of itself; a part that was not asked for is None."""

    build: BuildInfo | None = None
    system: SystemInfo | None = None
    config: ConfigInfo | None = None
    status: StatusInfo | None = None


class AsteriskPing(Model):
    """The reply to a ping."""

    asterisk_id: str = ""
    ping: str = ""
    timestamp: str = ""
