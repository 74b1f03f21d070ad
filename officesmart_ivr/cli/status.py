"""``officesmart-ivr status``: how the running system does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import typer

from officesmart_ivr.agi.server import ask
from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import OverrideView
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.override import terms
from officesmart_ivr.cli.texts import moment, plain
from officesmart_ivr.errors import OfficeSmartError
from officesmart_ivr.fallback import PORT

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


def status(
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Show how the running system does: ports, calls, numbers, phones, trunks, overrides, the fallback.

    Example: officesmart-ivr status --format json
    """
    folder = options.data_folder(data)
    running = folder.read_state("up") or {}
    port = running.get("agi_port", PORT)
    revision = ask(port)
    fallback = {"answers": revision is not None, "port": port, "revision": int(revision or 0) or None}
    try:
        shown: dict[str, Any] = msgspec.to_builtins(ApiClient(folder).status(languages.chosen(language)))
    except OfficeSmartError:
        # Where nothing was left by a process either, nobody expects an answer.
        if fallback["answers"] or any(folder.read_state(name) for name in ("up", "run")):
            typer.echo(_fallback_line(fallback), err=True)
        raise
    shown |= {**running, "fallback": fallback}
    if output is options.Format.JSON:
        typer.echo(json.dumps(shown, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{shown['company']}: {'ready' if shown['ready'] else 'NOT READY'}, {shown['calls']} calls")
    typer.echo(f"plan {shown['plan']}")
    _tell_plan(shown["live"])
    for name in ("address", "sip_port", "ari_port", "rtp_ports"):
        if name in shown:
            value = "-".join(map(str, shown[name])) if name == "rtp_ports" else shown[name]
            typer.echo(f"{name.replace('_', ' ')} {value}")
    typer.echo(_fallback_line(fallback))
    for number, name in shown["numbers"].items():
        typer.echo(f"number {number}: {name}")
    for name, held in shown["overrides"].items():
        typer.echo(f"OVERRIDE of {name}: {terms(msgspec.convert(held, OverrideView))}")
    typer.echo(f"phones registered: {len(shown['registered'])} of {len(shown['extensions'])}")
    for name, trunk in shown["trunks"].items():
        why = f" ({trunk['reason']})" if trunk["reason"] else ""
        typer.echo(f"trunk {name}: {trunk['state']} since {_told(trunk['since'])}{why}")
    if any(trunk["state"] == "unknown" for trunk in shown["trunks"].values()):
        typer.echo(_AMI_HELP)


def _fallback_line(fallback: Mapping[str, Any]) -> str:
    """Say whether calls are served while the application is away."""
    if not fallback["answers"]:
        return f"fallback: DOES NOT ANSWER on port {fallback['port']}"
    if fallback["revision"] is None:
        return "fallback: answers, but no plan has gone live yet"
    return f"fallback: answers, would serve calls with revision {fallback['revision']}"


def _tell_plan(live: Mapping[str, Any]) -> None:
    """Say what is live, what became of the last candidate, and what comes next."""
    revision = "without a number" if live["revision"] is None else f"revision {live['revision']}"
    typer.echo(f"live: {revision} since {_told(live['since'])}")
    last = live["last"]
    if not last["live"]:
        typer.echo(f"REFUSED at {_told(live['last_at'])}, so an older plan is live: {plain(last['error'])}")
        for found in last["findings"]:
            place = f"{found['file']}:{found['line']}:{found['column']}"
            typer.echo(plain(f"  {place}: {found['severity']}[{found['code']}] {found['message']}"))
        if last["remedy"]:
            typer.echo(plain(f"  remedy: {last['remedy']}"))
    if (coming := live["next"]) is not None:
        why = f": {coming['message']}" if coming["message"] else ""
        typer.echo(plain(f"next publication: {coming['id']} at {_told(coming['at'])}{why}"))


def _told(at: str) -> str:
    """Write a moment of the answer, which is in the company's time."""
    return moment(datetime.fromisoformat(at))
