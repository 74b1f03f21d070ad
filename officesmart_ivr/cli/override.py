"""``officesmart-ivr override``: let another menu speak than the one that the week would choose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.overrides import DISABLED
from officesmart_ivr.api.schema import MultiselectionView, NewOverride, OverrideView
from officesmart_ivr.callplan.week import OTHERWISE
from officesmart_ivr.cli import options
from officesmart_ivr.cli.reload import author
from officesmart_ivr.cli.texts import plain
from officesmart_ivr.core.overrides import OVERRIDE


def override(
    multiselection: Annotated[
        str | None, typer.Argument(help="A multiselection, by its name in the plan or one of its numbers.")
    ] = None,
    menu: Annotated[str | None, typer.Option(help="The menu that is to speak.")] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Until when, by the clock of the site: 18:00 (the next one), 2026-12-24T18:00."),
    ] = None,
    until_period_end: Annotated[
        bool, typer.Option("--until-period-end", help="Until the week would choose something else than now.")
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Let the week choose again.")] = False,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Let a menu speak in place of the one that the week would choose, or show what speaks now.

    Without --until or --until-period-end it speaks until this is cleared. Calls in progress meet it when they
    enter the multiselection again; a new plan or a restart does not change it.

    Example: officesmart-ivr override main --menu closed --until 18:00
    """
    _require_sense(multiselection, menu, until, until_period_end, clear)
    client = ApiClient(options.data_folder(data))
    if multiselection is None:
        _tell(client.multiselections(), output)
        return
    if clear:
        shown = client.clear_override(multiselection, author())
    elif menu is not None:
        wanted = NewOverride(menu, until or "", until_period_end, author())
        shown = client.override(multiselection, wanted)
    else:
        shown = client.multiselection(multiselection)
    _tell(shown, output)


def _require_sense(
    multiselection: str | None, menu: str | None, until: str | None, until_period_end: bool, clear: bool
) -> None:
    if multiselection is None and (menu is not None or clear):
        raise typer.BadParameter("say of which multiselection", param_hint="MULTISELECTION")
    if menu is None and (until is not None or until_period_end):
        raise typer.BadParameter("it goes with --menu", param_hint="--until")
    if until is not None and until_period_end:
        raise typer.BadParameter("give this or --until, not both", param_hint="--until-period-end")
    if clear and menu is not None:
        raise typer.BadParameter("give this or --menu, not both", param_hint="--clear")


def _tell(shown: MultiselectionView | Sequence[MultiselectionView], output: options.Format) -> None:
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(shown), indent=1).decode())
        return
    for each in [shown] if isinstance(shown, MultiselectionView) else shown:
        typer.echo(plain(f"{each.name} ({each.id}; {', '.join(each.numbers)}): {_what_speaks(each)}"))
    if not shown:
        typer.echo("The plan has no multiselections.")


def _what_speaks(shown: MultiselectionView) -> str:
    held = shown.override
    if shown.period == DISABLED:
        idle = f"; the override ({terms(held)}) changes nothing" if held else ""
        return f"switched off{idle}"
    if shown.period == OVERRIDE and held is not None:
        return f"override: {terms(held)}"
    if shown.menu is None:
        return "nothing in the week for this time, calls are refused"
    period = "outside all periods" if shown.period == OTHERWISE else f"period '{shown.period}'"
    return f"menu '{shown.menu}', {period}"


def terms(held: OverrideView) -> str:
    """Say what an override is: its menu, until when, who has set it and when."""
    until = "it is cleared" if held.until is None else _local(held.until)
    by = plain(held.by) or "somebody"
    return f"menu '{plain(held.menu)}' until {until}, set by {by} at {_local(held.set_at)}"


def _local(moment: datetime) -> str:
    """Write a moment as its site's clock shows it."""
    return f"{moment:%Y-%m-%d %H:%M}"
