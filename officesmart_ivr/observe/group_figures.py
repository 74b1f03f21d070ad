"""What the hunts of a group came to, since the process began."""

from __future__ import annotations

from dataclasses import dataclass, field

from officesmart_ivr.core.effects import HuntEnd
from officesmart_ivr.observe.durations import Durations

WAIT_BOUNDS = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
"""Seconds up to which waits are counted together; the last count has those that took longer."""


@dataclass(slots=True)
class MemberFigures:
    """Calls that a member was ``offered``, has ``answered``, and ``missed`` (rang, nobody took it).

    ``talk_seconds``: how long it has talked in those it answered, once they were over.
    """

    offered: int = 0
    answered: int = 0
    missed: int = 0
    talk_seconds: float = 0.0


@dataclass(slots=True)
class GroupFigures:
    """Calls that a group was ``offered``, and how long those took that left it, by how they did."""

    offered: int = 0
    waits: dict[HuntEnd, Durations] = field(default_factory=dict)
    members: dict[str, MemberFigures] = field(default_factory=dict)

    def ended(self, how: HuntEnd, seconds: float) -> None:
        """Count a call that has left the group after so long."""
        self.waits.setdefault(how, Durations(WAIT_BOUNDS)).add(seconds)

    def count(self, how: HuntEnd) -> int:
        """Return how many calls have left the group like this."""
        return self.waits[how].count if how in self.waits else 0

    @property
    def wait_seconds(self) -> float:
        """How long all calls took to leave the group, altogether."""
        return sum(waits.seconds for waits in self.waits.values())

    @property
    def longest_wait(self) -> float:
        """How many seconds the call took that needed most."""
        return max((waits.longest for waits in self.waits.values()), default=0.0)

    def member(self, line: str) -> MemberFigures:
        """Return the figures of a member."""
        return self.members.setdefault(line, MemberFigures())
