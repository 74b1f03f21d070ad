"""The decisions of a hunt: whom to offer a call, who was passed over and why, and when the hunt is over.

Pure. A driver lets the board of lines call :class:`Chooser` in its critical section, so that what is chosen
is reserved, and the group's memory moved, with nothing in between. For each offer::

    search = Search("sales", seed=…)                          # a call enters the group
    choose = Chooser(partial(next_offer, group, search), "<call id>-leg7")
    legs = await board.reserve(call_id, choose, now, group=group.id)
    choose.decision.members, .skipped, .exit                  # ring these; explain; or leave
    search = choose.decision.search                           # these count as tried now
    search = search.ended("201", LegOutcome.NO_ANSWER)        # an offer ended without an answer

and when nobody rings any more, the next offer. While a wave rings, ``partial(joining, group, search)`` adds
those of its members that have become free.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from itertools import islice

import msgspec
from msgspec.structs import replace

from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.groups import PreparedGroup, PreparedMember
from officesmart_ivr.core.lines import Choice, LastOffered, Line, Offer, View
from officesmart_ivr.core.strategies import GroupView, Wave
from officesmart_ivr.core.strategies.port import one_by_one


class Skip(StrEnum):
    """Why a member is not offered a call now."""

    DISABLED = "disabled"
    REMOVED = "removed"
    ALREADY_TRIED = "already_tried"
    LOGGED_OUT = "logged_out"
    UNREACHABLE = "unreachable"
    PAUSED = "paused"
    DO_NOT_DISTURB = "do_not_disturb"
    BUSY = "busy"
    WRAP_UP = "wrap_up"


class Exit(StrEnum):
    """How a hunt ends without an answer; the group's ``when_...`` of the same name says what follows.

    A hunt that is ``busy`` may wait in the group's queue instead.
    """

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"


_ABSENT = frozenset({Skip.DISABLED, Skip.REMOVED, Skip.LOGGED_OUT, Skip.UNREACHABLE})
"""Reasons for which waiting in the queue would be in vain."""

_NOT_TAKEN = frozenset({LegOutcome.NO_ANSWER, LegOutcome.REJECTED, LegOutcome.HUNG_UP})
"""Outcomes of an offer of which somebody has taken notice, or could have."""


_MOST_WAVES = 10_000
"""A strategy that never comes to an end must not hold up all calls."""


class Search(msgspec.Struct, frozen=True):
    """How far one pass of a call through a group is.

    ``called_member``: the member whose own number was dialled, empty for a call to the group. ``seed``:
    random, for the strategies that draw. ``wave``: the members of the wave that was offered last, also those
    that could not be rung. ``tried``: the members that were offered the call, and how that ended; None while
    it has not.
    """

    group: str
    called_member: str = ""
    seed: int = 0
    wave: Wave = ()
    tried: Mapping[str, LegOutcome | None] = {}

    def ended(self, member: str, outcome: LegOutcome) -> Search:
        """Take note of how an offer ended without an answer."""
        return replace(self, tried={**self.tried, member: outcome})


class Decision(msgspec.Struct, frozen=True):
    """What a hunt does next: ring ``members``, in configured order, or leave by ``exit``, or neither.

    ``skipped``: who was passed over on the way there and why, in the order of the strategy. ``search``: the
    search once ``members`` are reserved. ``fault``: what the strategy did wrong, if it had to be replaced.
    """

    search: Search
    members: tuple[PreparedMember, ...] = ()
    skipped: Mapping[str, Skip] = {}
    exit: Exit | None = None
    last_offered: LastOffered | None = None
    fault: str = ""

    def choice(self, leg: str) -> Choice:
        """Return the choice for the board."""
        offers = tuple(Offer(member.id, leg_of(leg, member)) for member in self.members)
        return Choice(offers, self.last_offered)


def leg_of(offer: str, member: PreparedMember) -> str:
    """Return the leg of a member in an offer.

    All places are written alike long: Asterisk refuses a channel's id with which that of another one begins.
    """
    return f"{offer}-{member.place:03}"


class Chooser:
    """A decision in the form that the board calls. ``decision`` is the one made last, so the one in force."""

    decision: Decision

    def __init__(self, decide: Callable[[View], Decision], leg: str) -> None:
        self._decide = decide
        self._leg = leg

    def __call__(self, view: View) -> Choice:
        """Decide from this view."""
        self.decision = self._decide(view)
        return self.decision.choice(self._leg)


def obstacle(member: PreparedMember, line: Line, view: View) -> Skip | None:
    """Say why a member cannot take a call now; None when it can. Numbers outside count as reachable."""
    if not line.logged_in:
        return Skip.LOGGED_OUT
    if not line.registered and not member.is_outside:
        return Skip.UNREACHABLE
    if line.paused:
        return Skip.PAUSED
    if line.do_not_disturb:
        return Skip.DO_NOT_DISTURB
    if line.legs:
        return Skip.BUSY
    return Skip.WRAP_UP if line.wraps_up(view.now) else None


def next_offer(
    group: PreparedGroup, search: Search, view: View, present: Container[str] | None = None
) -> Decision:
    """Take the first wave, in the strategy's order of this moment, that has somebody to offer the call to.

    That is a member which can take a call now and was not offered it in this pass. ``present``: the members
    of the newest plan's group, where that may differ; others are offered nothing any more.

    Exits: ``no_answer`` when somebody was offered the call, in vain (at once where ``next_on_no_answer`` is
    off); ``unreachable`` when everybody is disabled, logged out or not reachable; else ``busy``.
    """
    skipped = dict.fromkeys(() if search.tried else group.left_out, Skip.DISABLED)
    if not group.settings.next_on_no_answer and LegOutcome.NO_ANSWER in search.tried.values():
        return Decision(search, skipped=skipped, exit=Exit.NO_ANSWER)
    faults: list[str] = []
    for wave in _waves(group, _group_view(group, search, view), faults):
        members = _eligible(group, search, view, present, wave, skipped)
        if members:
            return _offered(group, search, wave, members, skipped, *faults)
    return Decision(search, (), skipped, _exit(group, search, view, present, skipped), None, *faults)


def joining(
    group: PreparedGroup, search: Search, view: View, present: Container[str] | None = None
) -> Decision:
    """Take those of the ringing wave who have become able to take the call; often nobody, never an exit."""
    skipped: dict[str, Skip] = {}
    members = _eligible(group, search, view, present, search.wave, skipped)
    return _offered(group, search, search.wave, members, skipped)


def _offered(
    group: PreparedGroup,
    search: Search,
    wave: Wave,
    members: Mapping[str, PreparedMember],
    skipped: Mapping[str, Skip],
    fault: str = "",
) -> Decision:
    """Offer the call to these members of a wave. A call to a member's own number moves no memory."""
    last = None
    if members and not search.called_member:
        *_, newest = members
        last = LastOffered(newest, group.places[newest])
    offered = replace(search, wave=wave, tried={**search.tried, **dict.fromkeys(members)})
    ringing = tuple(sorted(members.values(), key=lambda member: member.place))
    return Decision(offered, ringing, skipped, None, last, fault)


