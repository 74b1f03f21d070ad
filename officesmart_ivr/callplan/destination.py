"""Where a key, a timeout or a failure leads."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from officesmart_ivr.callplan.refusals import refusal
from officesmart_ivr.messages import say


class To(StrEnum):
    """The kinds of destination. The first four are written as a bare word, the others with a target."""

    REPLAY = "replay"
    PREVIOUS_MENU = "previous_menu"
    HANG_UP = "hang_up"
    BUSY = "busy"
    MENU = "menu"
    EXTENSION = "extension"
    HUNT_GROUP = "hunt_group"
    MULTISELECTION = "multiselection"
    OUTSIDE = "outside"
    PLAY = "play"
    DIAL = "dial"


BARE_WORDS = (To.REPLAY, To.PREVIOUS_MENU, To.HANG_UP, To.BUSY)
WITH_TARGET = tuple(kind for kind in To if kind not in BARE_WORDS)
_WITH_NUMBER = (To.OUTSIDE, To.DIAL)
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_EXTRAS = ("announcement", "label")


class Destination(BaseModel):
    """One destination. ``target`` is empty for the bare words, else an id of the plan or a number.

    ``announcement`` is the id of what is played first; ``label`` a name for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: To
    target: str = ""
    announcement: str | None = None
    label: str | None = None

    def __str__(self) -> str:
        return f"{self.kind.value} {self.target}".rstrip()


def _parse(written: Any) -> Any:
    """Turn what stands in the YAML into the fields of :class:`Destination`.

    Raises PydanticCustomError, made by :func:`refusal`, of any of its reasons.
    """
    if isinstance(written, Destination):
        return written
    if isinstance(written, str):
        if written in BARE_WORDS:
            return {"kind": written}
        if written in WITH_TARGET:
            raise refusal(
                "bad-value", say("'{word}' needs a target: {{{word}: ...}}", word=written), word=written
            )
        message = say(
            "'{word}' is not a destination; write one of {words}, or a mapping such as {{menu: day}}",
            word=written,
            words=", ".join(BARE_WORDS),
        )
        raise refusal("bad-value", message, word=written, known=list(BARE_WORDS))
    if not isinstance(written, dict):
        raise refusal(
            "bad-value", say("a destination is a word such as hang_up or a mapping such as {{menu: day}}")
        )
    for key in written:
        if key not in WITH_TARGET and key not in _EXTRAS and key not in BARE_WORDS:
            message = say("'{key}' is not a kind of destination", key=key)
            raise refusal("unknown-field", message, key=key, known=[*WITH_TARGET, *_EXTRAS])
    kinds = [key for key in written if key not in _EXTRAS]
    if not kinds:
        message = say("a destination needs exactly one of {known}", known=", ".join(WITH_TARGET))
        raise refusal("missing-field", message)
    if len(kinds) > 1:
        message = say(
            "a destination leads to one place, here are {count}: {kinds}",
            count=len(kinds),
            kinds=", ".join(kinds),
        )
        raise refusal("bad-value", message, key=kinds[1])
    kind = kinds[0]
    if kind in BARE_WORDS:
        message = say("'{word}' has no target; write it as a bare word", word=kind)
        raise refusal("bad-value", message, key=kind)
    target = written[kind]
    if not isinstance(target, str) or not target.strip():
        raise refusal("bad-value", say("'{word}' needs a target", word=kind), key=kind)
    if kind in _WITH_NUMBER and not _NUMBER.fullmatch(target.strip()):
        message = say("'{number}' is not a number: digits only, no spaces", number=target)
        raise refusal("bad-value", message, key=kind)
    fields: dict[str, Any] = {"kind": kind, "target": target.strip()}
    for extra in _EXTRAS:
        if extra in written:
            if not isinstance(written[extra], str) or not written[extra]:
                raise refusal("bad-value", say("'{key}' must be a text", key=extra), key=extra)
            fields[extra] = written[extra]
    return fields


Leads = Annotated[Destination, BeforeValidator(_parse)]
"""A destination as the plan writes it: a bare word, or a mapping with exactly one target."""
