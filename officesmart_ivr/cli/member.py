"""``officesmart-ivr member``: who takes calls of hunt groups, and who does not now."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.cli import options
from officesmart_ivr.cli.lines import phone, states
from officesmart_ivr.cli.texts import console, moment, named
from officesmart_ivr.core.lines import LineChange

app = typer.Typer(
    help="Members of hunt groups: log them in and out, pause and resume them, for all their groups at once.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Line = Annotated[str, typer.Argument(help="An extension, or the number of a member outside.")]


class OnOff(StrEnum):
    """A position of a switch."""

    ON = "on"
    OFF = "off"


@app.command("list")
def list_members(data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Show each member, its groups, what it is doing, and since when it is idle.

    Example: officesmart-ivr member list
    """
    found = ApiClient(options.data_folder(data)).members()
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
        return
    table = Table("member", "groups", "phone", "state", "idle since", box=None, pad_edge=False)
    for line in found:
        since = "" if line.idle_since is None else moment(line.idle_since)
        groups = ", ".join(line.groups)
        table.add_row(named(line.extension, line.name), groups, phone(line), ", ".join(states(line)), since)
    console().print(table)


@app.command()
def login(line: Line, data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Let a line take calls of its groups; it is idle since now.

    Example: officesmart-ivr member login 201
    """
    _change(line, LineChange.LOGIN, data, output)


@app.command()
def logout(line: Line, data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Let a line take no more calls of its groups.

    Example: officesmart-ivr member logout 201
    """
    _change(line, LineChange.LOGOUT, data, output)


@app.command()
def pause(line: Line, data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Let a line take no calls of its groups for a while.

    Example: officesmart-ivr member pause 201
    """
    _change(line, LineChange.PAUSE, data, output)


@app.command()
def resume(line: Line, data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """End the pause of a line; it is idle since now.

    Example: officesmart-ivr member resume 201
    """
    _change(line, LineChange.RESUME, data, output)


@app.command()
def dnd(
    state: Annotated[OnOff, typer.Argument(help="What do-not-disturb is to be.")],
    line: Line,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Turn do-not-disturb on or off: with it no call at all reaches the line, and callers find it busy.

    Example: officesmart-ivr member dnd on 201
    """
    on = state is OnOff.ON
    _change(line, LineChange.DO_NOT_DISTURB_ON if on else LineChange.DO_NOT_DISTURB_OFF, data, output)


def _change(line: str, change: LineChange, data: options.Data, output: options.Format) -> None:
    changed = ApiClient(options.data_folder(data)).change(line, change)
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(changed), indent=1).decode())
    else:
        typer.echo(f"{named(changed.extension, changed.name)}: {', '.join(states(changed))}")
