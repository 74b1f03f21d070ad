"""``officesmart-ivr announcement say``: hear a text before it is in the plan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from officesmart_ivr.announcements import apart
from officesmart_ivr.announcements.jobs import Convert, Converted, Form
from officesmart_ivr.announcements.speech.engine import Utterance, spoken
from officesmart_ivr.announcements.speech.speaker import NO_ENGINE
from officesmart_ivr.callplan.fields import SpokenText
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.cli import options
from officesmart_ivr.cli.texts import plain
from officesmart_ivr.errors import AnnouncementError

_TEXT: TypeAdapter[str] = TypeAdapter(SpokenText)


def say(
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    language: Annotated[Language, typer.Option(help="The language of the text.")] = Language.ITALIAN,
    speed: Annotated[int, typer.Option(min=50, max=200, help="Per cent of the usual speed.")] = 100,
    target: Annotated[Path, typer.Option("--output", help="The WAV file to write.")] = Path("spoken.wav"),
    form: Annotated[Form, typer.Option("--format", help="Coding: 16 kHz PCM, or G.711.")] = Form.PCM,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that is there.")] = False,
    speech: options.Speech = "",
    cache: options.Cache = None,
) -> None:
    """Speak a text into a file, as an announcement with this text would sound.

    Example: officesmart-ivr announcement say "Our offices are closed." --language en --output closed.wav
    """
    engine = options.speech_engine(speech, cache)
    if engine is None:
        raise AnnouncementError(NO_ENGINE, remedy="officesmart-ivr up fetches espeak-ng with Asterisk.")
    try:
        words = _TEXT.validate_python(sys.stdin.read() if text == "-" else text)
    except ValidationError as error:
        details = error.errors()[0]
        raise AnnouncementError(
            "the text is too long" if details["type"] == "string_too_long" else "the text has nothing to say",
            remedy="Write 1 to 1,000 characters, with letters or digits among them.",
        ) from None
    with spoken(engine, Utterance(words, language.value, speed)) as raw:
        done = apart.do_one(Convert(str(raw), str(target.absolute()), form, replace=replace))
    assert isinstance(done, Converted)
    typer.echo(f"{plain(str(target))}: {done.report.seconds:.1f} s, spoken by {engine.name}")
