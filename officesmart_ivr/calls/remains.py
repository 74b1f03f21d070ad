"""What an earlier process has left of calls, read from Asterisk's channels and from the call log. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from officesmart_ivr.ari.models import Channel
from officesmart_ivr.calls.dispatcher import INBOUND, LEG, caller_of
from officesmart_ivr.calls.perform import bridge_of
from officesmart_ivr.calls.seats import Seat
from officesmart_ivr.calls.session import Left
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.place import InGroup, Lost, TakenUp
from officesmart_ivr.core.state import Caller, Journey, New, Origin, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target, trunk_of
from officesmart_ivr.state.call_log import CallRecord

_UP = "Up"


def talking(
    call_id: str, talkers: Sequence[Channel], record: CallRecord | None = None
) -> tuple[Channel, Left]:
    """Return what is left of a call whose two sides talk, and its caller's channel.

    ``record``: what was written of it. A transfer or a pick-up may have left two who called, or two who were
    called, and Asterisk tells them in no order.
    """
    caller_was = record.place.channel if record and record.place else ""
    caller, leg = sorted(talkers, key=lambda channel: (channel.id != caller_was, _was_called(channel)))
    seats = _seat_of(caller), _seat_of(leg)
    endpoint = _endpoint_of(caller)
    origin = Origin.PHONE if trunk_of(endpoint) is None else Origin.TRUNK
    number, name = caller.caller.number, caller.caller.name
    who = Caller(call_id, caller.dialplan.exten, number, name, origin, trunk_of(endpoint) or endpoint)
    promoted = _target_of(caller) if _was_called(caller) else None
    journey = Journey(who, answered=True, serial=_last_leg(call_id, seats), promoted=promoted)
    target = _target_of(leg)
    talks = Talking(journey, seats[1].name, target)
    return caller, Left(talks, *seats, target, has_bridge=True)


def answered(record: CallRecord, caller: Channel, leg: Channel, bridges: Collection[str]) -> Left | None:
    """Return what is left of a call that a phone has answered while nobody listened.

    None where they must not talk: a call that was in the middle of something else, and somebody outside who
    may not have pressed yet the key that takes a group's call. ``bridges``: those that there are.
    """
    place, target = record.place, _target_of(leg)
    if place is None or isinstance(place.way, Lost):
        return None
    if isinstance(place.way, InGroup) and isinstance(target, OutsideTarget):
        return None
    seat = _seat_of(leg)
    journey = _journey(place.journey, caller)
    first = TakenUp(place, seat.name, target)
    has_bridge = bridge_of(record.caller.call_id) in bridges
    return Left(New(journey), _seat_of(caller), seat, target, has_bridge=has_bridge, first=first)


def waiting(record: CallRecord, channel: Channel) -> Left:
    """Return what is left of a call whose caller is alone."""
    assert record.place is not None, "its place is how it was found"
    journey = _journey(record.place.journey, channel)
    return Left(New(journey), _seat_of(channel), first=TakenUp(record.place))


def unknown(call_id: str, channel: Channel) -> Left:
    """Return what is left of a call of which nobody knows more than Asterisk does."""
    journey = _journey(Journey(caller_of(channel, _arguments(channel), call_id)), channel)
    return Left(New(journey), _seat_of(channel), first=TakenUp(None))


def since(record: CallRecord) -> datetime:
    """Return when a call began to hunt, or else when it began."""
    hunts = (step.at for step in reversed(record.steps) if step.note.fact is Fact.HUNT_GROUP)
    return next(hunts, record.began)


def is_caller(channel: Channel) -> bool:
    """Say whether the dialplan has brought this channel to the application."""
    return _arguments(channel)[:1] == [INBOUND]


def is_local(channel: Channel) -> bool:
    """Say whether a channel is what a transfer was put together with; nobody is left to end it."""
    return channel.name.startswith("Local/")


def has_answered(channel: Channel) -> bool:
    """Say whether this is a leg that somebody has answered."""
    return _was_called(channel) and channel.state == _UP


def call_of_leg(channel: Channel) -> str:
    """Return the call that has made a leg; empty for another channel."""
    return (_arguments(channel)[1:2] or [""])[0]


def _journey(journey: Journey, channel: Channel) -> Journey:
    """Return a journey with what the caller's channel tells of it."""
    return msgspec.structs.replace(journey, answered=channel.state == _UP)


def _last_leg(call_id: str, seats: Iterable[Seat]) -> int:
    """Return the highest number of a leg of this call that is still there: a new one must not have its id."""
    # A member's leg has its place in the group behind the number.
    numbers = [seat.name.removeprefix(f"{call_id}-leg").partition("-")[0] for seat in seats]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _was_called(channel: Channel) -> bool:
    """Say whether a call of ours has made this channel, as the arguments tell with which it came."""
    return _arguments(channel)[:1] == [LEG]


def _seat_of(channel: Channel) -> Seat:
    """Return the seat of a channel. A leg's has the leg's name: a line may have several phones."""
    name = _arguments(channel)[-1] if _was_called(channel) else channel.id
    return Seat(name, [channel.id])


def _arguments(channel: Channel) -> list[str]:
    """Read the arguments with which a channel came to the application."""
    return channel.dialplan.app_data.split(",")[1:]


def _target_of(leg: Channel) -> Target:
    """Read who was called from a channel's endpoint and its number."""
    endpoint = _endpoint_of(leg)
    trunk = trunk_of(endpoint)
    return PhoneTarget(endpoint) if trunk is None else OutsideTarget(leg.caller.number, trunk)


def _endpoint_of(channel: Channel) -> str:
    """Read the endpoint from a channel's name, such as PJSIP/201-0000001a."""
    return channel.name.partition("/")[2].rpartition("-")[0]
