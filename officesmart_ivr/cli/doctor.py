"""``officesmart-ivr doctor``: what is missing or wrong on this machine, each with its remedy."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from officesmart_ivr.asterisk import doctor as machine
from officesmart_ivr.asterisk.ports import own_address
from officesmart_ivr.cli import options
from officesmart_ivr.errors import SettingsError


def doctor(
    data: options.Data = None,
    cache: options.Cache = None,
    mirror: options.Mirror = None,
    speech: options.Speech = "",
    output: options.Output = options.Format.TEXT,
) -> None:
    """Examine this machine. Exit code 1 when something must be mended.

    Example: officesmart-ivr doctor
    """
    folder = options.data_folder(data)
    checks = machine.examine(
        cache=options.cache_folder(cache), mirror=mirror, data=folder.root, media_address=own_address()
    )
    checks.append(_speech(speech, cache))
    if output is options.Format.JSON:
        typer.echo(json.dumps([asdict(check) for check in checks], indent=1, ensure_ascii=False))
    else:
        for check in checks:
            typer.echo(f"{'ok  ' if check.ok else 'BAD '} {check.name}: {check.detail}")
            if check.remedy and not check.ok:
                typer.echo(f"     {check.remedy}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _speech(wanted: str, cache: Path | None) -> machine.Check:
    """Say what speaks the texts of announcements; nothing is needed where the plan has none."""
    try:
        engine = options.speech_engine(wanted, cache)
    except SettingsError as error:
        return machine.Check("speech", False, error.message, error.remedy)
    return machine.Check("speech", True, engine.name if engine else "none yet: 'up' fetches espeak-ng")
