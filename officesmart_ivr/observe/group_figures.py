"""What a group's hunts came to, since the process began."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from officesmart_ivr.core.effects import HuntEnd


@dataclass(slots=True)
class MemberCounts:
    """Calls that a member was ``offered``, has ``answered``, and ``missed`` (rang, nobody took it)."""

    offered: int = 0
    answered: int = 0
    missed: int = 0


@dataclass(slots=True)
class GroupCounts:
    """Calls of a group: ``offered``, and ``ends`` by how they left it.

    ``seconds`` is how long they took to leave, altogether; ``longest`` the longest of them.
    """

    offered: int = 0
    ends: Counter[HuntEnd] = field(default_factory=Counter)
    seconds: float = 0.0
    longest: float = 0.0
    members: dict[str, MemberCounts] = field(default_factory=dict)

    def ended(self, how: HuntEnd, seconds: float) -> None:
        """Count a hunt that took so long."""
        self.ends[how] += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)

    def member(self, line: str) -> MemberCounts:
        """Return the counts of a member."""
        return self.members.setdefault(line, MemberCounts())
