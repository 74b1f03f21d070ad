"""Every event that Asterisk 22 can send, as typed structs, and how a frame becomes one.

The list is that of ``rest-api/api-docs/events.json`` in Asterisk 22.10.1. ``timestamp`` stays as text.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, dataclass_transform

import msgspec
from msgspec import Struct, field

from officesmart_ivr.ari.models import (
    Bridge,
    Channel,
    ContactInfo,
    DeviceState,
    Endpoint,
    LiveRecording,
    Model,
    Peer,
    Playback,
    TextMessage,
)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Event(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=True):
    """Base of the events. The name of the class is the event's ``type``."""

    application: str = ""
    timestamp: str = ""
    asterisk_id: str = ""


class UnknownEvent(Event, tag=False):
    """An event of a type that this module does not know (a later Asterisk)."""

    type: str
    raw: dict[str, Any]


# --- the application itself


class MissingParams(Event):
    """The request to open the event stream lacked a parameter."""

    params: list[str] = field(default_factory=list)


class ApplicationRegistered(Event):
    """A stream for this application was opened."""


class ApplicationUnregistered(Event):
    """The application's stream was closed."""


class ApplicationReplaced(Event):
    """Another client opened a stream for the same application: this one hears nothing more."""


class ApplicationMoveFailed(Event):
    """A channel could not be moved to another application."""

    channel: Channel
    destination: str = ""
    args: list[str] = field(default_factory=list)


class RESTResponse(Event):
    """The reply to a request sent over the event stream (a way that this client does not use)."""

    transaction_id: str = ""
    request_id: str = ""
    status_code: int = 0
    reason_phrase: str = ""
    uri: str = ""
    content_type: str = ""
    message_body: str = ""


# --- channels


class StasisStart(Event):
    """A channel entered the application, with the arguments of the dialplan or of the request."""

    channel: Channel
    args: list[str] = field(default_factory=list)
    replace_channel: Channel | None = None


class StasisEnd(Event):
    """A channel left the application."""

    channel: Channel


class ChannelCreated(Event):
    """A channel came into being."""

    channel: Channel


class ChannelDestroyed(Event):
    """A channel is gone. ``cause`` is Q.850; ``tech_cause`` the SIP status where there was one."""

    channel: Channel
    cause: int = 0
    cause_txt: str = ""
    tech_cause: int | None = None


class ChannelHangupRequest(Event):
    """Somebody asked for the channel's end. ``soft``: it was asked from inside Asterisk."""

    channel: Channel
    cause: int | None = None
    tech_cause: int | None = None
    soft: bool = False


class ChannelStateChange(Event):
    """The channel's ``state`` changed."""

    channel: Channel


class Dial(Event):
    """How the dialling of ``peer`` goes on.

    ``dialstatus`` is empty at the start, then RINGING, PROGRESS, ANSWER, BUSY, CONGESTION, NOANSWER, CANCEL,
    CHANUNAVAIL, …
    """

    peer: Channel
    dialstatus: str = ""
    caller: Channel | None = None
    dialstring: str = ""
    forward: str = ""
    forwarded: Channel | None = None


class ChannelDtmfReceived(Event):
    """A key was pressed and let go: the event comes at the key's END. ``duration_ms`` may be 0."""

    channel: Channel
    digit: str
    duration_ms: int = 0


class ChannelDialplan(Event):
    """The channel moved on in the dialplan."""

    channel: Channel
    dialplan_app: str = ""
    dialplan_app_data: str = ""


class ChannelCallerId(Event):
    """The caller's name or number changed."""

    channel: Channel
    caller_presentation: int = 0
    caller_presentation_txt: str = ""


class ChannelConnectedLine(Event):
    """What the channel is told of its other party changed."""

    channel: Channel


class ChannelVarset(Event):
    """A variable was set; on a channel, or globally (``channel`` is None)."""

    variable: str = ""
    value: str = ""
    channel: Channel | None = None


class ChannelUserevent(Event):
    """The dialplan, or another client, told something of its own."""

    eventname: str = ""
    userevent: dict[str, Any] = field(default_factory=dict)
    channel: Channel | None = None
    bridge: Bridge | None = None
    endpoint: Endpoint | None = None


class ChannelHold(Event):
    """The phone put the call on hold."""

    channel: Channel
    musicclass: str = ""


class ChannelUnhold(Event):
    """The phone took the call off hold."""

    channel: Channel


class ChannelToneDetected(Event):
    """The dialplan's TONE_DETECT heard its tone."""

    channel: Channel


class ChannelTalkingStarted(Event):
    """TALK_DETECT heard speech."""

    channel: Channel


class ChannelTalkingFinished(Event):
    """TALK_DETECT heard speech end. ``duration`` is in milliseconds."""

    channel: Channel
    duration: int = 0


class CallBroadcast(Event):
    """A channel is offered to several applications; the first that claims it has it."""

    channel: Channel
    caller: str = ""
    called: str = ""


class CallClaimed(Event):
    """A channel that was offered to several applications has gone to one."""

    channel: Channel
    winner_app: str = ""


# --- transfers


