"""``officesmart-ivr lines``: what each line is doing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import typer
from rich.table import Table

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import LineView
from officesmart_ivr.cli import options
from officesmart_ivr.cli.texts import console, moment, plain

NOT_REGISTERED = "not registered"


def lines(data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Show each line of the running system: registered or not, in which calls, idle since when.

    Example: officesmart-ivr lines
    """
    found = ApiClient(options.data_folder(data)).lines()
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
        return
    table = Table("line", "name", "phone", "state", "idle since", box=None, pad_edge=False)
    for line in found:
        since = "" if line.idle_since is None else moment(line.idle_since)
        table.add_row(plain(line.extension), plain(line.name), phone(line), ", ".join(states(line)), since)
    console().print(table)


def phone(line: LineView) -> str:
    """Say whether a line's phone can be reached; of a number outside nobody knows."""
    if not line.extension.isdecimal():
        return "outside"
    return "registered" if line.registered else NOT_REGISTERED


def states(line: LineView) -> Iterator[str]:
    """Say what a line is doing, and why it may be offered no call."""
    for leg in line.legs:
        yield f"{leg.phase.value} in call {plain(leg.call)}"
    if not line.legs:
        yield "idle"
    if line.do_not_disturb:
        yield "do not disturb"
    if line.paused:
        yield "paused"
    if not line.logged_in:
        yield "logged out"
    if line.wrap_up_until is not None:
        yield f"pause after a call until {line.wrap_up_until:%H:%M:%S}"
