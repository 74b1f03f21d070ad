"""The command ``officesmart-ivr`` and its subcommands."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from officesmart_ivr import __version__
from officesmart_ivr.cli import (
    call,
    calls,
    check,
    doctor,
    explain,
    groups,
    lines,
    member,
    run,
    status,
    up,
)
from officesmart_ivr.errors import OfficeSmartError, PlanError

app = typer.Typer(
    name="officesmart-ivr",
    help="An office attendant on Asterisk: multiselections and menus from one YAML call plan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up.up)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("call")(call.call)
app.command("calls")(calls.calls)
app.command("explain")(explain.explain)
app.command("lines")(lines.lines)
app.add_typer(member.app, name="member")
app.command("groups")(groups.groups)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)


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


def main() -> None:
    """Run a command. Errors for people go to standard error, with exit code 1."""
    try:
        app()
    except PlanError as error:
        for finding in error.findings:
            print(finding, file=sys.stderr)
        _complain(error)
    except OfficeSmartError as error:
        _complain(error)


def _complain(error: OfficeSmartError) -> None:
    console = Console(stderr=True, highlight=False)
    console.print("[bold red]error:[/]", escape(error.message), soft_wrap=True)
    if error.remedy:
        console.print("[bold]remedy:[/]", escape(error.remedy), soft_wrap=True)
    sys.exit(1)
