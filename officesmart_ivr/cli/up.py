"""``officesmart-ivr up``: everything on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.asterisk.ports import own_address
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.progress import fetching
from officesmart_ivr.cli.texts import program
from officesmart_ivr.errors import PlanError
from officesmart_ivr.observe import logs
from officesmart_ivr.publishing import writing
from officesmart_ivr.publishing.door import last_good
from officesmart_ivr.publishing.workshop import Workshop
from officesmart_ivr.settings import DataFolder, chosen_database, shipped
from officesmart_ivr.state.sql.database import in_file, opened_to_read
from officesmart_ivr.state.sql.revisions import SqlRevisions
from officesmart_ivr.system import System, UpSettings
from officesmart_ivr.translations import in_language

_console = Console(highlight=False, soft_wrap=True)
_complaints = Console(stderr=True, highlight=False, soft_wrap=True)


def up(
    plan: Annotated[
        Path | None, typer.Option(help="The call plan: a YAML file or a folder (default: the demo plan).")
    ] = None,
    sounds: options.Sounds = None,
    data: options.Data = None,
    sip_port: Annotated[int, typer.Option(min=0, max=65535, help="SIP port; 0: a free one.")] = 5060,
    ari_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of ARI; 0: a free one.")] = 8088,
    http_port: options.HttpPort = 0,
    rtp_ports: options.RtpPorts = "0",
    cache: options.Cache = None,
    mirror: options.Mirror = None,
    watch: options.Watch = True,
    speech: options.Speech = "",
    drain: options.Drain = 0.0,
    address: options.Address = None,
) -> None:
    """Start everything on this machine: Asterisk (fetched if need be) and the application.

    Example: officesmart-ivr up --plan /etc/officesmart/callplan.yaml
    """
    logs.set_up("WARNING")
    chosen = plan or shipped("config")
    folder = options.data_folder(data)
    checked = _first_plan(Workshop(chosen, sounds, folder, ""))
    folder.make()
    settings = UpSettings(
        plan=chosen.absolute(),
        sounds=None if sounds is None else sounds.absolute(),
        data=folder,
        sip_port=sip_port,
        ari_port=ari_port,
        http_port=http_port,
        rtp_ports=options.port_range(rtp_ports),
        address=address or own_address(),
        watch=watch,
        speech=speech,
        cache=options.cache_folder(cache),
        drain_seconds=drain,
    )
    with folder.lock("up"):
        with fetching(_console) as (progress, warn):
            box = toolbox.obtain(
                options.cache_folder(cache), mirror, test_tools=True, progress=progress, warn=warn
            )
        options.speech_engine(speech, cache)  # a line that makes no sense is told here, not in a log
        system = System(settings, checked, box)
        uvloop.run(system.run(lambda: _welcome(settings, checked, folder)))
    _console.print("Stopped.")


def _first_plan(workshop: Workshop) -> CallPlan:
    """Return the plan that calls will be served with: that of the files, else the last good revision.

    Raises PlanError, that of the files, when there is neither.
    """
    writing.recover(workshop.data.root)
    try:
        return workshop.examine_disk().prepared.plan
    except PlanError as error:
        found = asyncio.run(_last_good(workshop))
        if found is None:
            raise
        plan, revision = found
        shown_in = languages.chosen(None)
        for finding in languages.in_words(error.findings, shown_in):
            _complaints.print(escape(str(finding)))
        _complaints.print(f"[bold red]{escape(in_language(error.said, shown_in))}[/]")
        _complaints.print(f"[bold red]The last good plan is served meanwhile: revision {revision}.[/]")
        return plan


async def _last_good(workshop: Workshop) -> tuple[CallPlan, int] | None:
    if chosen_database() is None and not workshop.data.database.exists():
        return None
    async with opened_to_read(chosen_database() or in_file(workshop.data.database)) as database:
        found = await last_good(workshop, SqlRevisions(database))
    return (found[0].prepared.plan, found[1].number) if found else None


def _welcome(settings: UpSettings, plan: CallPlan, folder: DataFolder) -> None:
    """Tell what can be dialled, with which phones, and how to hear it at once."""
    running = folder.read_state("up") or {}
    _console.print(f"\n[bold]{escape(plan.company.name)}[/bold] answers.\n", highlight=False)
    numbers = Table("number", "leads to", box=None, pad_edge=False)
    for multiselection in plan.multiselections.values():
        for number in multiselection.numbers:
            numbers.add_row(number, escape(multiselection.name))
    _console.print(numbers)
    known = secrets.ensure(secrets.beside(settings.plan), secrets.made_up(plan))
    phones = Table("phone", "name", "password", box=None, pad_edge=False)
    for number, extension in plan.extensions.items():
        phones.add_row(number, escape(extension.name), escape(known[secrets.extension_secret(number)]))
    _console.print()
    _console.print(phones)
    _console.print(f"\nPhones register with {running['address']}:{running['sip_port']} (UDP or TCP).")
    if plan.service_codes.pin is not None:
        _console.print(f"The PIN of the service codes: {escape(known[plan.service_codes.pin.secret])}")
    number = next(iter(plan.multiselections.values())).numbers[-1] if plan.multiselections else "NUMBER"
    _console.print(f"A test call, from another terminal:  {escape(program())} call {number} --keys 1,2")
    where = f"Logs: {folder.logs} and {folder.asterisk / 'log'}."
    _console.print(escape(where), " Ctrl-C stops everything.\n")