class AdditionalParam(Model):
    """A parameter of a transfer target."""

    parameter_name: str = ""
    parameter_value: str = ""


class RequiredDestination(Model):
    """Where a phone asked to be transferred to: a number, or another call (by its protocol id)."""

    protocol_id: str = ""
    destination: str = ""
    additional_protocol_params: list[AdditionalParam] = field(default_factory=list)


class ReferTo(Model):
    """The wanted end of a transfer."""

    requested_destination: RequiredDestination = RequiredDestination()
    destination_channel: Channel | None = None
    connected_channel: Channel | None = None
    bridge: Bridge | None = None


class ReferredBy(Model):
    """Who asked for a transfer."""

    source_channel: Channel
    connected_channel: Channel | None = None
    bridge: Bridge | None = None


class ChannelTransfer(Event):
    """A phone asks for a transfer that the application must carry out (``ari-only`` handling)."""

    refer_to: ReferTo
    referred_by: ReferredBy
    state: str = ""


# --- bridges


class BridgeCreated(Event):
    """A bridge came into being."""

    bridge: Bridge


class BridgeDestroyed(Event):
    """A bridge is gone."""

    bridge: Bridge


class BridgeMerged(Event):
    """``bridge_from`` was merged into ``bridge``."""

    bridge: Bridge
    bridge_from: Bridge


class BridgeVideoSourceChanged(Event):
    """Another channel's video is shown."""

    bridge: Bridge
    old_video_source_id: str = ""


class BridgeBlindTransfer(Event):
    """A blind transfer was tried; ``result`` says how it went."""

    channel: Channel
    replace_channel: Channel | None = None
    transferee: Channel | None = None
    exten: str = ""
    context: str = ""
    result: str = ""
    is_external: bool = False
    bridge: Bridge | None = None


class BridgeAttendedTransfer(Event):
    """An attended transfer was tried; ``result`` says how it went."""

    transferer_first_leg: Channel
    transferer_second_leg: Channel
    replace_channel: Channel | None = None
    transferee: Channel | None = None
    transfer_target: Channel | None = None
    result: str = ""
    is_external: bool = False
    transferer_first_leg_bridge: Bridge | None = None
    transferer_second_leg_bridge: Bridge | None = None
    destination_type: str = ""
    destination_bridge: str = ""
    destination_application: str = ""
    destination_link_first_leg: Channel | None = None
    destination_link_second_leg: Channel | None = None
    destination_threeway_channel: Channel | None = None
    destination_threeway_bridge: Bridge | None = None


class ChannelEnteredBridge(Event):
    """A channel is in a bridge."""

    bridge: Bridge
    channel: Channel | None = None


class ChannelLeftBridge(Event):
    """A channel is out of a bridge."""

    bridge: Bridge
    channel: Channel


# --- media


class PlaybackStarted(Event):
    """The first medium of a playback began (also when its file then turns out to be missing)."""

    playback: Playback


class PlaybackContinuing(Event):
    """A playback went on to its next medium."""

    playback: Playback


class PlaybackFinished(Event):
    """A playback ended: ``playback.state`` is done (played, or stopped) or failed."""

    playback: Playback


class RecordingStarted(Event):
    """A recording began."""

    recording: LiveRecording


class RecordingFinished(Event):
    """A recording ended and is stored."""

    recording: LiveRecording


class RecordingFailed(Event):
    """A recording could not be made."""

    recording: LiveRecording


# --- endpoints and devices


class EndpointStateChange(Event):
    """An endpoint went online or offline."""

    endpoint: Endpoint


class ContactStatusChange(Event):
    """A registered address became reachable, unreachable, …"""

    endpoint: Endpoint
    contact_info: ContactInfo


class PeerStatusChange(Event):
    """A registration changed, as older channel technologies tell it."""

    endpoint: Endpoint
    peer: Peer


class DeviceStateChanged(Event):
    """A device became free, busy, …"""

    device_state: DeviceState


class TextMessageReceived(Event):
    """A text message came in."""

    message: TextMessage
    endpoint: Endpoint | None = None


EVENT_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind for kind in Event.__subclasses__() if kind is not UnknownEvent
}
"""Every event that Asterisk 22 sends, by its ``type``."""


class _Envelope(Model):
    """The fields that every event has, read when the type is not a known one."""

    type: str
    application: str = ""
    timestamp: str = ""
    asterisk_id: str = ""


# A type checker cannot follow a union that is made at run time.
_any_event: Any = reduce(or_, EVENT_TYPES.values())
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(_any_event)
_envelope_decoder = msgspec.json.Decoder(_Envelope)


def decode(frame: bytes | str) -> Event:
    """The event in one text frame of the stream.

    An unknown type gives an `UnknownEvent`. Raises `msgspec.DecodeError` for what is no event at all:
    not JSON, no ``type``, or a known type without the fields that make it usable.
    """
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError:
        envelope = _envelope_decoder.decode(frame)
        if envelope.type in EVENT_TYPES:
            raise
        return UnknownEvent(
            type=envelope.type,
            raw=msgspec.json.decode(frame),
            application=envelope.application,
            timestamp=envelope.timestamp,
            asterisk_id=envelope.asterisk_id,
        )
