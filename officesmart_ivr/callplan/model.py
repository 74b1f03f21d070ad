"""The call plan as frozen, validated data. Its YAML form is described in ``docs/how-to/edit-the-plan.md``.

Every scalar arrives as text (see :mod:`officesmart_ivr.callplan.files`) and is given its type here. What
needs more than one place of the plan (references, duplicate numbers, loops) is a whole-plan rule in
:mod:`officesmart_ivr.callplan.checks`, not a validator.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from officesmart_ivr.callplan.base import Model
from officesmart_ivr.callplan.destination import Destination, Leads, To
from officesmart_ivr.callplan.fields import (
    AnnouncementId,
    Attempts,
    CallablePrefix,
    Calls,
    Country,
    ExtensionNumber,
    Key,
    Name,
    Network,
    Number,
    OptionalAnnouncement,
    OverrideKey,
    PlanId,
    Prefix,
    RecordNumber,
    Server,
    ServiceCode,
    SipUser,
    SoundFile,
    SpokenText,
    TimeZone,
    host_address,
    host_of,
)
from officesmart_ivr.callplan.hunt_groups import HuntGroup, IdleCounts, Member, Music, Queue
from officesmart_ivr.callplan.plan_tests import PlanTest
from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.callplan.times import YearlyDate
from officesmart_ivr.callplan.week import Otherwise, SpecialDay, Week, WeeklyPeriod
from officesmart_ivr.messages import Language, say

__all__ = [
    "Announcement",
    "CallPlan",
    "Company",
    "Destination",
    "Extension",
    "HuntGroup",
    "IdleCounts",
    "Invalid",
    "Language",
    "Limits",
    "Member",
    "Menu",
    "Multiselection",
    "Music",
    "NoInput",
    "Otherwise",
    "OutsideCalls",
    "Queue",
    "SecretName",
    "ServiceCodes",
    "Site",
    "SpecialDay",
    "To",
    "Trunk",
    "Week",
    "WeeklyPeriod",
]


class Company(Model):
    """The company whose calls these are.

    ``outside_prefix`` is dialled before an outside number; ``country`` (ISO 3166, two letters) is the one
    whose numbers may be written without its code. ``emergency_destination`` is who is rung when neither the
    application nor the fallback can serve a call: what a phone dials for an extension, or for the outside.
    """

    name: Name
    country: Country = "IT"
    language: Language = Language.ITALIAN
    timezone: TimeZone = "Europe/Rome"
    outside_prefix: Prefix = "0"
    emergency_destination: Number | None = None


class Site(Model):
    """A place of the company; ``timezone`` defaults to the company's.

    ``caller_id``: the number that outside calls of its lines show; else that of ``outside_calls``.
    ``patron_saint``: its own holiday, which belongs to the national holidays of its multiselections.
    """

    name: Name
    timezone: TimeZone | None = None
    caller_id: Number | None = None
    patron_saint: YearlyDate | None = None


class Extension(Model):
    """A line of the office; all phones that have registered for it ring.

    ``ring_seconds``: how long it rings before the call counts as not answered; ``max_calls``: how many
    calls it may have before another one finds it busy, those that ring included; ``max_phones``: how many
    phones may be registered for it.
    """

    name: Name
    site: PlanId | None = None
    ring_seconds: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)] = 20.0
    max_calls: Annotated[int, Field(ge=1, le=100)] = 1
    max_phones: Annotated[int, Field(ge=1, le=10)] = 5


class SecretName(Model):
    """Stands where a password would: the name under which the secrets hold it."""

    secret: PlanId


class Trunk(Model):
    """A line to a carrier, or to whoever calls from the given addresses.

    ``server`` is where its calls go out to, host and perhaps port; without one the trunk only brings calls
    in. ``username`` and ``password`` answer its digest challenges (RFC 3261, section 22); with ``register``
    they also keep a registration there. ``inbound`` lets calls in, from ``from_addresses``, from the server's
    own address, or through the registration; not said, it is what a trunk without a server is for.
    ``max_calls`` bounds the calls that go out at once.
    """

    server: Server | None = None
    username: SipUser | None = None
    password: SecretName | None = None
    registers: Annotated[bool, Field(alias="register")] = False
    from_addresses: Annotated[tuple[Network, ...], Field(max_length=1000)] = ()
    inbound: bool | None = None
    max_calls: Calls | None = None

    @property
    def brings_calls(self) -> bool:
        """Say whether calls may come in here."""
        return self.server is None if self.inbound is None else self.inbound

    @property
    def host(self) -> str:
        """The server's name or address, without its port; empty without a server."""
        return host_of(self.server or "")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.server is None:
            self._only_brings_calls()
        elif (self.username is None) != (self.password is None):
            raise refusal("missing-field", say("'username' and 'password' go together"))
        elif self.registers and self.username is None:
            message = say("'register' needs 'username' and 'password'")
            raise refusal("missing-field", message, key="register")
        elif self.inbound and not (self.from_addresses or self.registers or host_address(self.host)):
            # Names are not looked up for this: they may fail to resolve, and carriers send from many hosts.
            message = say(
                "calls that come in are known by 'register' or by 'from_addresses'; add one of them"
            )
            raise refusal("missing-field", message, key="inbound")
        return self

    def _only_brings_calls(self) -> None:
        for key, given in (
            ("username", self.username is not None),
            ("password", self.password is not None),
            ("register", self.registers),
            ("max_calls", self.max_calls is not None),
        ):
            if given:
                raise refusal("bad-value", say("'{key}' needs a 'server'", key=key), key=key)
        if not self.from_addresses:
            message = say(
                "a trunk needs a 'server' that calls go out to, or 'from_addresses' that they come from"
            )
            raise refusal("missing-field", message)
        if self.inbound is False:
            message = say("without a 'server' a trunk is for incoming calls only")
            raise refusal("bad-value", message, key="inbound")


