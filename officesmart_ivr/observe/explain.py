"""A call's notes in plain words, in the languages of the service.

The sentences are a table by fact. What stands in braces is what the core tells with the fact
(``core/notes.py``); codes and ids among it are put into words first, by :data:`_SAID_AS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from officesmart_ivr.callplan.destination import To
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.callplan.week import OTHERWISE
from officesmart_ivr.core.effects import Note
from officesmart_ivr.core.notes import Fact
from officesmart_ivr.core.overrides import OVERRIDE
from officesmart_ivr.core.state import Origin
from officesmart_ivr.core.target import trunk_of
from officesmart_ivr.observe.names import Names
from officesmart_ivr.observe.words import WORDS, Words
from officesmart_ivr.state.call_log import CallRecord

_ENGLISH: Mapping[Fact, str] = {
    Fact.ARRIVED: "{caller} calls {number}, {origin}",
    Fact.UNKNOWN_NUMBER: "nobody has the number {number}",
    Fact.MULTISELECTION: "the multiselection '{multiselection}' takes the call",
    Fact.DISABLED: "'{multiselection}' is switched off",
    Fact.PERIOD: "{period}: the menu '{menu}' speaks",
    Fact.NO_PERIOD: "no period of '{multiselection}' holds now, and there is no 'otherwise'",
    Fact.OVERRIDDEN: "a manual override holds {until}, set by {by} on {since}",
    Fact.OVERRIDE_IGNORED: "the manual override is ignored: '{multiselection}' has no menu '{menu}'",
    Fact.MENU: "in the menu '{menu}'",
    Fact.MENU_AGAIN: "in the menu '{menu}' again",
    Fact.HUNT_GROUP: "the hunt group '{hunt_group}' takes the call",
    Fact.PLAYS: "hears {announcements}",
    Fact.NOT_PLAYED: "that could not be played",
    Fact.ENTRY: "types {entry}: {destination}",
    Fact.WRONG_ENTRY: "types {entry}, which has no meaning here (attempt {attempt} of {attempts})",
    Fact.NO_ENTRY: "types nothing (attempt {attempt} of {attempts})",
    Fact.GOES_TO: "goes on: {destination}",
    Fact.RINGS: "calls the phone of {line}, for {seconds} seconds at most",
    Fact.CALLS_OUTSIDE: "calls the outside number {line} by the trunk '{trunk}', showing {caller_id}, "
    "for {seconds} seconds at most",
    Fact.RINGING: "{line} rings",
    Fact.ANSWERED: "{line} answers",
    Fact.SKIPPED: "{line} is passed over: {why}",
    Fact.ASKED: "{line} answers, and is asked to press {entry}",
    Fact.WAITS: "waits in the queue of '{hunt_group}', in place {place}",
    Fact.QUEUE_FULL: "the queue of '{hunt_group}' is full",
    Fact.LEAVES_QUEUE: "types {entry} and leaves the queue: {destination}",
    Fact.LEAVES_GROUP: "leaves the hunt group '{hunt_group}': {outcome}",
    Fact.HELD: "{line} puts the call on hold",
    Fact.RESUMED: "{line} takes the call off hold",
    Fact.TRANSFERS: "{line} transfers the call to {to}",
    Fact.JOINS: "{line} transfers the call to {to}, with whom it spoke in call {call}",
    Fact.JOINS_RINGING: "{line} transfers the call to {to}, whom it was calling in call {call}",
    Fact.JOINS_MENU: "{line} transfers the call to the menu that it heard in call {call}",
    Fact.JOINS_GROUP: "{line} transfers the call to the group '{hunt_group}', as in call {call}",
    Fact.RECALLS: "the transfer reached nobody: back to {line}",
    Fact.PICKED_UP: "{line} picks the call up (call {call})",
    Fact.PICKS_UP: "picks up what rings: {number}",
    Fact.NOTHING_RINGS: "there is nothing to pick up",
    Fact.HANDED_OVER: "goes on as call {call}",
    Fact.LINE_CHANGED: "{line}: {change}",
    Fact.ASKS_PIN: "wants to change {line}, and is asked for the PIN",
    Fact.WRONG_PIN: "types a wrong PIN (attempt {attempt} of {attempts})",
    Fact.NO_PIN: "may not change {line}: the plan has no PIN",
    Fact.ASKS_PIN_TO_OVERRIDE: "wants to override '{multiselection}', and is asked for the PIN",
    Fact.NO_PIN_TO_OVERRIDE: "may not override '{multiselection}': the plan has no PIN",
    Fact.ASKS_KEY: "is asked for the key of the menu that is to speak at '{multiselection}'",
    Fact.OVERRIDE_SET: "overrides '{multiselection}': the menu '{menu}' speaks until this is cleared",
    Fact.OVERRIDE_CLEARED: "clears the override of '{multiselection}': its week holds again",
    Fact.ASKS_PIN_TO_RECORD: "wants to record an announcement, and is asked for the PIN",
    Fact.NO_PIN_TO_RECORD: "may not record announcements: the plan has no PIN",
    Fact.CALLS_TO_RECORD: "the office wants {line} to record {announcement}",
    Fact.ASKS_ANNOUNCEMENT: "is asked for the number of the announcement to record",
    Fact.RECORDS: "records {announcement}",
    Fact.RECORDED: "has recorded {seconds} seconds",
    Fact.RECORDED_NOTHING: "there is nothing to be heard in the recording",
    Fact.NOT_RECORDED: "the recording could not be kept",
    Fact.LISTENS: "listens to the recording",
    Fact.RECORDING_SAVED: "the recording is saved: callers hear it from now on",
    Fact.RECORDING_NOT_SAVED: "the recording could not be saved",
    Fact.LEFT_AS_DRAFT: "the recording stays a draft",
    Fact.NOT_REACHED: "{line} {outcome}",
    Fact.NO_LINE: "the trunk '{trunk}' has no line for {line}: it {outcome}",
    Fact.TRUNK_DOWN: "the trunk '{trunk}' is down: {state}",
    Fact.NOT_ALLOWED: "{number} may not be called: nothing in the plan allows it",
    Fact.DENIED: "{number} may not be called: the plan denies {prefix}",
    Fact.PREMIUM: "{number} may not be called: it is a premium number, which {prefix} does not include",
    Fact.NO_TRUNK: "{number} cannot be called: the plan has no trunk for outside calls",
    Fact.TAKEN_OVER: "the application was restarted; the talk with {line} went on meanwhile",
    Fact.GOES_ON: "the application was restarted; the call goes on where it was",
    Fact.BEGINS_ANEW: "the application was restarted; where the call was is not known, so it begins anew",
    Fact.CLOSING: "the application is about to stop, and says so",
    Fact.TOO_MANY_STEPS: "goes in circles: more than {steps} steps without an answer",
    Fact.CALLER_LEFT: "the caller hangs up",
    Fact.OTHER_LEFT: "{line} hangs up",
    Fact.ENDED: "ends: {outcome} (cause {cause})",
}

_ITALIAN: Mapping[Fact, str] = {
    Fact.ARRIVED: "{caller} chiama {number}, {origin}",
    Fact.UNKNOWN_NUMBER: "nessuno ha il numero {number}",
    Fact.MULTISELECTION: "risponde il multiselection «{multiselection}»",
    Fact.DISABLED: "«{multiselection}» è disattivato",
    Fact.PERIOD: "{period}: parla il menu «{menu}»",
    Fact.NO_PERIOD: "nessun periodo di «{multiselection}» vale ora, e manca 'otherwise'",
    Fact.OVERRIDDEN: "vale una forzatura manuale {until}, impostata da {by} il {since}",
    Fact.OVERRIDE_IGNORED: "la forzatura manuale è ignorata: «{multiselection}» non ha un menu «{menu}»",
    Fact.MENU: "nel menu «{menu}»",
    Fact.MENU_AGAIN: "di nuovo nel menu «{menu}»",
    Fact.HUNT_GROUP: "prende la chiamata il gruppo «{hunt_group}»",
    Fact.PLAYS: "ascolta {announcements}",
    Fact.NOT_PLAYED: "ma non si è potuto riprodurre",
    Fact.ENTRY: "digita {entry}: {destination}",
    Fact.WRONG_ENTRY: "digita {entry}, che qui non ha significato (tentativo {attempt} di {attempts})",
    Fact.NO_ENTRY: "non digita nulla (tentativo {attempt} di {attempts})",
    Fact.GOES_TO: "prosegue: {destination}",
    Fact.RINGS: "chiama il telefono di {line}, per {seconds} secondi al massimo",
    Fact.CALLS_OUTSIDE: "chiama il numero esterno {line} dal fascio «{trunk}», mostrando {caller_id}, "
    "per {seconds} secondi al massimo",
    Fact.RINGING: "squilla {line}",
    Fact.ANSWERED: "risponde {line}",
    Fact.SKIPPED: "{line} è saltato: {why}",
    Fact.ASKED: "{line} risponde, e gli si chiede di premere {entry}",
    Fact.WAITS: "attende nella coda di «{hunt_group}», al posto {place}",
    Fact.QUEUE_FULL: "la coda di «{hunt_group}» è piena",
    Fact.LEAVES_QUEUE: "digita {entry} e lascia la coda: {destination}",
    Fact.LEAVES_GROUP: "lascia il gruppo «{hunt_group}»: {outcome}",
    Fact.HELD: "{line} mette la chiamata in attesa",
    Fact.RESUMED: "{line} riprende la chiamata",
    Fact.TRANSFERS: "{line} trasferisce la chiamata a {to}",
    Fact.JOINS: "{line} trasferisce la chiamata a {to}, con cui parlava nella chiamata {call}",
    Fact.JOINS_RINGING: "{line} trasferisce la chiamata a {to}, che stava chiamando nella chiamata {call}",
    Fact.JOINS_MENU: "{line} trasferisce la chiamata al menu che ascoltava nella chiamata {call}",
    Fact.JOINS_GROUP: "{line} trasferisce la chiamata al gruppo «{hunt_group}», come nella chiamata {call}",
    Fact.RECALLS: "il trasferimento non ha raggiunto nessuno: ritorno a {line}",
    Fact.PICKED_UP: "{line} preleva la chiamata (chiamata {call})",
    Fact.PICKS_UP: "preleva ciò che squilla: {number}",
    Fact.NOTHING_RINGS: "non c'è nulla da prelevare",
    Fact.HANDED_OVER: "prosegue come chiamata {call}",
    Fact.LINE_CHANGED: "{line}: {change}",
    Fact.ASKS_PIN: "vuole cambiare {line}, e gli si chiede il PIN",
    Fact.WRONG_PIN: "digita un PIN sbagliato (tentativo {attempt} di {attempts})",
    Fact.NO_PIN: "non può cambiare {line}: il piano non ha un PIN",
    Fact.ASKS_PIN_TO_OVERRIDE: "vuole una forzatura per «{multiselection}», e gli si chiede il PIN",
    Fact.NO_PIN_TO_OVERRIDE: "non può impostare una forzatura per «{multiselection}»: il piano non ha un PIN",
    Fact.ASKS_KEY: "gli si chiede il tasto del menu che deve parlare per «{multiselection}»",
    Fact.OVERRIDE_SET: "imposta una forzatura per «{multiselection}»: il menu «{menu}» parla "
    "finché non viene tolta",
    Fact.OVERRIDE_CLEARED: "toglie la forzatura di «{multiselection}»: vale di nuovo la settimana",
    Fact.ASKS_PIN_TO_RECORD: "vuole registrare un annuncio, e gli si chiede il PIN",
    Fact.NO_PIN_TO_RECORD: "non può registrare annunci: il piano non ha un PIN",
    Fact.CALLS_TO_RECORD: "l'ufficio vuole che {line} registri {announcement}",
    Fact.ASKS_ANNOUNCEMENT: "gli si chiede il numero dell'annuncio da registrare",
    Fact.RECORDS: "registra {announcement}",
    Fact.RECORDED: "ha registrato {seconds} secondi",
    Fact.RECORDED_NOTHING: "nella registrazione non si sente nulla",
    Fact.NOT_RECORDED: "non si è potuta conservare la registrazione",
    Fact.LISTENS: "ascolta la registrazione",
    Fact.RECORDING_SAVED: "la registrazione è salvata: da ora la sente chi chiama",
    Fact.RECORDING_NOT_SAVED: "non si è potuta salvare la registrazione",
    Fact.LEFT_AS_DRAFT: "la registrazione resta una bozza",
    Fact.NOT_REACHED: "{line} {outcome}",
    Fact.NO_LINE: "il fascio «{trunk}» non ha linee per {line}: {outcome}",
    Fact.TRUNK_DOWN: "il fascio «{trunk}» è fuori servizio: {state}",
    Fact.NOT_ALLOWED: "{number} non si può chiamare: nel piano nulla lo permette",
    Fact.DENIED: "{number} non si può chiamare: il piano vieta {prefix}",
    Fact.PREMIUM: "{number} non si può chiamare: è un numero a tariffa maggiorata, non compreso in {prefix}",
    Fact.NO_TRUNK: "{number} non si può chiamare: il piano non ha un fascio per le chiamate esterne",
    Fact.TAKEN_OVER: "l'applicazione è stata riavviata; la conversazione con {line} intanto è proseguita",
    Fact.GOES_ON: "l'applicazione è stata riavviata; la chiamata prosegue da dov'era",
    Fact.CLOSING: "l'applicazione sta per fermarsi, e lo dice",
    Fact.BEGINS_ANEW: "l'applicazione è stata riavviata; non si sa dov'era la chiamata, che ricomincia",
    Fact.TOO_MANY_STEPS: "gira in tondo: più di {steps} passi senza risposta",
    Fact.CALLER_LEFT: "il chiamante riaggancia",
    Fact.OTHER_LEFT: "{line} riaggancia",
    Fact.ENDED: "fine: {outcome} (causa {cause})",
}

_SENTENCES: Mapping[Language, Mapping[Fact, str]] = {Language.ENGLISH: _ENGLISH, Language.ITALIAN: _ITALIAN}


@dataclass(frozen=True, slots=True)
class Voice:
    """Says codes and ids in one language, by the names of a plan; an id without a name stays as it is."""

    words: Words
    names: Names

    def line(self, line: str) -> str:
        """Say whose line it is, and its number."""
        name = self.names.line(line)
        return f"{name} ({line})" if name and name != line else line

    def multiselection(self, multiselection: str) -> str:
        """Say a multiselection's name."""
        return self.names.multiselections.get(multiselection, multiselection)

    def outcome(self, outcome: str) -> str:
        """Say how a call ended; in progress for an empty outcome."""
        return self.words.outcomes.get(outcome, outcome) or self.words.in_progress

    def leg_outcome(self, outcome: str) -> str:
        """Say how the ringing of a line ended, as the end of a sentence."""
        return self.words.leg_outcomes.get(outcome) or self.outcome(outcome)

    def trunk_state(self, state: str) -> str:
        """Say why a trunk is down."""
        return self.words.trunk_states.get(state, state)

    def hunt_group(self, group: str) -> str:
        """Say a hunt group's name."""
        return self.names.hunt_groups.get(group, group)

    def skip(self, why: str) -> str:
        """Say why a member was passed over."""
        return self.words.skips.get(why, why)

    def change(self, change: str) -> str:
        """Say what was done to a line."""
        return self.words.changes.get(change, change)

    def period(self, period: str) -> str:
        """Say a period of the week."""
        own = {OTHERWISE: self.words.otherwise, OVERRIDE: self.words.override}
        return own.get(period) or self.words.period.format(period)

    def by(self, by: str) -> str:
        """Say who has done something: a phone's extension, or whoever gave a command."""
        return self.line(by) or self.words.somebody

    def moment(self, moment: str) -> str:
        """Say a moment (ISO 8601), to the minute, as the company's clocks show it."""
        return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(self.names.timezone)):%Y-%m-%d %H:%M}"

    def until(self, moment: str) -> str:
        """Say until when something holds; nothing is until it is cleared."""
        return self.words.until.format(self.moment(moment)) if moment else self.words.until_cleared

    def announcements(self, announcements: str) -> str:
        """Say what is heard; the ids are separated by spaces."""
        return ", ".join(self._announcement(name) for name in announcements.split())

    def caller_id(self, caller_id: str) -> str:
        """Say which number an outside call shows; ``-`` leaves it to the trunk."""
        return self.words.trunks_number if caller_id == "-" else caller_id

    def caller(self, number: str, origin: str, endpoint: str) -> str:
        """Say who calls: one of the office's phones is known by its name, whatever number it shows."""
        if origin == Origin.PHONE and endpoint:
            return self.line(endpoint)
        return number or self.words.somebody

    def origin(self, origin: str, endpoint: str) -> str:
        """Say where a call comes from."""
        return self.words.origins.get(origin, origin).format(endpoint=trunk_of(endpoint) or endpoint)

    def menu(self, menu: str, multiselection: str) -> str:
        """Say the name of a multiselection's menu."""
        return self.names.menus.get(f"{multiselection}/{menu}", menu)

    def destination(self, destination: str, multiselection: str) -> str:
        """Say where the call goes: a kind of destination, and its target where it has one."""
        kind, _, target = destination.partition(" ")
        said = self.words.destinations.get(kind, destination)
        return said.format(target=self._target(kind, target, multiselection))

    def _target(self, kind: str, target: str, multiselection: str) -> str:
        match kind:
            case To.MENU:
                return self._quoted(self.menu(target, multiselection))
            case To.MULTISELECTION:
                return self._quoted(self.multiselection(target))
            case To.PLAY:
                return self._announcement(target)
            case To.EXTENSION:
                return self.line(target)
            case To.HUNT_GROUP:
                return self._quoted(self.hunt_group(target))
            case _:
                return target

    def _announcement(self, name: str) -> str:
        return self._quoted(self.names.announcements.get(name) or self.words.prompts.get(name, name))

    def _quoted(self, text: str) -> str:
        return self.words.quoted.format(text)


