"""Uniforme sequenziale: in turns."""

from __future__ import annotations

from collections.abc import Iterable

from officesmart_ivr.core.strategies.port import GroupView, Wave, around_called, one_by_one


class UniformSequential:
    """Begins after the member that was offered a call last, and ends with it.

    A call to a member's own number is no turn: it goes as in circular.
    """

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the members from the one whose turn it is."""
        if view.called_member:
            return one_by_one(around_called(view))
        start = _start(view)
        return one_by_one([*view.members[start:], *view.members[:start]])


def _start(view: GroupView) -> int:
    """Return the place to begin at: where the last one is no more, that of whoever took its place."""
    last = view.last_offered
    if last is None:
        return 0
    place = view.places.get(last.member)
    return last.place if place is None else place + 1
