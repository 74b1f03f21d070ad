"""What the application leaves to the fallback, in two files of the data folder.

``plan.json`` holds the plan that went live last, with its calendars and where its sounds are published;
``state.json`` what people have set and what groups remember. The fallback needs nothing else: not the plan's
own files, which may be broken or half edited, and no database. There are no passwords in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from officesmart_ivr.announcements.catalogue import Clip
from officesmart_ivr.core.lines import LastOffered, Line, View
from officesmart_ivr.core.overrides import Override, Overrides

PLAN_FILE = "plan.json"
STATE_FILE = "state.json"


class KeptPlan(msgspec.Struct, frozen=True):
    """A plan that went live. ``revision`` is None where it could not be given a number.

    ``texts`` are those of its files, ``calendars`` those of the calendars that it names, by their names;
    ``clips`` has its sounds by the announcement's id.
    """

    revision: int | None
    texts: Mapping[str, bytes]
    calendars: Mapping[str, bytes]
    clips: Mapping[str, Clip]


class KeptState(msgspec.Struct, frozen=True):
    """What holds beside the plan: manual overrides, lines without their calls, the groups' memories."""

    overrides: Mapping[str, Override] = {}
    lines: tuple[Line, ...] = ()
    groups: Mapping[str, LastOffered] = {}


def state_of(overrides: Overrides, view: View, groups: Mapping[str, object]) -> KeptState:
    """Return what is to be kept of this moment; ``groups`` are those of the plan."""
    lines = tuple(replace(line, legs=(), registered=False) for line in view.lines)
    last = {name: memory for name in groups if (memory := view.last_offered(name)) is not None}
    return KeptState(dict(overrides), lines, last)


def encoded(kept: KeptPlan | KeptState) -> bytes:
    """Return what is written into a file."""
    return msgspec.json.encode(kept)


def read_plan(folder: Path) -> KeptPlan:
    """Return the plan that is kept in a folder. Raises OSError and msgspec.DecodeError."""
    return msgspec.json.decode((folder / PLAN_FILE).read_bytes(), type=KeptPlan)


def read_state(folder: Path) -> KeptState:
    """Return the state that is kept in a folder. Raises OSError and msgspec.DecodeError."""
    return msgspec.json.decode((folder / STATE_FILE).read_bytes(), type=KeptState)
