"""``officesmart-ivr reload``: let the edited plan go live."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import FindingView, Outcome
from officesmart_ivr.callplan.findings import Code, Finding, Position, count_line
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.texts import plain
from officesmart_ivr.messages import Language
from officesmart_ivr.translations import in_language

NOT_LIVE = 1

Message = Annotated[str, typer.Option("--message", "-m", help="Why, for the list of revisions.")]


def reload(
    message: Message = "",
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Let the plan on the disk go live without touching calls in progress, or say what is wrong with it.

    Exit code 0 when it is live, 1 when it is refused; the plan before then goes on.

    Example: officesmart-ivr reload --message "Christmas hours"
    """
    shown_in = languages.chosen(language)
    outcome = ApiClient(options.data_folder(data)).reload(author(), message, shown_in)
    if message and outcome.live and not outcome.new and output is options.Format.TEXT:
        typer.echo(
            "note: the message is not kept, since this plan was live already: what is saved goes live by "
            "itself. Started with --no-watch, officesmart-ivr leaves that to this command.",
            err=True,
        )
    tell(outcome, output, shown_in)


def author() -> str:
    """Return the user of the system who gives the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return ""


def tell(outcome: Outcome, output: options.Format, language: Language) -> None:
    """Print what became of a plan, which was told in a language; end with code 1 if it is not live."""
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(outcome), indent=1).decode())
    else:
        tell_findings(outcome.findings, language)
        for note in outcome.notes:
            typer.echo(f"note: {plain(note)}", err=True)
        if outcome.live:
            number = "without a number" if outcome.revision is None else f"revision {outcome.revision}"
            news = "" if outcome.new else " (the plan has not changed)"
            typer.echo(f"live: {number}, {outcome.seconds:.1f} s{news}")
        else:
            tell_refusal(outcome.error, outcome.remedy)
    if not outcome.live:
        raise typer.Exit(NOT_LIVE)


def tell_findings(findings: Iterable[FindingView], language: Language) -> None:
    """Print findings, which are in a language, as ``check`` does."""
    found = [
        Finding(Position(each.file, each.line, each.column), Code(each.code), each.message)
        for each in findings
    ]
    for finding in found:
        typer.echo(str(finding))
    if found:
        typer.echo(in_language(count_line(found), language))


def tell_refusal(error: str, remedy: str) -> None:
    """Say on standard error why a plan is not taken."""
    typer.echo(f"not live: {plain(error)}", err=True)
    if remedy:
        typer.echo(f"remedy: {plain(remedy)}", err=True)