_SAID_AS: Mapping[str, Callable[[Voice, str], str]] = {
    "line": Voice.line,
    "to": Voice.line,
    "multiselection": Voice.multiselection,
    "outcome": Voice.leg_outcome,
    "period": Voice.period,
    "by": Voice.by,
    "since": Voice.moment,
    "until": Voice.until,
    "announcements": Voice.announcements,
    "announcement": Voice.announcements,
    "state": Voice.trunk_state,
    "hunt_group": Voice.hunt_group,
    "why": Voice.skip,
    "change": Voice.change,
    "caller_id": Voice.caller_id,
}
"""How what a fact tells is said; what is missing here is said as it is."""


class _Told(dict[str, str]):
    """What a fact tells. A call of the log may be older than one of its facts' words."""

    def __missing__(self, key: str) -> str:
        return "?"


def voice(language: Language, names: Names) -> Voice:
    """Return what says codes and ids in a language."""
    return Voice(WORDS[language], names)


def in_words(note: Note, language: Language, names: Names, multiselection: str = "") -> str:
    """Return one note as a sentence; ``multiselection`` is the one whose menus it means."""
    said = _said(note, voice(language, names), multiselection)
    return _SENTENCES[language][note.fact].format_map(said)


def explained(record: CallRecord, language: Language, names: Names) -> list[str]:
    """Return each step of a call as a sentence."""
    sentences, multiselection = [], ""
    for step in record.steps:
        multiselection = step.note.about.get("multiselection", multiselection)
        sentences.append(in_words(step.note, language, names, multiselection))
    return sentences


def _said(note: Note, voice: Voice, multiselection: str) -> _Told:
    about = note.about
    said = _Told(
        {key: _SAID_AS[key](voice, value) if key in _SAID_AS else value for key, value in about.items()}
    )
    if "menu" in about:
        said["menu"] = voice.menu(about["menu"], multiselection)
    if "destination" in about:
        said["destination"] = voice.destination(about["destination"], multiselection)
    if "origin" in about:
        endpoint = about.get("endpoint", "")
        said["caller"] = voice.caller(about.get("caller", ""), about["origin"], endpoint)
        said["origin"] = voice.origin(about["origin"], endpoint)
    if note.fact is Fact.LEAVES_GROUP:
        said["outcome"] = voice.words.exits.get(about.get("outcome", ""), "")
    if note.fact is Fact.ENDED:
        said["outcome"] = voice.outcome(about.get("outcome", ""))
    return said
