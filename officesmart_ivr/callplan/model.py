"""The call plan as frozen, validated data. Its YAML form is described in ``docs/how-to/edit-the-plan.md``.

Every scalar arrives as text (see :mod:`officesmart_ivr.callplan.files`) and is given its type here. What
needs more than one place of the plan (references, duplicate numbers, loops) is a whole-plan rule in
:mod:`officesmart_ivr.callplan.checks`, not a validator.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from officesmart_ivr.callplan.destination import Destination, Leads, To

__all__ = [
    "Announcement",
    "CallPlan",
    "Company",
    "Destination",
    "Extension",
    "Invalid",
    "Language",
    "Limits",
    "Menu",
    "Multiselection",
    "NoInput",
    "Otherwise",
    "Site",
    "To",
    "Trunk",
    "Week",
]


class Model(BaseModel):
    """Base of the plan's models: immutable, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError(
            "bad-value", "'{name}' is not a time zone; write it like Europe/Rome", {"name": name}
        ) from None
    return name


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise PydanticCustomError(
            "bad-value",
            "'{text}' is not an address or network such as 192.0.2.10/32 ({error})",
            {"text": text, "error": str(error)},
        ) from None


Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
PlanId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
ExtensionNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,8}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{1,20}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Network = Annotated[str, AfterValidator(_network)]
Attempts = Annotated[int, Field(ge=1, le=10)]


class Language(StrEnum):
    """Languages in which the service speaks."""

    ITALIAN = "it"
    ENGLISH = "en"


class Company(Model):
    """The company whose calls these are. ``outside_prefix`` is dialled before an outside number."""

    name: Name
    language: Language = Language.ITALIAN
    timezone: TimeZone = "Europe/Rome"
    outside_prefix: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")] = "0"


class Site(Model):
    """A place of the company; ``timezone`` defaults to the company's."""

    name: Name
    timezone: TimeZone | None = None


class Extension(Model):
    """A line of the office with one or more phones registered to it.

    ``ring_seconds``: how long it rings before the call counts as not answered.
    """

    name: Name
    site: PlanId | None = None
    ring_seconds: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)] = 20.0


class Trunk(Model):
    """A line over which calls come in from the given addresses."""

    from_addresses: Annotated[tuple[Network, ...], Field(min_length=1)]


class Announcement(Model):
    """A sound that callers hear. ``file`` is looked up in the folder of sounds."""

    name: str = ""
    description: str = ""
    file: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class NoInput(Model):
    """What happens when the caller presses nothing.

    ``seconds`` run from the end of the prompt. ``attempts`` counts prompts, the first one too; after the
    last the call goes to ``then``.
    """

    seconds: Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)] = 5.0
    attempts: Attempts = 3
    announcement: PlanId | None = "no-input"
    then: Leads = Destination(kind=To.HANG_UP)


class Invalid(Model):
    """What happens after a key that has no meaning. ``attempts`` counts as in :class:`NoInput`."""

    attempts: Attempts = 3
    announcement: PlanId | None = "invalid"
    then: Leads = Destination(kind=To.HANG_UP)


class Menu(Model):
    """A menu: an announcement, and what each key does."""

    name: str = ""
    description: str = ""
    announcement: PlanId
    keys: Mapping[Key, Leads] = Field(default_factory=dict)
    dial_extensions: bool = False
    no_input: NoInput = NoInput()
    invalid: Invalid = Invalid()
    when_transfer_fails: Leads = Destination(kind=To.REPLAY)


class Otherwise(Model):
    """The menu that speaks when no period matches."""

    menu: PlanId


class Week(Model):
    """The calendar that chooses a menu."""

    otherwise: Otherwise | None = None


class Multiselection(Model):
    """An auto attendant: numbers, a week, and the menus that it may speak."""

    name: Name
    description: str = ""
    numbers: Annotated[tuple[Number, ...], Field(min_length=1)]
    site: PlanId | None = None
    enabled: bool = True
    when_disabled: Leads | None = None
    week: Week
    default_keys: Mapping[Key, Leads] = Field(default_factory=dict)
    menus: Annotated[Mapping[PlanId, Menu], Field(min_length=1)]


class Limits(Model):
    """Bounds that keep one call, or too many, from harming the others.

    ``call_minutes``: the longest a call may last; ``steps``: transitions of a call without a person
    answering; ``calls``: calls at once.
    """

    call_minutes: Annotated[int, Field(ge=1, le=1440)] = 240
    steps: Annotated[int, Field(ge=4, le=1000)] = 64
    calls: Annotated[int, Field(ge=1, le=100_000)] = 200


class CallPlan(Model):
    """A whole plan. Valid by itself; whether it hangs together is for the checks to say."""

    version: Annotated[int, Field(ge=1, le=1)]
    company: Company
    sites: Mapping[PlanId, Site] = Field(default_factory=dict)
    extensions: Mapping[ExtensionNumber, Extension] = Field(default_factory=dict)
    trunks: Mapping[PlanId, Trunk] = Field(default_factory=dict)
    announcements: Mapping[PlanId, Announcement] = Field(default_factory=dict)
    multiselections: Mapping[PlanId, Multiselection] = Field(default_factory=dict)
    limits: Limits = Limits()


SYSTEM_PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "invalid": "after a key that has no meaning",
        "no-input": "when no key was pressed",
        "transfer-failed": "when the person called could not be reached",
        "unknown-number": "when the number dialled does not exist",
        "not-allowed": "when a call is refused by the rules",
        "too-many-steps": "the apology before a call that found nobody is released",
    }
)
"""Prompts shipped in each language. A plan may name them, and an announcement of the same id replaces one."""
