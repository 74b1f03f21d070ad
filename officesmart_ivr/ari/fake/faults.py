"""Faults that a test orders for requests to come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(slots=True)
class Fault:
    """What happens to the next request that fits ``method`` and ``path``.

    ``path`` is a pattern below ``/ari`` (``/channels/*/answer``). With a ``status`` the request is refused
    and changes nothing. With ``hold`` it is not carried out until the test sets the event. With ``release``
    it is carried out, but the reply waits until the test sets the event; one that is never set is a reply
    that never comes. ``met`` is set when the request has come and, unless it is refused or held, has been
    carried out.
    """

    path: str = "*"
    method: str = "*"
    status: int | None = None
    message: str = "ordered by the test"
    hold: asyncio.Event | None = None
    release: asyncio.Event | None = None
    met: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, method: str, path: str) -> bool:
        """Whether this fault is meant for such a request."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class FaultQueue:
    """The faults still to happen; each happens once, in the order in which they were ordered."""

    pending: list[Fault] = field(default_factory=list)
    taken: list[Fault] = field(default_factory=list)
    """Kept: a reply that waits for an event which nobody knows any more would be garbage, task and all."""

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that fits, which is then used up."""
        for fault in self.pending:
            if fault.fits(method, path):
                self.pending.remove(fault)
                self.taken.append(fault)
                return fault
        return None
