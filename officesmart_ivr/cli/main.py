"""The command ``officesmart-ivr`` and its subcommands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from officesmart_ivr import __version__
from officesmart_ivr.cli.commands import Commands
from officesmart_ivr.cli.complaints import complain
from officesmart_ivr.cli.output import guarded
from officesmart_ivr.errors import AriConflictError, OfficeSmartError

app = typer.Typer(
    name="officesmart-ivr",
    cls=Commands,
    help="An office attendant on Asterisk: multiselections and menus from one YAML call plan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


REPLACED = 3
"""The exit code where another program has taken the calls over: to start again would take them back."""


def main() -> None:
    """Run a command. Errors for people go to standard error, with exit code 1, or REPLACED."""
    try:
        with guarded():
            app()
    except OfficeSmartError as error:
        complain(error)
        sys.exit(REPLACED if isinstance(error, AriConflictError) else 1)