def _eligible(
    group: PreparedGroup,
    search: Search,
    view: View,
    present: Container[str] | None,
    wave: Iterable[str],
    skipped: dict[str, Skip],
) -> dict[str, PreparedMember]:
    """Return who of a wave can be offered the call, in its order; the others go to ``skipped``."""
    found: dict[str, PreparedMember] = {}
    for name in wave:
        member = group.members.get(name)
        if member is None:
            continue
        if name in search.tried:
            skipped[name] = Skip.ALREADY_TRIED
        elif present is not None and name not in present:
            skipped[name] = Skip.REMOVED
        elif reason := obstacle(member, view.line(name), view):
            skipped[name] = reason
        else:
            found[name] = member
    return found


def _group_view(group: PreparedGroup, search: Search, view: View) -> GroupView:
    return GroupView(
        group.order,
        group.places,
        group.weights,
        partial(view.idle_since, group.order, group.idle_group),
        partial(view.calls_today, group.order, group.id),
        search.called_member if search.called_member in group.places else "",
        view.last_offered(group.id),
        search.seed,
    )


def _waves(group: PreparedGroup, view: GroupView, faults: list[str]) -> Iterator[Wave]:
    """Yield the strategy's waves.

    A strategy may come from another package. One that fails must not cost a call: the configured order
    takes over, and the fault is told.
    """
    try:
        for wave in islice(group.strategy.order(view), _MOST_WAVES):
            if isinstance(wave, str):
                raise TypeError(f"'{wave}' is no wave, but a member; write ('{wave}',)")
            yield wave
    except Exception as error:
        faults.append(f"the strategy '{group.settings.strategy}' failed: {type(error).__name__}: {error}")
        yield from one_by_one(view.members)


def _exit(
    group: PreparedGroup,
    search: Search,
    view: View,
    present: Container[str] | None,
    skipped: Mapping[str, Skip],
) -> Exit:
    outcomes = set(search.tried.values())
    if outcomes & _NOT_TAKEN:
        return Exit.NO_ANSWER
    if LegOutcome.BUSY in outcomes:
        return Exit.BUSY
    unseen = [name for name in group.order if name not in skipped]
    reasons: dict[str, Skip] = dict(skipped)
    _eligible(group, search, view, present, unseen, reasons)
    there = [name for name in group.order if reasons.get(name) not in _ABSENT | {Skip.ALREADY_TRIED}]
    return Exit.BUSY if there else Exit.UNREACHABLE
