"""What goes wrong in a test call.

::

    OfficeSmartError
    └── PhoneError                  a test phone could not do what it was asked
        ├── MessageError            what arrived is not SIP, SDP or RTP
        ├── RefusedError            a call or a request was answered with a failure; carries ``status``
        ├── WaitedInVainError       the sound, answer or end did not come in time
        └── SippError               SIPp could not run, or its results could not be read
"""

from __future__ import annotations

from officesmart_ivr.errors import OfficeSmartError


class PhoneError(OfficeSmartError):
    """A test phone could not do what it was asked."""


class MessageError(PhoneError):
    """What arrived is not SIP, SDP or RTP."""


class RefusedError(PhoneError):
    """A call or a request was answered with a failure. ``status`` is the SIP status."""

    def __init__(self, message: str, *, status: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class WaitedInVainError(PhoneError):
    """The sound, answer or end that a test waited for did not come in time."""


class SippError(PhoneError):
    """SIPp could not run, or its results could not be read."""
