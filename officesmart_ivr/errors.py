"""Every error that the project raises on purpose.

::

    OfficeSmartError                a message for a person, with a remedy where there is one
    ├── SettingsError               a flag, an environment variable or a folder is wrong
    │   └── NotRunningError         a command needs the application, which does not run
    ├── OutputError                 what a command prints cannot be written
    ├── ApiError                    the local API cannot give what it was asked for
    ├── PlanError                   a call plan was refused; carries its findings
    ├── ToolboxError                Asterisk or another program could not be found, fetched or unpacked
    ├── AsteriskError               Asterisk did not start, or ended at once
    ├── AmiError                    Asterisk's manager interface cannot be used
    ├── AgiError                    Asterisk does not understand the fallback
    │   └── CallerGoneError         the caller's channel, or Asterisk, is no more
    ├── AnnouncementError           a sound file is missing or not accepted, or a text cannot be spoken
    ├── LiveTestError               a test of the plan could not be made as real calls, or they got stuck
    ├── CalendarError               a calendar file (ICS) is missing, unreadable, or asks too much
    ├── StateError                  what is kept cannot be read or written, or would become untrue
    │   └── AmbiguousCallError      several calls begin with what was given of an id
    ├── ImpossibleEventError        an event that cannot happen in a call's present state
    └── AriError                    a request to Asterisk's REST interface failed
        ├── AriUnavailableError     no connection, or no answer in time (retryable)
        ├── AriRequestError         400, 401, 403, 422: our own mistake (fatal)
        ├── AriNotFoundError        404: the channel, bridge, … is not there (any more)
        ├── AriConflictError        409, 412: the resource is in another state than expected
        └── AriServerError          5xx: Asterisk failed to do it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from officesmart_ivr.messages import Text


class OfficeSmartError(Exception):
    """Base of all errors of the project.

    ``message`` says what is wrong, and where; ``remedy`` what to do about it (may be empty). Both are
    English; ``said`` and ``said_remedy`` are the same for those who show them in another language.
    """

    def __init__(self, message: Text, *, remedy: Text = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.remedy = str(remedy)
        self.said = message
        self.said_remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class SettingsError(OfficeSmartError):
    """A flag, an environment variable or a folder is wrong."""


class NotRunningError(SettingsError):
    """A command needs the application, and none runs with the data folder."""


class OutputError(OfficeSmartError):
    """What a command prints cannot be written, such as to a full disk."""


class ApiError(OfficeSmartError):
    """The local API cannot give what it was asked for.

    ``status`` is the HTTP status; ``where`` the parameter at fault, or the path.
    """

    def __init__(self, message: str, *, status: int, where: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.where = where


class PlanError(OfficeSmartError):
    """A call plan was refused. ``findings`` holds all of them, errors and warnings."""

    def __init__(self, message: Text, findings: Sequence[Any] = (), *, remedy: Text = "") -> None:
        super().__init__(message, remedy=remedy)
        self.findings = tuple(findings)


class ToolboxError(OfficeSmartError):
    """Asterisk or another program could not be found, fetched or unpacked."""


class AsteriskError(OfficeSmartError):
    """Asterisk did not start, or ended at once."""


class AmiError(OfficeSmartError):
    """Asterisk's manager interface (AMI) cannot be connected, refuses us, or was lost."""


class AgiError(OfficeSmartError):
    """Asterisk's gateway interface (AGI) does not understand a command of the fallback."""


class CallerGoneError(AgiError):
    """The caller's channel, or Asterisk itself, is no more."""


class AnnouncementError(OfficeSmartError):
    """A sound file is missing or not of an accepted format, or a text cannot be spoken.

    ``faults`` holds each thing that is wrong with a file, where that was looked for.
    """

    def __init__(self, message: Text, *, faults: Sequence[Text] = (), remedy: Text = "") -> None:
        super().__init__(message, remedy=remedy)
        self.faults = tuple(map(str, faults))


class CalendarError(OfficeSmartError):
    """A calendar file is missing, cannot be read, or holds more than is looked at."""


class LiveTestError(OfficeSmartError):
    """A test of the plan could not be made as real calls, or these got stuck."""


class StateError(OfficeSmartError):
    """What is kept of lines and calls cannot be read or written, or would become untrue."""


class AmbiguousCallError(StateError):
    """Several calls begin with what was given of an id."""


class ImpossibleEventError(OfficeSmartError):
    """An event that cannot happen in a call's present state; it ends that call, never the process."""


class AriError(OfficeSmartError):
    """A request to Asterisk's REST interface failed. ``status`` is the HTTP status, 0 without a reply."""

    status: int = 0

    def __init__(self, message: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class AriUnavailableError(AriError):
    """No connection to Asterisk, or no answer in time. Trying again later may help."""


class AriRequestError(AriError):
    """Asterisk refused the request itself (400, 401, 403, 422). Trying again will not help."""


class AriNotFoundError(AriError):
    """404: the channel, bridge, playback or object is not there (any more)."""


class AriConflictError(AriError):
    """409 or 412: the resource is not in the state that the request needs."""


class AriServerError(AriError):
    """5xx: Asterisk tried and failed."""
