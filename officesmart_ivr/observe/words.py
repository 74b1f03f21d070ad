"""The words for codes inside an explanation, per language. The sentences are in ``explain.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core.events import LegOutcome
from officesmart_ivr.core.hunt import Exit, Skip
from officesmart_ivr.core.lines import LineChange
from officesmart_ivr.core.state import Origin, Outcome
from officesmart_ivr.state.call_log import (
    ANSWERED,
    ANSWERED_ELSEWHERE,
    CALLER_LEFT,
    FAULT,
    INTERRUPTED,
    PICKED_UP,
)
from officesmart_ivr.state.trunks import TrunkState


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    ``outcomes`` complete "the call ended: …", ``leg_outcomes`` a sentence that begins with a line,
    ``trunk_states`` say why a trunk is down, ``skips`` why a member was passed over, ``exits`` why a call
    leaves a group, ``changes`` what was done to a line.
    ``destinations`` and ``origins`` name the ``target`` and the ``endpoint``. ``labels`` stand before the
    parts of a whole call's explanation.
    """

    somebody: str
    period: str
    otherwise: str
    override: str
    until: str
    until_cleared: str
    trunks_number: str
    in_progress: str
    quoted: str
    outcomes: Mapping[str, str]
    leg_outcomes: Mapping[str, str]
    trunk_states: Mapping[str, str]
    skips: Mapping[str, str]
    exits: Mapping[str, str]
    changes: Mapping[str, str]
    destinations: Mapping[str, str]
    origins: Mapping[str, str]
    prompts: Mapping[str, str]
    labels: Mapping[str, str]


_ENGLISH = Words(
    somebody="somebody",
    period="the period '{}'",
    otherwise="outside all periods",
    override="by manual override",
    until="until {}",
    until_cleared="until it is cleared",
    trunks_number="the trunk's number",
    in_progress="in progress",
    quoted="'{}'",
    outcomes={
        Outcome.CONNECTED: "answered",
        Outcome.HANG_UP: "released by the plan",
        Outcome.BUSY: "busy",
        Outcome.NO_ANSWER: "no answer",
        Outcome.UNREACHABLE: "not reachable",
        Outcome.REFUSED: "refused",
        Outcome.LIMIT: "went in circles",
        Outcome.CALLER_LEFT: "the caller hung up",
        Outcome.TRANSFERRED: "transferred",
        INTERRUPTED: "interrupted, the application had stopped",
        FAULT: "a fault of the application",
    },
    leg_outcomes={
        ANSWERED: "answered",
        ANSWERED_ELSEWHERE: "rang until another one answered",
        CALLER_LEFT: "rang until the caller hung up",
        PICKED_UP: "was picked up by another phone",
        LegOutcome.BUSY: "is busy",
        LegOutcome.REJECTED: "rejects the call",
        LegOutcome.NO_ANSWER: "does not answer",
        LegOutcome.UNREACHABLE: "cannot be reached",
        LegOutcome.DO_NOT_DISTURB: "does not want to be disturbed",
        LegOutcome.HUNG_UP: "hung up",
    },
    skips={
        Skip.DISABLED: "not in use",
        Skip.REMOVED: "no member any more",
        Skip.ALREADY_TRIED: "asked already",
        Skip.LOGGED_OUT: "logged out",
        Skip.UNREACHABLE: "no phone can be reached",
        Skip.PAUSED: "paused",
        Skip.DO_NOT_DISTURB: "does not want to be disturbed",
        Skip.BUSY: "in a call",
        Skip.WRAP_UP: "still busy with the last call",
    },
    exits={
        Exit.BUSY: "everybody is busy",
        Exit.NO_ANSWER: "nobody answers",
        Exit.UNREACHABLE: "nobody is there",
    },
    changes={
        LineChange.LOGIN: "logged in",
        LineChange.LOGOUT: "logged out",
        LineChange.PAUSE: "paused",
        LineChange.RESUME: "takes calls again",
        LineChange.DO_NOT_DISTURB_ON: "is not to be disturbed",
        LineChange.DO_NOT_DISTURB_OFF: "may be disturbed again",
    },
    trunk_states={
        TrunkState.UNREACHABLE: "its server does not answer",
        TrunkState.REJECTED: "its server refuses the registration",
    },
    destinations={
        To.REPLAY: "the menu again",
        To.PREVIOUS_MENU: "the previous menu",
        To.HANG_UP: "end of the call",
        To.BUSY: "the busy tone",
        To.MENU: "the menu {target}",
        To.EXTENSION: "the phone of {target}",
        To.HUNT_GROUP: "the hunt group {target}",
        To.MULTISELECTION: "the multiselection {target}",
        To.OUTSIDE: "the outside number {target}",
        To.PLAY: "the announcement {target}",
        To.DIAL: "the number {target}",
    },
    origins={
        Origin.PHONE: "from a phone of the office",
        Origin.TRUNK: "by the trunk '{endpoint}'",
        Origin.OFFICE: "from the office itself",
    },
    prompts={
        "invalid": "this choice is not available",
        "no-input": "nothing was chosen",
        "transfer-failed": "nobody could be reached",
        "unknown-number": "the number does not exist",
        "not-allowed": "the call is not allowed",
        "too-many-steps": "nobody could be found",
        "queue-position": "the place in the queue is",
        "confirm-call": "how to take the call",
        "logged-in": "the line is logged in",
        "logged-out": "the line is logged out",
        "paused": "the line is paused",
        "resumed": "the line takes calls again",
        "do-not-disturb-on": "do not disturb is on",
        "do-not-disturb-off": "do not disturb is off",
        "override-key": "the key of a menu is needed",
        "override-on": "what callers hear now",
        "override-off": "the week holds again",
        "override-disabled": "the multiselection is switched off",
        "enter-pin": "the PIN is needed",
        "wrong-pin": "the PIN is wrong",
        "record-number": "the number of an announcement is needed",
        "record-after-tone": "how to record",
        "record-tone": "a tone",
        "recording-choice": "what to do with the recording",
        "recording-empty": "nothing was heard",
        "recording-saved": "the announcement is saved",
        "recording-not-saved": "the announcement could not be saved",
        **{f"number-{number}": str(number) for number in range(1, 21)},
    },
    labels={
        "call": "Call",
        "from": "from",
        "to": "to",
        "began": "began",
        "ended": "ended",
        "talked": "talked",
        "steps": "What happened",
        "legs": "Who was rung",
    },
)

