"""Whom a leg rings."""

from __future__ import annotations

import msgspec


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
    ``caller_id`` leaves it to the trunk what the person called sees.
    """

    number: str
    trunk: str
    caller_id: str = ""

    @property
    def line(self) -> str:
        """The line that rings, for notes and for the board of lines."""
        return self.number


Target = PhoneTarget | OutsideTarget
