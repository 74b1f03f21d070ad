"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from officesmart_ivr.asterisk.toolbox import default_cache
from officesmart_ivr.asterisk.tree import MIRROR_VARIABLE
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
HttpPort = Annotated[int, typer.Option(min=0, max=65535, help="Port of the local API; 0: a free one.")]
Output = Annotated[Format, typer.Option("--format", help="How to print.")]


def data_folder(chosen: Path | None) -> DataFolder:
    """Return the chosen data folder, or this user's own."""
    return DataFolder((chosen or default_data()).absolute())


def cache_folder(chosen: Path | None) -> Path:
    """Return the chosen folder for the fetched Asterisk, or this user's own."""
    return (chosen or default_cache()).absolute()
