"""``officesmart-ivr check``: the findings of a plan."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.callplan import checks, secrets
from officesmart_ivr.callplan.calendar_files import CalendarFolder
from officesmart_ivr.callplan.files import read
from officesmart_ivr.callplan.findings import Finding, count_line
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.complaints import complain
from officesmart_ivr.errors import OfficeSmartError
from officesmart_ivr.messages import Language
from officesmart_ivr.plugins import strategies
from officesmart_ivr.translations import in_language

BAD_PLAN = 1
BAD_USAGE = 2


def check(
    plan: Annotated[Path, typer.Argument(help="The call plan: a YAML file or a folder of them.")],
    sounds: options.Sounds = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Say what is wrong with a call plan, one finding a line: file:line:column: error[code] text.

    Exit code 0 without errors (there may be warnings), 1 with errors, 2 when there is no plan to check.

    Example: officesmart-ivr check config
    """
    shown_in = languages.chosen(language)
    try:
        folder = SoundFolder(find_sounds(plan, sounds))
        known = secrets.Secrets(secrets.beside(plan))
        calendars = CalendarFolder.beside(plan)
        checked = checks.check(read(plan), folder, known, strategies(), calendars=calendars)
    except OfficeSmartError as error:
        complain(error, shown_in)
        raise typer.Exit(BAD_USAGE) from None
    _print(languages.in_words(checked.findings, shown_in), output, shown_in)
    if checked.plan is None:
        raise typer.Exit(BAD_PLAN)


def _print(findings: Collection[Finding], output: options.Format, language: Language) -> None:
    if output is options.Format.JSON:
        typer.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
        return
    for finding in findings:
        typer.echo(str(finding))
    typer.echo(in_language(count_line(findings), language))
