"""What the local API says, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from officesmart_ivr.callplan.model import Language
from officesmart_ivr.observe.explain import in_words
from officesmart_ivr.state.call_log import CallRecord
from officesmart_ivr.state.trunks import TrunkStatus

STATUS_PATH = "/v1/status"
CALLS_PATH = "/v1/calls"


class TrunkView(msgspec.Struct, frozen=True):
    """A trunk: its state (`TrunkState`), since when in ISO 8601, and why in words, empty if all is well."""

    state: str
    since: str
    reason: str


def view_trunk(status: TrunkStatus) -> TrunkView:
    """Return the state of a trunk as the API shows it."""
    return TrunkView(status.state.value, status.since.isoformat(), status.reason)


class Status(msgspec.Struct, frozen=True):
    """How the application does. ``ready``: connected to Asterisk, phones and trunks made.

    ``registered``: the extensions whose phone can be reached now.
    """

    ready: bool
    version: str
    plan: str
    company: str
    calls: int
    numbers: Mapping[str, str]
    extensions: Mapping[str, str]
    registered: Sequence[str]
    trunks: Mapping[str, TrunkView]
    counts: Mapping[str, int]


class StepView(msgspec.Struct, frozen=True):
    """One line of an explanation: ``at`` in ISO 8601, ``what`` a code, ``text`` the same in words."""

    at: str
    what: str
    about: Mapping[str, str]
    text: str


class CallView(msgspec.Struct, frozen=True):
    """A call. ``ended`` and ``outcome`` are empty while it lasts."""

    id: str
    sip_call_id: str
    number: str
    caller: str
    began: str
    ended: str
    outcome: str
    steps: list[StepView]


def view(record: CallRecord, language: Language) -> CallView:
    """Return a record of the call log as the API shows it."""
    return CallView(
        id=record.caller.call_id,
        sip_call_id=record.sip_call_id,
        number=record.caller.dialled,
        caller=record.caller.number,
        began=record.began.isoformat(),
        ended=record.ended.isoformat() if record.ended else "",
        outcome=record.outcome,
        steps=[
            StepView(
                at=step.at.isoformat(),
                what=step.note.fact.value,
                about=step.note.about,
                text=in_words(step.note, language),
            )
            for step in record.steps
        ],
    )
