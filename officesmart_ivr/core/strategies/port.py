"""What a strategy is, and what it may know.

A strategy only puts a group's members in order. Who is free, reserving, ringing, timers and cancelling are
the hunt's (:mod:`officesmart_ivr.core.hunt`). A strategy can be wrong about who comes first, but it cannot
ring a line twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from officesmart_ivr.core.lines import LastOffered

_FEW = 3

Wave = tuple[str, ...]
"""The members that ring together, by their ids."""


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group at the moment of an offer.

    ``members``: the ids of the enabled ones in configured order, the busy ones too; ``places`` tells where in
    it each is; ``weights`` has the weight of each, 0 to 100, in the same order.

    ``called_member``: the member whose own number the caller dialled; empty for a call to the group, and for
    a member that is not enabled. ``last_offered``: the member that was offered a call to the group's number
    last, by any call; None before the first. ``seed``: random, and the same for all offers of one call, so
    that an order that is drawn from it stays.

    ``idle_since`` and ``calls_today`` look at each line when they are called, and answer in the order of
    ``members``: since when it has been waiting, as the group's ``idle_counts`` says; how many of the group's
    calls it has taken on this day (UTC).
    """

    members: Sequence[str]
    places: Mapping[str, int]
    weights: Sequence[int]
    idle_since: Callable[[], Sequence[datetime]]
    calls_today: Callable[[], Sequence[int]]
    called_member: str = ""
    last_offered: LastOffered | None = None
    seed: int = 0


class Strategy(Protocol):
    """Orders the members of a group. Shared by all calls, so it keeps nothing between them."""

    def order(self, view: GroupView) -> Iterable[Wave]:
        """Return the waves to be tried, the first one first; pure.

        Asked anew for each offer of a call, so members that have been tried come up again, and are passed
        over. A member that is in no wave is not rung. The waves are read one by one, as far as they are
        needed; a generator saves work.
        """
        ...


def one_by_one(members: Iterable[str]) -> Iterable[Wave]:
    """Return a wave for each member."""
    return zip(members)


def ascending(view: GroupView, keys: Sequence[Any]) -> Iterator[Wave]:
    """Yield a wave for each member, by these keys of the members; of equals the first configured first."""
    members, left = list(view.members), list(keys)
    # Mostly one of the first few takes the call, and finding it costs a fifth of sorting all.
    for _ in keys[:_FEW]:
        first = left.index(min(left))
        del left[first]
        yield (members.pop(first),)
    for place in sorted(range(len(left)), key=left.__getitem__):
        yield (members[place],)


def after_called(view: GroupView) -> Sequence[str]:
    """Return the members after the one that was called, without a wrap; all for a call to the group."""
    place = view.places.get(view.called_member)
    return view.members if place is None else view.members[place + 1 :]


def around_called(view: GroupView) -> Sequence[str]:
    """Return the members after the one that was called, then those before it; all for a call to the group."""
    place = view.places.get(view.called_member)
    if place is None:
        return view.members
    return [*view.members[place + 1 :], *view.members[:place]]
