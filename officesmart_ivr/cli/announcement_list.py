"""``officesmart-ivr announcement list``: what a plan can say, whether it can be heard, and who plays it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from officesmart_ivr.announcements.drafts import Drafts
from officesmart_ivr.announcements.folder import SoundFolder
from officesmart_ivr.announcements.formats import read_sound
from officesmart_ivr.announcements.renditions import lengths, missing
from officesmart_ivr.announcements.speech.engine import Engine, Utterance
from officesmart_ivr.announcements.speech.speaker import Speaker
from officesmart_ivr.announcements.store import stem
from officesmart_ivr.callplan.checks.subject import Walk
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.model import SYSTEM_PROMPTS, Announcement, CallPlan
from officesmart_ivr.callplan.nodes import Path as Place
from officesmart_ivr.cli import options
from officesmart_ivr.cli.announcement import Plan, where
from officesmart_ivr.cli.texts import console, plain
from officesmart_ivr.errors import AnnouncementError, PlanError
from officesmart_ivr.messages import say
from officesmart_ivr.settings import DataFolder


def list_announcements(
    plan: Plan = None,
    sounds: options.Sounds = None,
    data: options.Data = None,
    speech: options.Speech = "",
    cache: options.Cache = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Show each announcement of a plan: its file or text, how long it is, what is ready, and who plays it.

    "ready" are the codings that Asterisk has it in; a plan's sounds become ready when it goes live. "drafts"
    counts what was recorded by telephone and is not saved ('announcement drafts').

    Example: officesmart-ivr announcement list --plan config/callplan.yaml
    """
    chosen, folder = where(plan, sounds, data)
    if chosen is None:
        raise PlanError("a folder of sounds names no announcements", remedy="Name the call plan with --plan.")
    candidate = read(chosen)
    if candidate.remains is None:
        raise PlanError(
            say("the call plan {plan} cannot be read", plan=chosen),
            candidate.findings,
            remedy=say("Mend what the findings say."),
        )
    found = candidate.remains
    uses = _uses(Walk(found))
    data_folder = options.data_folder(data)
    drafts = Drafts(data_folder.drafts).all()
    engine = options.speech_engine(speech, cache)
    listed = [
        {
            "id": name,
            "name": announcement.name,
            "file": announcement.file,
            "text": announcement.text,
            **_state(announcement, found, folder, data_folder, engine),
            "drafts": [draft.id for draft in drafts if draft.label.announcement == name],
            "used_by": uses[name] or (["the system"] if name in SYSTEM_PROMPTS else []),
        }
        for name, announcement in found.announcements.items()
    ]
    if output is options.Format.JSON:
        typer.echo(json.dumps(listed, indent=1, ensure_ascii=False))
        return
    table = Table(
        *("announcement", "says", "seconds", "accepted as", "ready", "drafts", "used by"),
        box=None,
        pad_edge=False,
    )
    for each in listed:
        table.add_row(*_row(each))
    console().print(table)


def _row(told: Mapping[str, Any]) -> Iterator[str]:
    yield plain(told["id"])
    yield plain(told["file"] or f"“{_shortened(told['text'])}”")
    yield "" if told["seconds"] is None else f"{told['seconds']:.1f}"
    yield plain(told["problem"] or told["format"])
    yield " ".join(told["ready"]) or "-"
    yield str(len(told["drafts"]) or "")
    yield plain(", ".join(told["used_by"]) or "nobody")


def _shortened(text: str, letters: int = 40) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _state(
    announcement: Announcement, plan: CallPlan, folder: Path, data: DataFolder, engine: Engine | None
) -> dict[str, Any]:
    """Return how an announcement sounds now, or why it does not."""
    told: dict[str, Any] = {"seconds": None, "format": "", "ready": [], "problem": ""}
    try:
        path = _source(announcement, plan, folder, data, engine)
        if path is None:
            what = f"there is no file {announcement.file}" if announcement.file else "not spoken yet"
            return told | {"problem": what}
        sound, samples = read_sound(path)
    except AnnouncementError as error:
        return told | {"problem": error.message}
    wanted = lengths(sound.format, len(samples))
    lacking = set(missing(stem(data.sounds, sound, samples), wanted))
    return told | {
        "seconds": round(sound.seconds, 3),
        "format": sound.format.name,
        "ready": [extension for extension in wanted if extension not in lacking],
    }


def _source(
    announcement: Announcement, plan: CallPlan, folder: Path, data: DataFolder, engine: Engine | None
) -> Path | None:
    if announcement.file is not None:
        return SoundFolder(folder).locate(announcement.file)
    language = announcement.language or plan.company.language
    utterance = Utterance(announcement.text or "", language.value, announcement.speed)
    spoken = Speaker(data.speech, engine).file(utterance)
    return spoken if spoken.exists() else None


def _uses(walk: Walk) -> Mapping[str, list[str]]:
    """Return who plays each announcement, in the order of the plan."""
    uses: dict[str, list[str]] = defaultdict(list)
    for place, announcement in walk.announcements_used():
        if (user := _user(place)) not in uses[announcement]:
            uses[announcement].append(user)
    return uses


def _user(place: Place) -> str:
    """Return the menu or group that a place of the plan belongs to, as people say it."""
    match place:
        case ("multiselections", multiselection, "menus", menu, *_):
            return f"{multiselection}/{menu}"
        case (_, name, *_):
            return str(name)
    return str(place[0])
