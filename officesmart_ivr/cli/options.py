"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from officesmart_ivr.announcements.speech import engines
from officesmart_ivr.announcements.speech.engine import Engine
from officesmart_ivr.announcements.speech.engines import SPEECH_VARIABLE
from officesmart_ivr.asterisk.toolbox import default_cache, find_espeak
from officesmart_ivr.asterisk.tree import MIRROR_VARIABLE
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.settings import DATA_VARIABLE, DataFolder, default_data


class Format(StrEnum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


Data = Annotated[
    Path | None,
    typer.Option("--data", envvar=DATA_VARIABLE, help="Data folder (default: one per user)."),
]
Sounds = Annotated[
    Path | None,
    typer.Option("--sounds", help="Folder of sound files (default: sounds/ beside the plan, or above it)."),
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Folder of the fetched Asterisk (default: one per user).")
]
Mirror = Annotated[
    str | None,
    typer.Option(
        "--mirror", envvar=MIRROR_VARIABLE, help="Debian mirror to fetch from (default: this machine's)."
    ),
]
Speech = Annotated[
    str,
    typer.Option(
        "--speech",
        envvar=SPEECH_VARIABLE,
        help="What speaks texts: pico, espeak-ng, 'piper it=VOICE.onnx', 'command PROGRAM {output}' "
        "(default: the first two, as they are there).",
    ),
]
RtpPorts = Annotated[str, typer.Option(help="Ports for sound, START-END; 0: free ones.")]
Address = Annotated[
    str | None, typer.Option(help="Address by which phones reach this machine (default: found out).")
]
HttpPort = Annotated[int, typer.Option(min=0, max=65535, help="Port of the local API; 0: a free one.")]
Watch = Annotated[
    bool, typer.Option("--watch/--no-watch", help="Let edits of the plan's files go live by themselves.")
]
Drain = Annotated[
    float,
    typer.Option(
        "--drain",
        min=0,
        help="Seconds that calls may go on when told to stop, before callers who wait are released with an "
        "apology; 0: stop at once, and leave all calls to the next start. A second signal stops at once.",
    ),
]
Output = Annotated[Format, typer.Option("--format", help="How to print.")]


def data_folder(chosen: Path | None) -> DataFolder:
    """Return the chosen data folder, or this user's own."""
    return DataFolder((chosen or default_data()).absolute())


def cache_folder(chosen: Path | None) -> Path:
    """Return the chosen folder for the fetched Asterisk, or this user's own."""
    return (chosen or default_cache()).absolute()


def port_range(text: str) -> tuple[int, int]:
    """Return the first and the last port of ``START-END``; ``(0, 0)`` for 0. Raises SettingsError."""
    if text == "0":
        return 0, 0
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) < int(last) <= 65535):
        raise SettingsError(f"--rtp-ports {text}: not a range", remedy="Write it like 10000-10999.")
    return int(first), int(last)


def speech_engine(wanted: str, cache: Path | None) -> Engine | None:
    """Return what speaks, as chosen; None if nothing does. Raises SettingsError."""
    return engines.choose(wanted, find_espeak(cache_folder(cache)))