class OutsideCalls(Model):
    """The calls that leave the office: by which trunk, to which numbers, and the number that they show.

    ``allow`` and ``deny`` hold beginnings of E.164 numbers, such as ``+39`` (``+`` alone is every number),
    and whole short numbers of the country, such as ``187``. What they mean is told in
    :mod:`officesmart_ivr.core.outside`.
    """

    trunk: PlanId
    allow: Annotated[tuple[CallablePrefix, ...], Field(max_length=1000)] = ()
    deny: Annotated[tuple[CallablePrefix, ...], Field(max_length=1000)] = ()
    max_calls: Calls | None = None
    caller_id: Number | None = None


class Announcement(Model):
    """A sound that callers hear: a ``file`` of the folder of sounds, or a ``text`` that is spoken.

    ``language`` (the company's, if not said) and ``speed`` (per cent of the usual) are a text's.
    ``record_number``: by what it is called where somebody records the file by telephone; until then the file
    need not be there.
    """

    name: str = ""
    description: str = ""
    file: SoundFile | None = None
    text: SpokenText | None = None
    language: Language | None = None
    speed: Annotated[int, Field(ge=50, le=200)] = 100
    record_number: RecordNumber | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.file is None) == (self.text is None):
            message = say("an announcement needs either a 'file' or a 'text' that is spoken")
            raise refusal("missing-field" if self.file is None else "bad-value", message)
        for key in ("language", "speed"):
            if self.text is None and key in self.model_fields_set:
                message = say("'{key}' is for an announcement with a 'text'", key=key)
                raise refusal("bad-value", message, key=key)
        if self.file is None and self.record_number is not None:
            message = say(
                "a text is spoken, not recorded: 'record_number' is for an announcement with a 'file'"
            )
            raise refusal("bad-value", message, key="record_number")
        return self


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


class Multiselection(Model):
    """An auto attendant: numbers, a week, and the menus that it may speak.

    ``override_keys``: the key by which a phone chooses each menu for an override. Where it is not said, the
    keys 1 to 9 are the first menus in their order.
    """

    name: Name
    description: str = ""
    numbers: Annotated[tuple[Number, ...], Field(min_length=1, max_length=1000)]
    site: PlanId | None = None
    enabled: bool = True
    when_disabled: Leads | None = None
    week: Week
    override_keys: Mapping[OverrideKey, PlanId] = Field(default_factory=dict)
    default_keys: Mapping[Key, Leads] = Field(default_factory=dict)
    menus: Annotated[Mapping[PlanId, Menu], Field(min_length=1)]


