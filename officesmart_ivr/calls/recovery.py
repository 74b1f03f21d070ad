"""After each connection: what we believe and what Asterisk has are made the same, before new work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.models import Channel
from officesmart_ivr.calls.dispatcher import Dispatcher
from officesmart_ivr.errors import AriError

_log = logging.getLogger(__name__)


async def reconcile(client: AriClient, dispatcher: Dispatcher) -> None:
    """End what is gone from Asterisk, and release what is there but belongs to no call.

    Events that happened while there was no connection are lost, so a session whose channel has vanished is
    told so. Channels of our application that no session owns are left over from an earlier process.
    """
    channels = {channel.id: channel for channel in await client.channels.list()}
    vanished = 0
    for session in list(dispatcher.sessions):
        for channel in session.channels:
            if channel not in channels:
                session.post(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=16))
                vanished += 1
    orphans = [
        channel.id
        for channel in channels.values()
        if channel.id not in dispatcher.owners and _is_ours(channel, client.app)
    ]
    bridges = [
        bridge.id
        for bridge in await client.bridges.list()
        if bridge.id not in dispatcher.owners and bridge.creator == "Stasis"
    ]
    await asyncio.gather(
        *(_quietly(client.channel(orphan).hangup()) for orphan in orphans),
        *(_quietly(client.bridge(bridge).destroy()) for bridge in bridges),
    )
    if vanished or orphans or bridges:
        _log.warning(
            "after connecting: %d channels had vanished, %d orphaned channels and %d bridges were released",
            vanished,
            len(orphans),
            len(bridges),
        )


def _is_ours(channel: Channel, app: str) -> bool:
    plan = channel.dialplan
    return plan.app_name == "Stasis" and plan.app_data.split(",", 1)[0] == app


async def _quietly(request: Coroutine[Any, Any, None]) -> None:
    try:
        await request
    except AriError as error:
        _log.debug("%s", error.message)
