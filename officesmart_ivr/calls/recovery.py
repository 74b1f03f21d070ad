"""After each connection: what we believe and what Asterisk has are made the same, before new work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.models import Bridge, Channel
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.calls.perform import call_of
from officesmart_ivr.core.state import Caller, Journey, Talking
from officesmart_ivr.core.target import OutsideTarget, PhoneTarget, Target, trunk_of
from officesmart_ivr.errors import AriError

_log = logging.getLogger(__name__)

_NORMAL = 16


async def reconcile(client: AriClient, dispatcher: Dispatcher) -> None:
    """End what is gone from Asterisk, adopt who talks, release what belongs to no call.

    Events that happened while there was no connection are lost, so a session whose channel has vanished is
    told so. Channels and bridges of ours that no session owns are left over from an earlier process: where
    two people talk in one, they go on talking and get a session again; the rest is released.
    """
    arrivals = dispatcher.arrivals()
    channels = {channel.id: channel for channel in await client.channels.list()}
    for channel in arrivals - channels.keys():
        # It came over the connection before this one, and has left since: its end follows its arrival.
        dispatcher.receive(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=_NORMAL))
    vanished = _tell_vanished(dispatcher, channels)
    bridges = [bridge for bridge in await client.bridges.list() if bridge.id not in dispatcher.owners]
    adopted = [bridge.id for bridge in bridges if _adopt(bridge, channels, dispatcher)]
    orphans = [
        channel.id
        for channel in channels.values()
        if channel.id not in dispatcher.owners
        and not dispatcher.awaits(channel.id)
        and _is_ours(channel, client.app)
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
    legs = [channel for channel in bridge.channels if call_id and channel.startswith(f"{call_id}-")]
    callers = [channel for channel in bridge.channels if channel not in legs]
    if call_id is None or len(legs) != 1 or len(callers) != 1:
        return False
    caller, leg = channels.get(callers[0]), channels.get(legs[0])
    if caller is None or leg is None:
        return False
    who = Caller(call_id, caller.dialplan.exten, caller.caller.number, caller.caller.name)
    dispatcher.adopt(Talking(Journey(who, answered=True), leg.id, _target_of(leg)), caller)
    return True


def _target_of(leg: Channel) -> Target:
    """Read who was called from a channel's name, such as PJSIP/201-0000001a, and its number."""
    endpoint = leg.name.partition("/")[2].rpartition("-")[0]
    trunk = trunk_of(endpoint)
    return PhoneTarget(endpoint) if trunk is None else OutsideTarget(leg.caller.number, trunk)


def _is_ours(channel: Channel, app: str) -> bool:
    plan = channel.dialplan
    return plan.app_name == "Stasis" and plan.app_data.split(",", 1)[0] == app


async def _quietly(request: Coroutine[Any, Any, None]) -> None:
    try:
        await request
    except AriError as error:
        _log.debug("%s", error.message)
