"""The command ``officesmart-ivr`` and its subcommands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from officesmart_ivr import __version__
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli.commands import Commands
from officesmart_ivr.errors import AriConflictError, OfficeSmartError, PlanError
from officesmart_ivr.translations import in_language

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
        app()
    except PlanError as error:
        for finding in languages.in_words(error.findings, languages.chosen(None)):
            print(finding, file=sys.stderr)
        _complain(error)
    except AriConflictError as error:
        _complain(error, REPLACED)
    except OfficeSmartError as error:
        _complain(error)


def _complain(error: OfficeSmartError, code: int = 1) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True, highlight=False)
    language = languages.chosen(None)
    console.print("[bold red]error:[/]", escape(in_language(error.said, language)), soft_wrap=True)
    if error.remedy:
        console.print("[bold]remedy:[/]", escape(in_language(error.said_remedy, language)), soft_wrap=True)
    sys.exit(code)