_ITALIAN = Words(
    somebody="qualcuno",
    period="il periodo «{}»",
    otherwise="fuori da ogni periodo",
    override="per forzatura manuale",
    until="fino al {}",
    until_cleared="finché non viene tolta",
    trunks_number="il numero del fascio",
    in_progress="in corso",
    quoted="«{}»",
    outcomes={
        Outcome.CONNECTED: "ha avuto risposta",
        Outcome.HANG_UP: "chiusa dal piano",
        Outcome.BUSY: "occupato",
        Outcome.NO_ANSWER: "nessuna risposta",
        Outcome.UNREACHABLE: "non raggiungibile",
        Outcome.REFUSED: "rifiutata",
        Outcome.LIMIT: "girava in tondo",
        Outcome.CALLER_LEFT: "il chiamante ha riagganciato",
        Outcome.TRANSFERRED: "trasferita",
        INTERRUPTED: "interrotta, l'applicazione si era fermata",
        FAULT: "un guasto dell'applicazione",
    },
    leg_outcomes={
        ANSWERED: "ha risposto",
        ANSWERED_ELSEWHERE: "ha squillato finché ha risposto un altro",
        CALLER_LEFT: "ha squillato finché il chiamante ha riagganciato",
        PICKED_UP: "prelevata da un altro telefono",
        LegOutcome.BUSY: "è occupato",
        LegOutcome.REJECTED: "rifiuta la chiamata",
        LegOutcome.NO_ANSWER: "non risponde",
        LegOutcome.UNREACHABLE: "non è raggiungibile",
        LegOutcome.DO_NOT_DISTURB: "non vuole essere disturbato",
        LegOutcome.HUNG_UP: "ha riagganciato",
    },
    skips={
        Skip.DISABLED: "non è in uso",
        Skip.REMOVED: "non è più membro",
        Skip.ALREADY_TRIED: "già chiamato",
        Skip.LOGGED_OUT: "non ha fatto l'accesso",
        Skip.UNREACHABLE: "nessun telefono è raggiungibile",
        Skip.PAUSED: "in pausa",
        Skip.DO_NOT_DISTURB: "non vuole essere disturbato",
        Skip.BUSY: "in conversazione",
        Skip.WRAP_UP: "ancora occupato con l'ultima chiamata",
    },
    exits={
        Exit.BUSY: "sono tutti occupati",
        Exit.NO_ANSWER: "non risponde nessuno",
        Exit.UNREACHABLE: "non c'è nessuno",
    },
    changes={
        LineChange.LOGIN: "entra nei suoi gruppi",
        LineChange.LOGOUT: "esce dai suoi gruppi",
        LineChange.PAUSE: "va in pausa",
        LineChange.RESUME: "torna dalla pausa",
        LineChange.DO_NOT_DISTURB_ON: "non vuole più essere disturbato",
        LineChange.DO_NOT_DISTURB_OFF: "può essere disturbato di nuovo",
    },
    trunk_states={
        TrunkState.UNREACHABLE: "il suo server non risponde",
        TrunkState.REJECTED: "il suo server rifiuta la registrazione",
    },
    destinations={
        To.REPLAY: "di nuovo il menu",
        To.PREVIOUS_MENU: "il menu precedente",
        To.HANG_UP: "fine della chiamata",
        To.BUSY: "il tono di occupato",
        To.MENU: "il menu {target}",
        To.EXTENSION: "il telefono di {target}",
        To.HUNT_GROUP: "il gruppo {target}",
        To.MULTISELECTION: "il multiselection {target}",
        To.OUTSIDE: "il numero esterno {target}",
        To.PLAY: "l'annuncio {target}",
        To.DIAL: "il numero {target}",
    },
    origins={
        Origin.PHONE: "da un telefono dell'ufficio",
        Origin.TRUNK: "dal fascio «{endpoint}»",
        Origin.OFFICE: "dall'ufficio stesso",
    },
    prompts={
        "invalid": "la scelta non è disponibile",
        "no-input": "non è stato scelto nulla",
        "transfer-failed": "nessuno è raggiungibile",
        "unknown-number": "il numero non esiste",
        "not-allowed": "la chiamata non è permessa",
        "too-many-steps": "non si è trovato nessuno",
        "queue-position": "la posizione in attesa è",
        "confirm-call": "come prendere la chiamata",
        "logged-in": "la linea è entrata nei gruppi",
        "logged-out": "la linea è uscita dai gruppi",
        "paused": "la linea è in pausa",
        "resumed": "la linea non è più in pausa",
        "do-not-disturb-on": "non disturbare è attivo",
        "do-not-disturb-off": "non disturbare non è più attivo",
        "override-key": "serve il tasto di un menu",
        "override-on": "che cosa sente ora chi chiama",
        "override-off": "vale di nuovo la settimana",
        "override-disabled": "il multiselection è disattivato",
        "enter-pin": "serve il PIN",
        "wrong-pin": "il PIN è sbagliato",
        "record-number": "serve il numero di un annuncio",
        "record-after-tone": "come si registra",
        "record-tone": "un segnale",
        "recording-choice": "che cosa fare della registrazione",
        "recording-empty": "non si è sentito nulla",
        "recording-saved": "l'annuncio è salvato",
        "recording-not-saved": "l'annuncio non si è potuto salvare",
        **{f"number-{number}": str(number) for number in range(1, 21)},
    },
    labels={
        "call": "Chiamata",
        "from": "da",
        "to": "a",
        "began": "iniziata",
        "ended": "finita",
        "talked": "conversazione",
        "steps": "Che cosa è successo",
        "legs": "Chi è stato chiamato",
    },
)

WORDS: Mapping[Language, Words] = {Language.ENGLISH: _ENGLISH, Language.ITALIAN: _ITALIAN}
