"""``officesmart-ivr calls``: the calls of the log, and those that come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import CallView, LegView
from officesmart_ivr.cli import options
from officesmart_ivr.cli.kept import asked
from officesmart_ivr.cli.texts import console, duration, moment, named, plain
from officesmart_ivr.errors import OfficeSmartError, SettingsError
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.state.call_log import ANSWERED

_COLUMNS = {"call": 10, "began": 19, "caller": 24, "called": 28, "rung": 28, "talked": 10, "outcome": 0}
"""The columns, with their widths while following, where no table can know what comes."""

_INTERRUPTED = 130


def calls(
    since: Annotated[
        str | None, typer.Option(help="From this moment on: 2h, today, 09:00, 2026-11-22T09:00.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this moment.")] = None,
    number: Annotated[str | None, typer.Option(help="A part of the number called.")] = None,
    caller: Annotated[str | None, typer.Option(help="A part of the caller's number.")] = None,
    extension: Annotated[str | None, typer.Option(help="An extension that called or was rung.")] = None,
    outcome: Annotated[str | None, typer.Option(help="How the call ended, such as no_answer.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many calls at most, the newest ones.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with the calls that come.")] = False,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """List calls, the newest last, in the company's time. 'explain' tells what happened to one.

    Without --follow, it works also while the application does not run.

    Example: officesmart-ivr calls --since today --extension 205
    """
    given = {
        "since": since,
        "until": until,
        "number": number,
        "caller": caller,
        "extension": extension,
        "outcome": outcome,
        "limit": str(limit),
        # The headings of the table are English; programs are given the company's language.
        "language": "en" if output is options.Format.TEXT else None,
    }
    filters = {name: value for name, value in given.items() if value is not None}
    folder = options.data_folder(data)
    if follow:
        _follow(folder, filters, output)
        return
    # As one reads a log: the newest last.
    found = asked(folder, lambda source: source.calls(filters))[::-1]
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    elif found:
        _print(found)
    else:
        typer.echo("No calls.")


def _follow(folder: DataFolder, filters: Mapping[str, str], output: options.Format) -> None:
    """Print a line when a call begins and one when it ends, until interrupted."""
    if "until" in filters:
        raise SettingsError("--follow has no end", remedy="Leave out --until.")
    try:
        for call in ApiClient(folder).follow(filters, _Waiting()):
            if output is options.Format.JSON:
                typer.echo(msgspec.json.encode(call).decode())
            else:
                cells = zip(_row(call), _COLUMNS.values(), strict=True)
                typer.echo("  ".join(cell.ljust(width) for cell, width in cells))
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


class _Waiting:
    """Says on standard error why no calls come, once for each reason."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, error: OfficeSmartError) -> None:
        if error.message != self._said:
            typer.echo(f"waiting: {error.message}", err=True)
        self._said = error.message


def _print(found: list[CallView]) -> None:
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for call in found:
        table.add_row(*_row(call))
    console().print(table)


def _row(call: CallView) -> tuple[str, ...]:
    return (
        call.id,
        moment(call.began),
        named(call.caller, call.caller_name) or "somebody",
        named(call.number, call.number_name),
        _rung(call.legs),
        duration(call.talked_seconds) if call.talked_seconds else "",
        plain(call.outcome_text),
    )


def _rung(legs: list[LegView]) -> str:
    """Say who answered, or else who was rung."""
    answered = [leg for leg in legs if leg.outcome == ANSWERED]
    return ", ".join(dict.fromkeys(named(leg.line, leg.name) for leg in answered or legs))
