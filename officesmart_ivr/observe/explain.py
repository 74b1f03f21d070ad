"""A call's notes in plain words, in the languages of the service."""

from __future__ import annotations

from collections.abc import Mapping

from officesmart_ivr.callplan.model import Language
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact

_ENGLISH: Mapping[Fact, str] = {
    Fact.ARRIVED: "{caller} calls {number}, by {origin} {endpoint}",
    Fact.UNKNOWN_NUMBER: "nobody has the number {number}",
    Fact.MULTISELECTION: "the multiselection '{multiselection}' takes the call",
    Fact.DISABLED: "'{multiselection}' is switched off",
    Fact.PERIOD: "the period '{period}' holds: menu '{menu}' speaks",
    Fact.NO_PERIOD: "no period of '{multiselection}' holds now, and there is no 'otherwise'",
    Fact.MENU: "in the menu '{menu}'",
    Fact.PLAYS: "hears {announcements}",
    Fact.NOT_PLAYED: "that could not be played",
    Fact.ENTRY: "types {entry}: {destination}",
    Fact.WRONG_ENTRY: "types {entry}, which has no meaning here (attempt {attempt} of {attempts})",
    Fact.NO_ENTRY: "types nothing (attempt {attempt} of {attempts})",
    Fact.GOES_TO: "goes on to {destination}",
    Fact.RINGS: "calls the phone of {line}, for {seconds} seconds at most",
    Fact.CALLS_OUTSIDE: "calls the outside number {line} by the trunk '{trunk}', showing {caller_id}, "
    "for {seconds} seconds at most",
    Fact.RINGING: "{line} rings",
    Fact.ANSWERED: "{line} answers",
    Fact.NOT_REACHED: "{line} is not reached: {outcome}",
    Fact.NO_LINE: "{line} is not reached: the trunk '{trunk}' has no line for it ({outcome})",
    Fact.TRUNK_DOWN: "the trunk '{trunk}' is down: {state}",
    Fact.NOT_ALLOWED: "{number} may not be called: nothing in the plan allows it",
    Fact.DENIED: "{number} may not be called: the plan denies {prefix}",
    Fact.PREMIUM: "{number} may not be called: it is a premium number, which {prefix} does not include",
    Fact.NO_TRUNK: "{number} cannot be called: the plan has no trunk for outside calls",
    Fact.TAKEN_OVER: "the application was restarted; the call went on meanwhile",
    Fact.TOO_MANY_STEPS: "goes in circles: more than {steps} steps without an answer",
    Fact.CALLER_LEFT: "the caller hangs up",
    Fact.OTHER_LEFT: "{line} hangs up",
    Fact.ENDED: "ends: {outcome} (cause {cause})",
}

_ITALIAN: Mapping[Fact, str] = {
    Fact.ARRIVED: "{caller} chiama {number}, da {origin} {endpoint}",
    Fact.UNKNOWN_NUMBER: "nessuno ha il numero {number}",
    Fact.MULTISELECTION: "risponde il multiselection «{multiselection}»",
    Fact.DISABLED: "«{multiselection}» è disattivato",
    Fact.PERIOD: "vale il periodo «{period}»: parla il menu «{menu}»",
    Fact.NO_PERIOD: "nessun periodo di «{multiselection}» vale ora, e manca 'otherwise'",
    Fact.MENU: "nel menu «{menu}»",
    Fact.PLAYS: "ascolta {announcements}",
    Fact.NOT_PLAYED: "ma non si è potuto riprodurre",
    Fact.ENTRY: "digita {entry}: {destination}",
    Fact.WRONG_ENTRY: "digita {entry}, che qui non ha significato (tentativo {attempt} di {attempts})",
    Fact.NO_ENTRY: "non digita nulla (tentativo {attempt} di {attempts})",
    Fact.GOES_TO: "prosegue verso {destination}",
    Fact.RINGS: "chiama il telefono di {line}, per {seconds} secondi al massimo",
    Fact.CALLS_OUTSIDE: "chiama il numero esterno {line} dal fascio «{trunk}», mostrando {caller_id}, "
    "per {seconds} secondi al massimo",
    Fact.RINGING: "squilla {line}",
    Fact.ANSWERED: "risponde {line}",
    Fact.NOT_REACHED: "{line} non raggiunto: {outcome}",
    Fact.NO_LINE: "{line} non raggiunto: il fascio «{trunk}» non ha linee ({outcome})",
    Fact.TRUNK_DOWN: "il fascio «{trunk}» è fuori servizio: {state}",
    Fact.NOT_ALLOWED: "{number} non si può chiamare: nel piano nulla lo permette",
    Fact.DENIED: "{number} non si può chiamare: il piano vieta {prefix}",
    Fact.PREMIUM: "{number} non si può chiamare: è un numero a tariffa maggiorata, non compreso in {prefix}",
    Fact.NO_TRUNK: "{number} non si può chiamare: il piano non ha un fascio per le chiamate esterne",
    Fact.TAKEN_OVER: "l'applicazione è stata riavviata; la chiamata intanto è proseguita",
    Fact.TOO_MANY_STEPS: "gira in tondo: più di {steps} passi senza risposta",
    Fact.CALLER_LEFT: "il chiamante riaggancia",
    Fact.OTHER_LEFT: "{line} riaggancia",
    Fact.ENDED: "fine: {outcome} (causa {cause})",
}

_WORDS: Mapping[Language, Mapping[Fact, str]] = {Language.ENGLISH: _ENGLISH, Language.ITALIAN: _ITALIAN}


_ANONYMOUS: Mapping[Language, str] = {Language.ENGLISH: "somebody", Language.ITALIAN: "qualcuno"}


def in_words(note: Note, language: Language = Language.ENGLISH) -> str:
    """Return one note as a sentence."""
    about = note.about
    if note.fact is Fact.ARRIVED and not about["caller"]:
        about = {**about, "caller": _ANONYMOUS[language]}
    return _WORDS[language][note.fact].format_map(about)
