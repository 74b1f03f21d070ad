"""How commands write what people read."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_NAME = "officesmart-ivr"
_PIPED_WIDTH = 200
"""Columns where no terminal tells how many it has."""


def console() -> Console:
    """Return where tables are printed; lines for a pipe or a file are not cut to a terminal's width."""
    # Commands that print no table need not wait for it.
    from rich.console import Console

    made = Console(highlight=False, markup=False)
    return made if made.is_terminal else Console(highlight=False, markup=False, width=_PIPED_WIDTH)


def plain(text: str) -> str:
    """Return a text without what would steer a terminal: callers choose the names that they show."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def program() -> str:
    """Return how this program can be typed: by its name where PATH leads to it, else by its file."""
    own = Path(sys.argv[0]).absolute()
    found = shutil.which(_NAME)
    if own.name != _NAME or (found and os.path.realpath(found) == os.path.realpath(own)):
        return _NAME
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


def moment(when: datetime) -> str:
    """Write a moment to the second, in its own time zone."""
    return f"{when:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float) -> str:
    """Write a duration to the second: ``45 s``, ``1 min 12 s``, ``1 h 2 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def named(number: str, name: str) -> str:
    """Write a number and whose it is."""
    if not name or name == number:
        return plain(number)
    return plain(f"{name} ({number})" if number else name)
