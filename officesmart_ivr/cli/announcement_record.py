"""``officesmart-ivr announcement record`` and ``drafts``: announcements recorded by telephone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import DraftView, ExplainedCall
from officesmart_ivr.cli import options
from officesmart_ivr.cli.texts import console, plain
from officesmart_ivr.core.notes import Fact

NOT_SAVED = 1
_LOOK_SECONDS = 0.3


def record(
    name: Annotated[str, typer.Argument(help="The announcement's name in the plan.")],
    phone: Annotated[str, typer.Option(help="The extension whose phone is to ring.", metavar="EXTENSION")],
    data: options.Data = None,
) -> None:
    """Let a phone ring, and record an announcement with it; tell what happens, to the end.

    Whoever answers hears how it goes, as after the service code, but needs no PIN. Exit code 0 when the
    recording was saved: the next caller hears it. If it was not, what was recorded is kept as a draft.

    Example: officesmart-ivr announcement record welcome --phone 201
    """
    client = ApiClient(options.data_folder(data))
    call = client.record(name, phone).call
    seen = _followed(client, call)
    if any(step.what == Fact.RECORDING_SAVED for step in seen.steps):
        typer.echo("saved: callers hear it from now on")
        return
    kept = [draft for draft in client.drafts() if draft.id.startswith(f"{call}-")]
    for draft in kept:
        typer.echo(f"kept as the draft {draft.id}, {draft.seconds:.1f} s: {plain(draft.file)}")
        typer.echo(f"  officesmart-ivr announcement drafts --save {draft.id}")
    if not kept:
        typer.echo(f"not recorded: {plain(seen.outcome_text)}")
    raise typer.Exit(NOT_SAVED)


def drafts(
    save: Annotated[
        str | None,
        typer.Option(help="Let callers hear this draft.", metavar="ID", show_default=False),
    ] = None,
    discard: Annotated[
        str | None,
        typer.Option(help="Throw this draft away.", metavar="ID", show_default=False),
    ] = None,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Show what was recorded by telephone and is not saved; save a draft, or throw it away.

    An ID may be shortened to its beginning. Drafts are kept for thirty days.

    Example: officesmart-ivr announcement drafts --save 4f1c
    """
    if save is not None and discard is not None:
        raise typer.BadParameter("give this or --save, not both", param_hint="--discard")
    client = ApiClient(options.data_folder(data))
    if save is not None:
        left = client.save_draft(save)
    elif discard is not None:
        left = client.discard_draft(discard)
    else:
        left = client.drafts()
    _tell(left, output)


def _followed(client: ApiClient, call: str) -> ExplainedCall:
    """Print the steps of a call as they come, until it is over."""
    printed = 0
    while True:
        seen = client.call(call, {})
        for step in seen.steps[printed:]:
            after = (step.at - seen.began).total_seconds()
            typer.echo(f"{after:8.3f} s  {plain(step.text)}")
        printed = len(seen.steps)
        if seen.ended is not None:
            return seen
        time.sleep(_LOOK_SECONDS)


def _tell(shown: Sequence[DraftView], output: options.Format) -> None:
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(shown), indent=1).decode())
        return
    if not shown:
        typer.echo("There are no drafts.")
        return
    table = Table("draft", "announcement", "recorded", "by", "seconds", "file", box=None, pad_edge=False)
    for each in shown:
        when = f"{each.at:%Y-%m-%d %H:%M}"
        table.add_row(each.id, each.announcement, when, each.by, f"{each.seconds:.1f}", plain(each.file))
    console().print(table)
