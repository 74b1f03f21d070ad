"""Which channel sits where in a call.

The caller's seat and each leg's are named by the channel that had it first. A transfer changes that:
Asterisk puts a channel of its own in the place of the phone that transfers, and one who was called may move
to the caller's seat.
"""

from __future__ import annotations


class Seats:
    """The seats of one call; ``caller`` is the caller's."""

    def __init__(self, caller: str) -> None:
        self.caller = caller
        self._stand_ins: dict[str, str] = {}

    def replace(self, channel: str, by: str) -> None:
        """Let ``by`` sit where ``channel`` did, which is out from now on, though it may still be there."""
        self._stand_ins[channel] = by

    def is_out(self, channel: str) -> bool:
        """Say whether another channel has been put in the place of this one."""
        return channel in self._stand_ins

    def of(self, channel: str) -> str:
        """Return the seat of a channel."""
        return next((seat for seat, sits in self._stand_ins.items() if sits == channel), channel)

    def sits(self, seat: str) -> str:
        """Return the channel that has a seat now."""
        return self._stand_ins.get(seat, seat)

    def channels(self, seat: str) -> tuple[str, ...]:
        """Return what is to be hung up to free a seat: who sits there, and who did."""
        return (seat, self._stand_ins[seat]) if seat in self._stand_ins else (seat,)
