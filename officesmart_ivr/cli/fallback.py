"""``officesmart-ivr fallback``: serves the calls that the application is not there to take."""

from __future__ import annotations

from typing import Annotated

import typer

from officesmart_ivr import fallback as process
from officesmart_ivr.agi.server import ask
from officesmart_ivr.cli import options
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.observe import logs


def fallback(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of loopback, as the dialplan names it.")
    ] = process.PORT,
    data: options.Data = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only ask whether the fallback on this port answers; code 1.")
    ] = False,
) -> None:
    """Serve calls over FastAGI while the application is away, with the plan that went live last.

    Example: officesmart-ivr fallback --data /var/lib/officesmart/data
    """
    if check:
        if ask(port) is None:
            raise SettingsError(
                f"No fallback answers on port {port} of loopback.",
                remedy="Start it: officesmart-ivr fallback.",
            )
        return
    logs.set_up()
    process.serve(options.data_folder(data), port)