class ServiceCodes(Model):
    """What phones dial for a service of the office; the number that a service needs follows at once.

    ``pick_up``: with an extension, the call that rings there; without, the one that has rung longest at the
    caller's own site. ``login``, ``pause`` and ``do_not_disturb`` turn that state of the caller's own line on
    or off, whichever it is not; with a line's number, that of another line, for whoever knows the ``pin``.
    ``override``: with a multiselection's number, the manual override of that one; without, of the only one at
    the caller's site, else of the only one there is. ``record``: with an announcement's ``record_number``,
    records that one; without, asks which. These two change what all callers hear, so the PIN is always asked.
    """

    pick_up: ServiceCode | None = None
    login: ServiceCode | None = None
    pause: ServiceCode | None = None
    do_not_disturb: ServiceCode | None = None
    override: ServiceCode | None = None
    record: ServiceCode | None = None
    pin: SecretName | None = None


class Limits(Model):
    """Bounds that keep one call, or too many, from harming the others.

    ``call_minutes``: the longest a call may last; ``steps``: transitions of a call without a person
    answering; ``calls``: calls at once; ``calls_per_second``: new ones, on average of two seconds;
    ``recording_seconds``: the longest that one may record by telephone.
    """

    call_minutes: Annotated[int, Field(ge=1, le=1440)] = 240
    steps: Annotated[int, Field(ge=4, le=1000)] = 64
    calls: Calls = 200
    calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    recording_seconds: Annotated[int, Field(ge=5, le=600)] = 180


class CallLogRules(Model):
    """How the call log is kept. ``keep_days``: a call is deleted that many days after it began."""

    keep_days: Annotated[int, Field(ge=1, le=36500)] = 180


class CallPlan(Model):
    """A whole plan. Valid by itself; whether it hangs together is for the checks to say."""

    version: Annotated[int, Field(ge=1, le=1)]
    company: Company
    sites: Mapping[PlanId, Site] = Field(default_factory=dict)
    extensions: Mapping[ExtensionNumber, Extension] = Field(default_factory=dict)
    trunks: Mapping[PlanId, Trunk] = Field(default_factory=dict)
    outside_calls: OutsideCalls | None = None
    announcements: Mapping[AnnouncementId, Announcement] = Field(default_factory=dict)
    multiselections: Mapping[PlanId, Multiselection] = Field(default_factory=dict)
    hunt_groups: Mapping[PlanId, HuntGroup] = Field(default_factory=dict)
    service_codes: ServiceCodes = ServiceCodes()
    limits: Limits = Limits()
    call_log: CallLogRules = CallLogRules()
    tests: Annotated[tuple[PlanTest, ...], Field(max_length=1000)] = ()


SYSTEM_PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "invalid": "after a key that has no meaning",
        "no-input": "when no key was pressed",
        "transfer-failed": "when the person called could not be reached",
        "unknown-number": "when the number dialled does not exist",
        "not-allowed": "when a call is refused by the rules",
        "too-many-steps": "the apology before a call that found nobody is released",
        "queue-position": "in a queue, before the number of the place",
        "confirm-call": "to somebody outside who answers a group's call",
        "logged-in": "to a phone that has logged a line in",
        "logged-out": "to a phone that has logged a line out",
        "paused": "to a phone that has paused a line",
        "resumed": "to a phone that has ended a line's pause",
        "do-not-disturb-on": "to a phone that has turned it on for a line",
        "do-not-disturb-off": "to a phone that has turned it off for a line",
        "override-key": "to a phone that is to choose the menu of an override",
        "override-on": "before the announcement of the menu that callers hear from now on",
        "override-off": "to a phone that has cleared an override",
        "override-disabled": "to a phone that has done either where it changes nothing: all is switched off",
        "enter-pin": "to a phone that wants what needs the PIN",
        "wrong-pin": "when what it has typed is not the PIN",
        "record-number": "to a phone that is to choose the announcement that it will record",
        "record-after-tone": "before a phone records an announcement",
        "record-tone": "the tone after which it records",
        "recording-choice": "after a recording: to listen, to record again, or to save",
        "recording-empty": "when nothing was to be heard in it",
        "recording-saved": "when callers hear it from now on",
        "recording-not-saved": "when it could not be kept or saved",
        **{f"number-{number}": f"the number {number}, as a place in a queue" for number in range(1, 21)},
    }
)
"""Prompts shipped in each language. A plan may name them, and an announcement of the same id replaces one."""
