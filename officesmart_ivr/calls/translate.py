"""What Asterisk reports: which id it is about, and what it is in the core's words. Pure."""

from __future__ import annotations

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.calls.outcomes import KEYS, leg_outcome
from officesmart_ivr.core import events as core
from officesmart_ivr.core.events import LegOutcome, Side


def is_gone(event: ari_events.Event) -> bool:
    """Say whether this event means that its channel is not ours any more."""
    return isinstance(event, ari_events.StasisEnd | ari_events.ChannelDestroyed)


def of_caller(event: ari_events.Event) -> core.Event | None:
    """Translate an event of the caller's channel; None where the core need not know."""
    match event:
        case ari_events.ChannelDtmfReceived(digit=digit) if digit in KEYS:
            return core.KeyPressed(digit)
        case ari_events.ChannelHold():
            return core.Held(Side.CALLER)
        case ari_events.ChannelUnhold():
            return core.Resumed(Side.CALLER)
        case ari_events.ChannelHangupRequest() | ari_events.StasisEnd() | ari_events.ChannelDestroyed():
            return core.CallerLeft()
        case _:
            return None


def of_leg(event: ari_events.Event, leg: str, *, answered: bool) -> core.Event | None:
    """Translate an event of a leg's channel; None where the core need not know.

    The end of an unanswered leg is taken from ChannelDestroyed alone, which carries the reason.
    """
    match event:
        case ari_events.Dial(dialstatus="ANSWER"):
            return core.LegAnswered(leg)
        case ari_events.ChannelStateChange(channel=channel) if channel.state == "Up":
            return core.LegAnswered(leg)
        case ari_events.ChannelStateChange(channel=channel) if channel.state == "Ringing":
            return core.LegRinging(leg)
        case ari_events.ChannelDestroyed(cause=cause, tech_cause=sip_status):
            outcome = LegOutcome.HUNG_UP if answered else leg_outcome(cause, sip_status)
            return core.LegEnded(leg, outcome, cause)
        case ari_events.ChannelHangupRequest() | ari_events.StasisEnd() if answered:
            return core.LegEnded(leg, LegOutcome.HUNG_UP, 16)
        case ari_events.ChannelDtmfReceived(digit=digit) if digit in KEYS and answered:
            return core.LegKeyPressed(leg, digit)
        case ari_events.ChannelHold() if answered:
            return core.Held(Side.LEG)
        case ari_events.ChannelUnhold() if answered:
            return core.Resumed(Side.LEG)
        case _:
            return None


def channel_of(event: ari_events.Event) -> str:
    """Return the id of the channel that an event is about; empty when it is about none."""
    if isinstance(event, ari_events.Dial):
        return event.peer.id
    channel = getattr(event, "channel", None)
    return "" if channel is None else str(channel.id)


def resource_of(event: ari_events.Event) -> str:
    """Return the id whose owner an event is for; of one that takes another's place, the other's."""
    if isinstance(event, ari_events.PlaybackFinished):
        return event.playback.id
    if isinstance(event, ari_events.RecordingFinished | ari_events.RecordingFailed):
        return event.recording.name
    if isinstance(event, ari_events.StasisStart) and event.replace_channel is not None:
        return event.replace_channel.id
    return channel_of(event)
