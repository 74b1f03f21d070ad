"""``officesmart-ivr flow``: the call flow of a plan, drawn."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from officesmart_ivr import files
from officesmart_ivr.callplan.findings import did_you_mean
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.plans import loaded, refuse
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.flow.graph import flow_of
from officesmart_ivr.flow.mermaid import mermaid
from officesmart_ivr.flow.svg import svg


class Drawing(StrEnum):
    """How a call flow is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"


def flow(
    plan: Annotated[Path, typer.Argument(help="The call plan: a YAML file or a folder of them.")],
    drawing: Annotated[Drawing, typer.Option("--format", help="Mermaid text, or a picture.")],
    multiselection: Annotated[
        str, typer.Option(help="Draw only what the callers of this multiselection can reach.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write (default: print).")
    ] = None,
    sounds: options.Sounds = None,
    language: languages.Option = None,
) -> None:
    """Draw the call flow of a plan: which number leads to which menus, keys, groups and phones.

    Exit code 0, 1 when the plan has errors or the file cannot be written, 2 for bad usage.

    Example: officesmart-ivr flow config --format svg --output flow.svg
    """
    ready = loaded(plan, sounds, language).plan
    known = ready.plan.multiselections
    if multiselection and multiselection not in known:
        hint = did_you_mean(multiselection, known)
        remedy = f"Write one of {', '.join(known)}."
        refuse(SettingsError(f"there is no multiselection '{multiselection}'{hint}", remedy=remedy))
    drawn = flow_of(ready, multiselection)
    text = svg(drawn) if drawing is Drawing.SVG else mermaid(drawn)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        files.replace(output, text)
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise SettingsError(message, remedy="Choose another place with --output.") from None
