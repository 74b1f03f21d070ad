"""Transfers by phones on the fake Asterisk: which channels come and go, and what is told in which order.

Asterisk carries a transfer out by itself, with a Local channel that takes the place of the phone that
transfers. The application hears of that as a StasisStart that names the replaced channel.
"""

from __future__ import annotations

from officesmart_ivr.ari.events import (
    BridgeAttendedTransfer,
    BridgeBlindTransfer,
    ChannelHangupRequest,
    ChannelUnhold,
    StasisStart,
)
from officesmart_ivr.ari.fake.world import FakeBridge, FakeChannel, World
from officesmart_ivr.ari.models import Channel

TRANSFERS_CONTEXT = "transfers"
"""The context of the dialplan in which a blind transfer begins."""


def blind_transfer(world: World, channel: FakeChannel, number: str) -> None:
    """A phone that talks sends the other side on to ``number``; its own channel stays until it hangs up."""
    bridge, transferee = _conversation(world, channel)
    near, _ = _local(world, f"{number}@{TRANSFERS_CONTEXT}", far_in_stasis=False)
    world.tell(ChannelUnhold(channel=channel.snapshot()))
    _replace(world, channel, near)
    world.tell(
        BridgeBlindTransfer(
            channel=channel.snapshot(),
            replace_channel=near.snapshot(),
            transferee=transferee,
            exten=number,
            context=TRANSFERS_CONTEXT,
            result="Success",
            is_external=True,
            bridge=bridge.snapshot(),
        )
    )


def attended_transfer(world: World, first: FakeChannel, second: FakeChannel) -> None:
    """A phone joins its two calls. The second need not talk: it may ring somebody or be in a menu.

    The second channel ends at once, the first stays until the phone hangs it up.
    """
    first_bridge, transferee = _conversation(world, first)
    talks = second.bridge_id is not None
    second_bridge, target = _conversation(world, second) if talks else (None, None)
    near, far = _local(world, "_attended@transfer", far_in_stasis=True)
    for channel in (first, second) if talks else (first,):
        world.tell(ChannelUnhold(channel=channel.snapshot()))
    _replace(world, second, far)
    if not talks:
        world.leave(second)
    _replace(world, first, near)
    if talks:
        world.tell(ChannelHangupRequest(channel=second.snapshot(), cause=1, soft=True))
        world.leave(second)
    del world.channels[second.id]
    world.tell(
        BridgeAttendedTransfer(
            transferer_first_leg=first.snapshot(),
            transferer_second_leg=second.snapshot(),
            transferee=transferee,
            transfer_target=target,
            result="Success",
            transferer_first_leg_bridge=first_bridge.snapshot(),
            transferer_second_leg_bridge=second_bridge.snapshot() if second_bridge else None,
            destination_type="link" if talks else "application",
            destination_application="" if talks else "Stasis",
            destination_link_first_leg=near.snapshot() if talks else None,
            destination_link_second_leg=far.snapshot() if talks else None,
        )
    )


def _conversation(world: World, channel: FakeChannel) -> tuple[FakeBridge, Channel]:
    """The bridge that a channel is in, and the one whom it talks to."""
    bridge = world.bridges[channel.bridge_id or ""]
    (other,) = (world.channels[each] for each in bridge.channels if each != channel.id)
    return bridge, other.snapshot()


def _local(world: World, name: str, *, far_in_stasis: bool) -> tuple[FakeChannel, FakeChannel]:
    """Both halves of a new Local channel; the near one enters the application when it replaces another."""
    near = FakeChannel(id=world.new_id(), name=f"Local/{name}-00000000;1", inbound=False, state="Down")
    far = FakeChannel(id=world.new_id(), name=f"Local/{name}-00000000;2", inbound=False, state="Up")
    near.partner, far.partner = far.id, near.id
    world.channels |= {near.id: near, far.id: far}
    near.in_stasis, far.in_stasis = True, far_in_stasis
    near.app_data = far.app_data = world.app
    return near, far


def _replace(world: World, channel: FakeChannel, by: FakeChannel) -> None:
    """Put ``by`` where ``channel`` was."""
    world.tell(StasisStart(channel=by.snapshot(), replace_channel=channel.snapshot()))
    channel.replaced = True
    bridge = world.bridges.get(channel.bridge_id or "")
    world.leave_bridge(channel)
    if bridge is not None:
        world.add_to_bridge(bridge, by)
