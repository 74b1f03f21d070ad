"""``officesmart-ivr up``: everything on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from officesmart_ivr.announcements.folder import SoundFolder, find_sounds
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.asterisk.ports import own_address
from officesmart_ivr.callplan import secrets
from officesmart_ivr.callplan.checks import load
from officesmart_ivr.callplan.model import CallPlan
from officesmart_ivr.cli import options
from officesmart_ivr.cli.progress import fetching
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.observe import logs
from officesmart_ivr.plugins import strategies
from officesmart_ivr.settings import DataFolder, shipped
from officesmart_ivr.system import System, UpSettings

_console = Console(highlight=False, soft_wrap=True)


def up(
    plan: Annotated[
        Path | None, typer.Option(help="The call plan: a YAML file or a folder (default: the demo plan).")
    ] = None,
    sounds: options.Sounds = None,
    data: options.Data = None,
    sip_port: Annotated[int, typer.Option(min=0, max=65535, help="SIP port; 0: a free one.")] = 5060,
    ari_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of ARI; 0: a free one.")] = 8088,
    http_port: options.HttpPort = 0,
    rtp_ports: Annotated[str, typer.Option(help="Ports for sound, START-END; 0: free ones.")] = "0",
    cache: options.Cache = None,
    mirror: options.Mirror = None,
    address: Annotated[
        str | None, typer.Option(help="Address by which phones reach this machine (default: found out).")
    ] = None,
) -> None:
    """Start everything on this machine: Asterisk (fetched if need be) and the application.

    Example: officesmart-ivr up --plan /etc/officesmart/callplan.yaml
    """
    logs.set_up("WARNING")
    chosen = plan or shipped("config") / "callplan.yaml"
    known = secrets.Secrets(secrets.beside(chosen))
    checked = load(chosen, SoundFolder(find_sounds(chosen, sounds)), known, strategies())
    folder = options.data_folder(data)
    folder.make()
    settings = UpSettings(
        plan=chosen.absolute(),
        sounds=None if sounds is None else sounds.absolute(),
        data=folder,
        sip_port=sip_port,
        ari_port=ari_port,
        http_port=http_port,
        rtp_ports=_range(rtp_ports),
        address=address or own_address(),
    )
    with folder.lock("up"):
        with fetching(_console) as (progress, warn):
            box = toolbox.obtain(
                options.cache_folder(cache), mirror, test_tools=True, progress=progress, warn=warn
            )
        system = System(settings, checked, box)
        uvloop.run(system.run(lambda: _welcome(settings, checked, folder)))
    _console.print("Stopped.")


def _range(text: str) -> tuple[int, int]:
    if text == "0":
        return 0, 0
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) < int(last) <= 65535):
        raise SettingsError(f"--rtp-ports {text}: not a range", remedy="Write it like 10000-10999.")
    return int(first), int(last)


def _welcome(settings: UpSettings, plan: CallPlan, folder: DataFolder) -> None:
    """Tell what can be dialled, with which phones, and how to hear it at once."""
    running = folder.read_state("up") or {}
    _console.print(f"\n[bold]{escape(plan.company.name)}[/bold] answers.\n", highlight=False)
    numbers = Table("number", "leads to", box=None, pad_edge=False)
    for multiselection in plan.multiselections.values():
        for number in multiselection.numbers:
            numbers.add_row(number, escape(multiselection.name))
    _console.print(numbers)
    names = {number: secrets.extension_secret(number) for number in plan.extensions}
    passwords = secrets.ensure(secrets.beside(settings.plan), names.values())
    phones = Table("phone", "name", "password", box=None, pad_edge=False)
    for number, extension in plan.extensions.items():
        phones.add_row(number, escape(extension.name), escape(passwords[names[number]]))
    _console.print()
    _console.print(phones)
    _console.print(f"\nPhones register with {running['address']}:{running['sip_port']} (UDP or TCP).")
    number = next(iter(plan.multiselections.values())).numbers[-1] if plan.multiselections else "NUMBER"
    _console.print(f"A test call, from another terminal:  officesmart-ivr call {number} --keys 1,2")
    where = f"Logs: {folder.logs} and {folder.asterisk / 'log'}."
    _console.print(escape(where), " Ctrl-C stops everything.\n")
