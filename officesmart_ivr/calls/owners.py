"""Who gets the events of which id."""

from __future__ import annotations

from typing import Protocol

from officesmart_ivr.ari.events import Event
from officesmart_ivr.calls.handover import Gift


class Mailbox(Protocol):
    """Takes events, and what other calls give; never waits."""

    def post(self, event: Event | Gift) -> None:
        """Take one event or gift."""


class Owners:
    """The claims of all calls. An id is claimed before it is asked for, so no event arrives unowned."""

    def __init__(self) -> None:
        self._owners: dict[str, Mailbox] = {}
        self._claims: dict[Mailbox, list[str]] = {}

    def claim(self, resource: str, owner: Mailbox) -> None:
        """Give the events of a channel, bridge or playback to ``owner``."""
        self._owners[resource] = owner
        self._claims.setdefault(owner, []).append(resource)

    def drop(self, owner: Mailbox) -> None:
        """Forget all claims of an owner."""
        for resource in self._claims.pop(owner, ()):
            if self._owners.get(resource) is owner:
                del self._owners[resource]

    def of(self, resource: str) -> Mailbox | None:
        """Return the owner of an id."""
        return self._owners.get(resource)

    def __contains__(self, resource: object) -> bool:
        return resource in self._owners

    def __len__(self) -> int:
        return len(self._owners)
