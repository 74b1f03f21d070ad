"""``officesmart-ivr groups``: what the hunt groups do, and what became of their calls."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import typer
from rich.table import Table

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import GroupView, MemberView
from officesmart_ivr.cli import options
from officesmart_ivr.cli.lines import NOT_REGISTERED, phone, states
from officesmart_ivr.cli.texts import console, duration, moment, named, plain


def groups(data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Show each hunt group: who waits now, how its calls ended since the start, and each member's share.

    Example: officesmart-ivr groups
    """
    found = ApiClient(options.data_folder(data)).groups()
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
        return
    if not found.groups:
        typer.echo("The plan has no hunt groups.")
        return
    typer.echo(f"since {moment(found.since)}")
    for group in found.groups:
        typer.echo()
        for line in _summary(group):
            typer.echo(line)
        console().print(_members(group))


def _summary(group: GroupView) -> Iterator[str]:
    ringing = group.hunting - group.waiting
    yield f"{plain(group.name)} ({group.id}): {group.waiting} waiting, {ringing} being offered"
    counts = {
        "offered": group.offered,
        "answered": group.answered,
        "abandoned": group.abandoned,
        "left": group.left,
        "all busy": group.busy,
        "no answer": group.no_answer,
        "nobody there": group.unreachable,
    }
    yield "  " + ", ".join(f"{what} {count}" for what, count in counts.items())
    over = group.offered - group.hunting
    if over > 0:
        average, longest = duration(group.wait_seconds / over), duration(group.longest_wait_seconds)
        yield f"  to leave the group took {average} on average, {longest} at most"


def _members(group: GroupView) -> Table:
    table = Table("  member", "state", box=None, pad_edge=False)
    for heading in ("offered", "answered", "missed", "talked"):
        table.add_column(heading, justify="right")
    for member in group.members:
        table.add_row(
            f"  {named(member.line.extension, member.line.name)}",
            ", ".join(_states(member)),
            str(member.offered),
            str(member.answered),
            str(member.missed),
            duration(member.talk_seconds),
        )
    return table


def _states(member: MemberView) -> Iterator[str]:
    if not member.enabled:
        yield "not in use"
    if phone(member.line) == NOT_REGISTERED:
        yield NOT_REGISTERED
    yield from states(member.line)
