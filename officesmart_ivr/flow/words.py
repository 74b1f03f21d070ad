"""The words of a drawing, in the languages of the service; the others are in ``observe/words.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from officesmart_ivr.callplan.model import Language


@dataclass(frozen=True, slots=True)
class FlowWords:
    """The words of one language; those with braces are completed."""

    disabled: str
    when_disabled: str
    no_input: str
    invalid: str
    when_transfer_fails: str
    when_busy: str
    when_no_answer: str
    when_unreachable: str
    queue: str
    leave_queue: str
    direct: str
    not_in_use: str
    more: str
    any_extension: str


WORDS: Mapping[Language, FlowWords] = {
    Language.ENGLISH: FlowWords(
        disabled="switched off",
        when_disabled="when switched off",
        no_input="no key pressed",
        invalid="invalid key",
        when_transfer_fails="nobody reached",
        when_busy="all busy",
        when_no_answer="no answer",
        when_unreachable="nobody there",
        queue="queue of {}",
        leave_queue="{} in the queue",
        direct="takes over calls to a member that is busy",
        not_in_use="{} (not in use)",
        more="and {} more",
        any_extension="an extension may be typed",
    ),
    Language.ITALIAN: FlowWords(
        disabled="disattivato",
        when_disabled="se disattivato",
        no_input="nessun tasto",
        invalid="tasto errato",
        when_transfer_fails="nessuno raggiunto",
        when_busy="tutti occupati",
        when_no_answer="nessuna risposta",
        when_unreachable="non c'è nessuno",
        queue="coda di {}",
        leave_queue="{} nella coda",
        direct="prende le chiamate a un membro occupato",
        not_in_use="{} (non in uso)",
        more="e altri {}",
        any_extension="si può digitare un interno",
    ),
}
