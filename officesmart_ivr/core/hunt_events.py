"""What a driver reports to a call that hunts; apart from the other events because of what these carry."""

from __future__ import annotations

from officesmart_ivr.core.events import Event
from officesmart_ivr.core.groups import PreparedGroup
from officesmart_ivr.core.hunt import Decision


class Offered(Event, frozen=True):
    """What was decided on an :class:`~officesmart_ivr.core.effects.Offer`, or for a caller who waits.

    ``decision.members`` have their lines reserved, for the legs that ``decision.choice(offer)`` names. While
    a wave rings, members that become free come by further events of the same offer. ``group`` is None when
    the newest plan has no such group any more.
    """

    offer: str
    group: PreparedGroup | None
    decision: Decision | None


class Placed(Event, frozen=True):
    """The caller has this place in the queue, from 1; said at first, and when it changes."""

    offer: str
    place: int


class QueueFull(Event, frozen=True):
    """There is no place in the queue."""

    offer: str
