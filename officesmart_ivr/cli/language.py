"""In which language commands show findings: as chosen, else as the user's locale says, else English."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from officesmart_ivr.callplan.findings import Finding
from officesmart_ivr.messages import Language

Option = Annotated[
    Language | None,
    typer.Option("--language", help="The language of the findings (default: your locale's, else English)."),
]

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a locale is looked up; the first that is set holds (POSIX, Base Definitions, section 8.2)."""


def chosen(option: Language | None, environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of findings; ``environment`` is that of this process if not given."""
    if option is not None:
        return option
    known = os.environ if environment is None else environment
    locale = next(filter(None, map(known.get, _LOCALE)), "")
    return next((language for language in Language if locale.startswith(language)), Language.ENGLISH)


def in_words(findings: Iterable[Finding], language: Language) -> list[Finding]:
    """Return the findings with their messages in a language."""
    return [finding.translated(language) for finding in findings]
