"""``officesmart-ivr call``: a test call, and what became of it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from officesmart_ivr.api.client import ApiClient
from officesmart_ivr.api.schema import ExplainedCall
from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.cli import options
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.testcall.scenario import keys_scenario
from officesmart_ivr.testcall.sipp import SippResult, run_sipp

_LOOK_SECONDS = 0.2
_LOOPBACK = "127.0.0.1"
_MARGIN_SECONDS = 15.0


def call(
    number: Annotated[str, typer.Argument(help="The number to call, such as 100.")],
    keys: Annotated[str, typer.Option(help="Keys to press, in order, such as 1,2.")] = "",
    before_key: Annotated[float, typer.Option(min=0.1, help="Seconds before each key.")] = 2.0,
    listen: Annotated[float, typer.Option(min=0.1, help="Seconds to stay after the last key.")] = 5.0,
    data: options.Data = None,
    cache: options.Cache = None,
) -> None:
    """Place a test call to the running system with SIPp, and tell step by step what happens.

    Exit code 0 when the call reached the application, 1 when not.

    Example: officesmart-ivr call 100 --keys 1,2
    """
    folder = options.data_folder(data)
    api = ApiClient(folder)
    api.status()
    running = folder.read_state("up")
    if running is None:
        raise SettingsError(
            "only a system started with 'officesmart-ivr up' tells where its Asterisk listens",
            remedy="Call an Asterisk of your own with any SIP phone, or with sipp.",
        )
    tools = toolbox.find(options.cache_folder(cache))
    sipp = tools.sipp if tools else None
    if sipp is None:
        raise SettingsError("SIPp is not there", remedy="Install the package sip-tester (or sipp).")
    pressed = [key for key in keys if key not in " ,"]
    scenario = keys_scenario(pressed, before_key=before_key, listen=listen)
    within = len(pressed) * before_key + listen + _MARGIN_SECONDS
    call_id = f"{secrets.token_hex(8)}@{_LOOPBACK}"

    async def place() -> SippResult:
        with tempfile.TemporaryDirectory(prefix="officesmart-call-") as scratch:
            file = Path(scratch) / "call.xml"
            file.write_text(scenario, "utf-8")
            return await run_sipp(
                sipp.command(),
                file,
                (_LOOPBACK, running["sip_port"]),
                folder=Path(scratch),
                number=number,
                within=within,
                call_id=call_id,
            )

    result, seen = asyncio.run(_follow(place(), api, call_id))
    if seen is None:
        raise SettingsError(
            f"the call did not arrive:\n{result}", remedy="See Asterisk's log in the data folder."
        )
    typer.echo(f"outcome: {seen.outcome or 'still up'}")


async def _follow(
    placing: Coroutine[Any, Any, SippResult], api: ApiClient, call_id: str
) -> tuple[SippResult, ExplainedCall | None]:
    """Print the steps of a call as they come, until it is over on both sides."""
    task = asyncio.create_task(placing)
    printed = 0
    while True:
        over = task.done()
        seen = await asyncio.to_thread(_find, api, call_id)
        if seen is not None:
            _print_steps(seen, printed)
            printed = len(seen.steps)
        if over:
            return task.result(), seen
        await asyncio.wait((task,), timeout=_LOOK_SECONDS)


def _find(api: ApiClient, sip_call_id: str) -> ExplainedCall | None:
    found = api.calls({"sip_call_id": sip_call_id})
    return api.call(found[0].id, {}) if found else None


def _print_steps(seen: ExplainedCall, printed: int) -> None:
    for step in seen.steps[printed:]:
        after = (step.at - seen.began).total_seconds()
        typer.echo(f"{after:8.3f} s  {step.text}")
