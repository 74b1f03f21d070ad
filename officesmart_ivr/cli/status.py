"""``officesmart-ivr status``: how the running system does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
import typer

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.cli import options

_AMI_HELP = """
To know of registrations, have these lines in Asterisk's manager.conf, load it with 'manager reload',
and start officesmart-ivr run with --ami-password-file FILE:

[general]
enabled = yes
bindaddr = 127.0.0.1
port = 5038

[officesmart]
secret = (the password in FILE)
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = system
write = reporting"""


def status(data: options.Data = None, output: options.Output = options.Format.TEXT) -> None:
    """Show how the running system does: ports, calls, numbers, phones, trunks.

    Example: officesmart-ivr status --format json
    """
    folder = options.data_folder(data)
    shown: dict[str, Any] = msgspec.to_builtins(ApiClient(folder).status())
    shown |= folder.read_state("up") or {}
    if output is options.Format.JSON:
        typer.echo(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{shown['company']}: {'ready' if shown['ready'] else 'NOT READY'}, {shown['calls']} calls")
    typer.echo(f"plan {shown['plan']}")
    for name in ("address", "sip_port", "ari_port", "rtp_ports"):
        if name in shown:
            typer.echo(f"{name.replace('_', ' ')} {shown[name]}")
    for number, name in shown["numbers"].items():
        typer.echo(f"number {number}: {name}")
    typer.echo(f"phones registered: {len(shown['registered'])} of {len(shown['extensions'])}")
    for name, trunk in shown["trunks"].items():
        why = f" ({trunk['reason']})" if trunk["reason"] else ""
        typer.echo(f"trunk {name}: {trunk['state']} since {_local(trunk['since'])}{why}")
    if any(trunk["state"] == "unknown" for trunk in shown["trunks"].values()):
        typer.echo(_AMI_HELP)


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().isoformat(" ", "seconds")
