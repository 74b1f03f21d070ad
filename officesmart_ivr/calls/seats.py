"""Which channel sits where in a call.

The caller's seat and each leg's are named by the channel that was made first for them. Who sits there may be
another one: the phones of a line ring for one seat, and the first that answers has it; a transfer puts a
channel of Asterisk's own in the place of the phone that transfers; and one who was called may move to the
caller's seat.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from officesmart_ivr.core.events import LegEnded, LegOutcome

_SAYS_MOST_FIRST = (LegOutcome.REJECTED, LegOutcome.BUSY, LegOutcome.NO_ANSWER, LegOutcome.UNREACHABLE)
"""What became of a line whose phones ended differently: what a person has done before what nobody has."""


@dataclass(slots=True, eq=False)
class Seat:
    """One place in a call.

    ``channels`` has who sits there, and all phones that ring for it until one answers; ``outside`` the phones
    that have transferred the call, which may still be there. ``ended`` is how those phones ended that ring
    no more: of several the end that says most.
    """

    name: str
    channels: list[str]
    outside: list[str] = field(default_factory=list)
    ended: LegEnded | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """What is to be hung up to free the seat."""
        return (*self.channels, *self.outside)


class Seats:
    """The seats of one call; ``caller`` is the name of the caller's."""

    def __init__(self, caller: Seat) -> None:
        self.caller = caller.name
        self._seats: dict[str, Seat] = {}
        self._seat_of: dict[str, Seat] = {}
        self.add(caller)

    def add(self, seat: Seat) -> None:
        """Add a seat with those who have it, or ring for it."""
        self._seats[seat.name] = seat
        self._seat_of |= dict.fromkeys(seat.all, seat)

    def remove(self, name: str) -> Seat:
        """Take a seat out, as when another call gets it."""
        seat = self._seats.pop(name)
        for channel in seat.all:
            del self._seat_of[channel]
        return seat

    @property
    def everybody(self) -> frozenset[str]:
        """All who have had a seat, whoever of them is still there."""
        return frozenset(channel for seat in self._seats.values() for channel in seat.all)

    def ring(self, name: str, channel: str) -> None:
        """Let one more phone ring for a seat."""
        self._seats[name].channels.append(channel)
        self._seat_of[channel] = self._seats[name]

    def answered(self, name: str, channel: str) -> tuple[str, ...]:
        """Give a seat to the phone that has answered; return the others that ring for it, which lose it."""
        seat = self._seats[name]
        others = tuple(other for other in seat.channels if other != channel)
        seat.channels = [channel]
        for other in others:
            del self._seat_of[other]
        return others

    def phone_ended(self, channel: str, ended: LegEnded) -> LegEnded | None:
        """Take note how a phone that did not answer has ended.

        Returns how its leg has ended by that; None while other phones ring for the seat.
        """
        seat = self._seat_of.pop(channel)
        seat.channels.remove(channel)
        seat.ended = min(
            (each for each in (seat.ended, ended) if each is not None),
            key=lambda each: _SAYS_MOST_FIRST.index(each.outcome),
        )
        return None if seat.channels else seat.ended

    def replace(self, channel: str, by: str) -> None:
        """Let ``by`` sit where ``channel`` did, which is outside from now on; it may still be there."""
        seat = self._seat_of[by] = self._seat_of[channel]
        seat.channels = [by]
        seat.outside.append(channel)

    def is_outside(self, channel: str) -> bool:
        """Say whether another channel has been put in the place of this one."""
        seat = self._seat_of.get(channel)
        return seat is not None and channel in seat.outside

    def has_transferred(self, name: str) -> bool:
        """Say whether a phone that had this seat has transferred the call."""
        return name in self._seats and bool(self._seats[name].outside)

    def of(self, channel: str) -> str | None:
        """Return the seat that a channel has, had before another one took its place, or rings for."""
        seat = self._seat_of.get(channel)
        return None if seat is None else seat.name

    def sits(self, name: str) -> str:
        """Return the channel that has a seat now."""
        seat = self._seats.get(name)
        return seat.channels[0] if seat and seat.channels else name

    def here(self, name: str) -> tuple[str, ...]:
        """Return who sits there, or rings for the seat."""
        return tuple(self._seats[name].channels) if name in self._seats else ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return what is to be hung up to free a seat: who sits there or rings for it, and who did sit."""
        return self._seats[name].all if name in self._seats else ()
