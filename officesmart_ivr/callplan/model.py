"""The call plan as frozen, validated data. Its YAML form is described in ``docs/how-to/edit-the-plan.md``.

Every scalar arrives as text (see :mod:`officesmart_ivr.callplan.files`) and is given its type here. What
needs more than one place of the plan (references, duplicate numbers, loops) is a whole-plan rule in
:mod:`officesmart_ivr.callplan.checks`, not a validator.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
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


def _like(pattern: str, what: str) -> AfterValidator:
    """Make a validator of a text's form; ``what`` completes the sentence ``'x' is not …``."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise PydanticCustomError("bad-value", "'{text}' is not {what}", {"text": text, "what": what})
        return text

    return AfterValidator(check)


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


def _one_line(text: str) -> str:
    """Refuse line ends: names reach Asterisk's configuration and SIP headers, where a line has a meaning."""
    if len(text.splitlines()) > 1:
        raise PydanticCustomError("bad-value", "a name is a single line", {})
    return text


def _sound_file(file: str) -> str:
    """Refuse names that lead out of the folder of sounds."""
    if "\\" in file or "\n" in file or file.startswith("/") or ".." in file.split("/"):
        raise PydanticCustomError(
            "bad-value",
            "'{file}' is not the name of a file in the folder of sounds, such as welcome.wav",
            {"file": file},
        )
    return file


def _nothing(written: object) -> object:
    return None if written == NO_ANNOUNCEMENT else written


def _not_reserved(name: str) -> str:
    if name == NO_ANNOUNCEMENT:
        raise PydanticCustomError(
            "bad-value", "'{name}' means no announcement; use another name", {"name": name}
        )
    return name


NO_ANNOUNCEMENT = "none"
"""Written in place of an announcement's name where nothing is to be played."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_one_line)]
PlanId = Annotated[
    str,
    _like("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "a name of the plan: letters a-z, digits, - and _, at most 64"),
]
ExtensionNumber = Annotated[str, _like("[0-9]{2,8}", "an extension: 2 to 8 digits")]
Number = Annotated[str, _like(r"\+?[0-9]{1,20}", "a number: digits only, no spaces, perhaps a + before them")]
Key = Annotated[str, _like("[0-9*#]", 'a key: one of 0-9, "*" and "#", in quotes')]
Prefix = Annotated[str, _like("[0-9]{1,2}", "a prefix: one or two digits")]
AnnouncementId = Annotated[PlanId, AfterValidator(_not_reserved)]
OptionalAnnouncement = Annotated[PlanId | None, BeforeValidator(_nothing)]
SoundFile = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_sound_file)]
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
    outside_prefix: Prefix = "0"


class Site(Model):
    """A place of the company; ``timezone`` defaults to the company's."""

    name: Name
    timezone: TimeZone | None = None


class Extension(Model):
    """A line of the office; the phone that registered last is rung.

    ``ring_seconds``: how long it rings before the call counts as not answered.
    """

    name: Name
    site: PlanId | None = None
    ring_seconds: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)] = 20.0


class Trunk(Model):
    """A line over which calls come in from the given addresses."""

    from_addresses: Annotated[tuple[Network, ...], Field(min_length=1, max_length=1000)]


class Announcement(Model):
    """A sound that callers hear. ``file`` is looked up in the folder of sounds."""

    name: str = ""
    description: str = ""
    file: SoundFile


class NoInput(Model):
    """What happens when the caller presses nothing.

    ``seconds`` run from the end of the prompt. ``attempts`` counts prompts, the first one too; after the
    last the call goes to ``then``. ``announcement`` is played before the prompt is repeated; the word
    ``none`` in the plan means nothing is.
    """

    seconds: Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)] = 5.0
    attempts: Attempts = 3
    announcement: OptionalAnnouncement = "no-input"
    then: Leads = Destination(kind=To.HANG_UP)


class Invalid(Model):
    """What happens after a key that has no meaning. ``attempts`` counts as in :class:`NoInput`."""

    attempts: Attempts = 3
    announcement: OptionalAnnouncement = "invalid"
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
    numbers: Annotated[tuple[Number, ...], Field(min_length=1, max_length=1000)]
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
    announcements: Mapping[AnnouncementId, Announcement] = Field(default_factory=dict)
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
