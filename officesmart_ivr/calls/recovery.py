"""After each connection: what we believe and what Asterisk has are made the same, before new work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from officesmart_ivr.ari import events as ari_events
from officesmart_ivr.ari.client import AriClient
from officesmart_ivr.ari.models import Bridge, Channel
from officesmart_ivr.calls import remains
from officesmart_ivr.calls.dispatcher import ORPHANS, VANISHED, Dispatcher
from officesmart_ivr.calls.exchange import Exchange
from officesmart_ivr.calls.perform import call_of
from officesmart_ivr.calls.session import STASIS, Left
from officesmart_ivr.errors import AriError
from officesmart_ivr.state.call_log import CallRecord

_log = logging.getLogger(__name__)

_NORMAL = 16

AWAY_SECONDS = 2.0
"""How long it is waited for released phones to be out of Asterisk, before any is rung again."""

_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that an earlier process has left, to be gone on with: see :meth:`Dispatcher.take_over`."""

    left: Left
    channel: Channel


async def reconcile(exchange: Exchange, dispatcher: Dispatcher) -> list[Waiting]:
    """End what is gone from Asterisk, adopt who talks, release what belongs to no call.

    Events that happened while there was no connection are lost, so each session is told what Asterisk has of
    it now. Channels and bridges of ours that no session owns are left over from an earlier process: where two
    people talk in one, they go on talking and get a session again, and so do a caller and who has answered
    meanwhile; the rest is released. The lines are then those of the sessions. What an
    earlier process was recording is kept as a draft.

    Returns the calls of the other callers, those that hunted longest first: nobody rings for them any more.
    They are to be taken over once lines and plan are known. Raises AriError.
    """
    client, owners = exchange.ari, exchange.owners
    arrivals = dispatcher.arrivals()
    channels = {channel.id: channel for channel in await client.channels.list()}
    for channel in arrivals - channels.keys():
        # It came over the connection before this one, and has left since: its end follows its arrival.
        dispatcher.receive(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=_NORMAL))
    vanished = _tell_vanished(dispatcher, channels)
    await asyncio.gather(*(session.catch_up(channels) for session in dispatcher.sessions))
    bridges = [bridge for bridge in await client.bridges.list() if bridge.id not in owners]
    left_open = {record.caller.call_id: record for record in exchange.log.left_open()}
    kept = [bridge for bridge in bridges if _adopt(bridge, channels, left_open, dispatcher)]
    free = {
        channel.id: channel
        for channel in channels.values()
        if channel.id not in owners and not dispatcher.awaits(channel.id) and _is_ours(channel, client.app)
    }
    records = [record for record in exchange.log.left_open() if record.place is not None]
    _connect(records, free, bridges, dispatcher)
    waiting = _waiting(exchange, records, free, bridges)
    callers = {each.channel.id for each in waiting}
    orphans = free.keys() - callers - {channel for channel in free if channel in owners}
    empty = [bridge.id for bridge in bridges if call_of(bridge.id) and bridge.id not in owners]
    await asyncio.gather(
        *(_quietly(client.channel(orphan).hangup()) for orphan in orphans),
        *(_quietly(client.bridge(bridge).destroy()) for bridge in empty),
    )
    await exchange.studio.sweep(owners)
    if waiting:
        await _away(client, orphans)
    sessions = dispatcher.sessions
    legs = [leg for session in sessions for leg in session.legs]
    exchange.lines.reconcile(legs, {session.call_id for session in sessions}, exchange.clock())
    dispatcher.counts[VANISHED] += vanished
    dispatcher.counts[ORPHANS] += len(orphans)
    if vanished or kept or orphans or empty or waiting:
        _log.warning(
            "after connecting: %d channels had vanished, %d talking calls were adopted, %d callers are taken "
            "over, %d orphaned channels and %d bridges were released",
            vanished,
            len(kept),
            len(waiting),
            len(orphans),
            len(empty),
        )
    return waiting


def _tell_vanished(dispatcher: Dispatcher, channels: Mapping[str, Channel]) -> int:
    vanished = 0
    for session in list(dispatcher.sessions):
        for channel in session.channels - channels.keys():
            session.post(ari_events.ChannelDestroyed(channel=Channel(id=channel), cause=_NORMAL))
            vanished += 1
    return vanished


def _adopt(
    bridge: Bridge,
    channels: Mapping[str, Channel],
    records: Mapping[str, CallRecord],
    dispatcher: Dispatcher,
) -> bool:
    """Give a bridge in which two people talk a session; say whether it was one."""
    call_id = call_of(bridge.id)
    talkers = [channels[channel] for channel in bridge.channels if channel in channels]
    if call_id is None or len(talkers) != 2 or any(map(remains.is_local, talkers)):
        return False
    caller, left = remains.talking(call_id, talkers, records.get(call_id))
    dispatcher.take_over(left, caller)
    return True


def _connect(
    records: Iterable[CallRecord],
    free: Mapping[str, Channel],
    bridges: Iterable[Bridge],
    dispatcher: Dispatcher,
) -> None:
    """Let those talk whom a phone has answered while nobody listened."""
    answered = {remains.call_of_leg(leg): leg for leg in free.values() if remains.has_answered(leg)}
    there = {bridge.id for bridge in bridges}
    for record in records:
        leg = answered.get(record.caller.call_id)
        caller = free.get(record.place.channel) if record.place else None
        if leg is None or caller is None or remains.is_local(caller):
            continue
        if left := remains.answered(record, caller, leg, there):
            dispatcher.take_over(left, caller)


def _waiting(
    exchange: Exchange, records: Iterable[CallRecord], free: Mapping[str, Channel], bridges: Iterable[Bridge]
) -> list[Waiting]:
    """Return the calls of the callers who are alone, those that hunt in the order in which they began."""
    talked = {channel for bridge in bridges for channel in bridge.channels}
    by_channel = {record.place.channel: record for record in records if record.place}
    waiting = []
    for channel in free.values():
        if channel.id in exchange.owners or remains.is_local(channel):
            continue
        record = by_channel.get(channel.id)
        if record is not None:
            waiting.append((remains.since(record), Waiting(remains.waiting(record, channel), channel)))
        elif remains.is_caller(channel) and channel.id not in talked:
            call_id = exchange.circumstances.new_call_id()
            waiting.append((exchange.clock(), Waiting(remains.unknown(call_id, channel), channel)))
    return [each for _, each in sorted(waiting, key=lambda pair: pair[0])]


async def _away(client: AriClient, channels: Collection[str]) -> None:
    """Wait until Asterisk has put these channels away: a phone shall not ring twice. Raises AriError."""
    try:
        async with asyncio.timeout(AWAY_SECONDS):
            # Events are kept back meanwhile, so it has to be asked for.
            while any(channel.id in channels for channel in await client.channels.list()):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        _log.warning("after connecting: Asterisk still has channels that were released")


def _is_ours(channel: Channel, app: str) -> bool:
    plan = channel.dialplan
    return plan.app_name == STASIS and plan.app_data.split(",", 1)[0] == app


async def _quietly(request: Coroutine[Any, Any, None]) -> None:
    try:
        await request
    except AriError as error:
        _log.debug("%s", error.message)
