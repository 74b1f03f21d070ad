"""After each connection: what we believe and what Asterisk has are made the same, before new work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.models import Bridge, Channel
from officesmart_ivr.calls.dispatcher import LEG, Dispatcher
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.perform import call_of
from officesmart_ivr.calls.seats import Seat
from officesmart_ivr.calls.session import Adopted
from officesmart_ivr.core.state import Caller, Journey, Origin, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target, trunk_of
from officesmart_ivr.errors import AriError

_log = logging.getLogger(__name__)

_NORMAL = 16


async def reconcile(exchange: Exchange, dispatcher: Dispatcher) -> None:
    """End what is gone from Asterisk, adopt who talks, release what belongs to no call.

    Events that happened while there was no connection are lost, so a session whose channel has vanished is
    told so. Channels and bridges of ours that no session owns are left over from an earlier process: where
    two people talk in one, they go on talking and get a session again; the rest is released. The lines are
    then those of the sessions.
    """
    client, owners = exchange.ari, exchange.owners
    arrivals = dispatcher.arrivals()
    channels = {channel.id: channel for channel in await client.channels.list()}
    for channel in arrivals - channels.keys():
        # It came over the connection before this one, and has left since: its end follows its arrival.
        dispatcher.receive(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=_NORMAL))
    vanished = _tell_vanished(dispatcher, channels)
    bridges = [bridge for bridge in await client.bridges.list() if bridge.id not in owners]
    adopted = [bridge.id for bridge in bridges if _adopt(bridge, channels, dispatcher)]
    sessions = dispatcher.sessions
    legs = [leg for session in sessions for leg in session.legs]
    exchange.lines.reconcile(legs, {session.call_id for session in sessions}, exchange.clock())
    orphans = [
        channel.id
        for channel in channels.values()
        if channel.id not in owners and not dispatcher.awaits(channel.id) and _is_ours(channel, client.app)
    ]
    empty = [bridge.id for bridge in bridges if call_of(bridge.id) and bridge.id not in adopted]
    await asyncio.gather(
        *(_quietly(client.channel(orphan).hangup()) for orphan in orphans),
        *(_quietly(client.bridge(bridge).destroy()) for bridge in empty),
    )
    if vanished or adopted or orphans or empty:
        _log.warning(
            "after connecting: %d channels had vanished, %d talking calls were adopted, "
            "%d orphaned channels and %d bridges were released",
            vanished,
            len(adopted),
            len(orphans),
            len(empty),
        )


def _tell_vanished(dispatcher: Dispatcher, channels: Mapping[str, Channel]) -> int:
    vanished = 0
    for session in list(dispatcher.sessions):
        for channel in session.channels - channels.keys():
            session.post(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=_NORMAL))
            vanished += 1
    return vanished


def _adopt(bridge: Bridge, channels: Mapping[str, Channel], dispatcher: Dispatcher) -> bool:
    """Give a bridge in which two people talk a session; say whether it was one."""
    call_id = call_of(bridge.id)
    talkers = [channels[channel] for channel in bridge.channels if channel in channels]
    # A Local channel is what a transfer was put together with; nobody is left to end it.
    if call_id is None or len(talkers) != 2 or any(each.name.startswith("Local/") for each in talkers):
        return False
    # A transfer may have left two who called, or two who were called.
    caller, leg = sorted(talkers, key=_was_called)
    seats = _seat_of(caller), _seat_of(leg)
    endpoint = _endpoint_of(caller)
    origin = Origin.PHONE if trunk_of(endpoint) is None else Origin.TRUNK
    number, name = caller.caller.number, caller.caller.name
    who = Caller(call_id, caller.dialplan.exten, number, name, origin, trunk_of(endpoint) or endpoint)
    promoted = _target_of(caller) if _was_called(caller) else None
    journey = Journey(who, answered=True, serial=_last_leg(call_id, seats), promoted=promoted)
    talking = Talking(journey, seats[1].name, _target_of(leg))
    dispatcher.adopt(Adopted(talking, *seats), caller)
    return True


def _last_leg(call_id: str, seats: Iterable[Seat]) -> int:
    """Return the highest number of a leg of this call that is still there: a new one must not have its id."""
    # A member's leg has its place in the group behind the number.
    numbers = [seat.name.removeprefix(f"{call_id}-leg").partition("-")[0] for seat in seats]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _was_called(channel: Channel) -> bool:
    """Say whether a call of ours has made this channel, as the arguments tell with which it came."""
    return _arguments(channel)[:1] == [LEG]


def _seat_of(channel: Channel) -> Seat:
    """Return the seat of one who talks. A leg's has the leg's name: a line may have several phones."""
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


def _is_ours(channel: Channel, app: str) -> bool:
    plan = channel.dialplan
    return plan.app_name == "Stasis" and plan.app_data.split(",", 1)[0] == app


async def _quietly(request: Coroutine[Any, Any, None]) -> None:
    try:
        await request
    except AriError as error:
        _log.debug("%s", error.message)
