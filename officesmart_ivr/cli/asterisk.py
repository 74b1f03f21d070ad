"""``officesmart-ivr asterisk``: Asterisk alone, for an application that runs beside it."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from officesmart_ivr import fallback
from officesmart_ivr.asterisk import ports, toolbox
from officesmart_ivr.asterisk.ports import Ports
from officesmart_ivr.asterisk.render import AsteriskSettings, render
from officesmart_ivr.asterisk.server import asterisk_child, wait_until_booted
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.cli import options
from officesmart_ivr.errors import AsteriskError
from officesmart_ivr.observe import logs
from officesmart_ivr.settings import DataFolder
from officesmart_ivr.system import AMI_PASSWORD_FILE, ARI_PASSWORD_FILE

CHECK_SECONDS = 5.0


def asterisk(
    data: options.Data = None,
    sip_port: Annotated[int, typer.Option(min=1, max=65535, help="SIP port.")] = 5060,
    ari_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of ARI, on loopback.")] = 8088,
    ami_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of AMI, on loopback.")] = 5038,
    agi_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the fallback, on loopback.")
    ] = fallback.PORT,
    rtp_ports: options.RtpPorts = "10000-10399",
    cache: options.Cache = None,
    mirror: options.Mirror = None,
    address: options.Address = None,
    external_address: Annotated[
        str, typer.Option(help="Address that others see, where a router or a container has another.")
    ] = "",
    check: Annotated[
        bool,
        typer.Option("--check", help="Only ask whether the Asterisk of this data folder serves; code 1."),
    ] = False,
) -> None:
    """Start Asterisk alone, as 'officesmart-ivr run' needs it on the same data folder and the same loopback.

    Its passwords are in the data folder: ari-password, ami-password. While the application is away, it asks
    'officesmart-ivr fallback' on the same loopback; without that, callers get the emergency destination.

    Example: officesmart-ivr asterisk --address 192.0.2.10
    """
    logs.set_up("WARNING")
    folder = options.data_folder(data)
    folder.make()
    box = toolbox.obtain(options.cache_folder(cache), mirror)
    media_address = address or ports.own_address()
    settings = AsteriskSettings(
        data=folder.asterisk,
        sip_bind=ports.bind_for(media_address),
        sip_port=sip_port,
        ari_port=ari_port,
        rtp_ports=options.port_range(rtp_ports),
        media_address=media_address,
        external_address=external_address,
        ari_password=folder.secret(ARI_PASSWORD_FILE),
        ami_port=ami_port,
        ami_password=folder.secret(AMI_PASSWORD_FILE),
        agi_port=agi_port,
        variables=folder.emergency,
    )
    asyncio.run(_asked(settings, box) if check else _served(settings, box, folder))


async def _served(settings: AsteriskSettings, box: Toolbox, folder: DataFolder) -> None:
    """Run it until SIGINT or SIGTERM; it is started again when it ends."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    wanted = Ports(settings.sip_port, settings.ari_port, settings.rtp_ports, settings.ami_port)
    # What this command does is a part of "up": the two cannot share a data folder either.
    with folder.lock("asterisk"), folder.lock("up"):
        ports.require_free(settings.sip_bind, wanted)
        await asyncio.to_thread(render, settings, box)
        async with asterisk_child(settings, box):
            typer.echo(f"Asterisk serves: SIP {settings.sip_port}, ARI {settings.ari_url}.")
            await stop.wait()


async def _asked(settings: AsteriskSettings, box: Toolbox) -> None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await wait_until_booted(settings, box)
    except TimeoutError:
        raise AsteriskError(
            f"The Asterisk of {settings.data} does not answer.", remedy=f"{settings.log} says why."
        ) from None
