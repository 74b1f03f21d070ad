"""Whom a leg rings."""

from __future__ import annotations

import msgspec

_TRUNK = "trunk-"
"""Begins the names of trunks' endpoints, so that no extension can have the same."""

TRANSFERS_CONTEXT = "transfers"
"""The context of Asterisk's dialplan to which phones transfer: see docs/adr/0010-transfers.md."""

OUTSIDE_CONTEXT = "fallback-outside"
"""The context from which the fallback calls numbers outside, and asks whoever answers for a key."""


def trunk_endpoint(trunk: str) -> str:
    """Return the name under which Asterisk knows a trunk of the plan."""
    return _TRUNK + trunk


def trunk_of(endpoint: str) -> str | None:
    """Return the trunk that an endpoint is; None for a phone's."""
    return endpoint.removeprefix(_TRUNK) if endpoint.startswith(_TRUNK) else None


class PhoneTarget(msgspec.Struct, frozen=True, tag="phone"):
    """The phones of an extension."""

    extension: str

    @property
    def line(self) -> str:
        """The line that rings, for notes and for the board of lines."""
        return self.extension


class OutsideTarget(msgspec.Struct, frozen=True, tag="outside"):
    """A number outside, called through a trunk of the plan.

    ``number`` and ``caller_id`` are E.164; emergency and short numbers are as they are dialled. An empty
    ``caller_id`` leaves it to the trunk what the person called sees. An ``emergency`` call knows no limits.
    """

    number: str
    trunk: str
    caller_id: str = ""
    emergency: bool = False

    @property
    def endpoint(self) -> str:
        """What Asterisk is asked to dial."""
        return f"PJSIP/{self.number}@{trunk_endpoint(self.trunk)}"

    @property
    def line(self) -> str:
        """The line that rings, for notes and for the board of lines."""
        return self.number


Target = PhoneTarget | OutsideTarget
