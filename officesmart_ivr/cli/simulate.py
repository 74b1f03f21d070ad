"""``officesmart-ivr simulate``: what happens to a call, at any date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from officesmart_ivr.callplan import caller_keys
from officesmart_ivr.callplan.findings import did_you_mean
from officesmart_ivr.callplan.plan_tests import Answering, moment
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.plans import loaded, refuse
from officesmart_ivr.cli.texts import console, plain
from officesmart_ivr.core.numbers import outside_number
from officesmart_ivr.core.prepared import PreparedPlan
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.simulation.office import service_zone
from officesmart_ivr.simulation.plan_tests import at_place, line_of
from officesmart_ivr.simulation.request import Request
from officesmart_ivr.simulation.result import Result
from officesmart_ivr.simulation.run import simulate as simulate_calls


def simulate(
    plan: Annotated[Path, typer.Argument(help="The call plan: a YAML file or a folder of them.")],
    call: Annotated[str, typer.Option(help="The number that is called.")],
    at: Annotated[
        str | None,
        typer.Option(help="When, such as 2026-12-24T12:30, by the clock of the service's site; else now."),
    ] = None,
    keys: Annotated[
        str,
        typer.Option(
            help="What the caller presses: '1 2', '123#', '.' waits for the no-input time, 'x' leaves."
        ),
    ] = "",
    members: Annotated[
        str,
        typer.Option(
            help="What whoever is called does: 201=busy,202=no_answer; also free, rejects, unreachable."
        ),
    ] = "",
    sender: Annotated[str, typer.Option("--from", help="Who calls: an extension, or a number outside.")] = "",
    override: Annotated[str, typer.Option(help="A manual override in force: main=closed.")] = "",
    sounds: options.Sounds = None,
    output: options.Output = options.Format.TEXT,
    language: languages.Option = None,
) -> None:
    """Say what would happen to a call, by the rules of live calls and without making one.

    Exit code 0, 1 when the plan has errors, 2 for bad usage.

    Example: officesmart-ivr simulate config --call 100 --at 2026-12-24T12:30 --keys "1 2"
    """
    ready = loaded(plan, sounds, language)
    try:
        request = Request(
            at=_moment(ready.plan, call, at),
            number=call,
            sender=sender,
            keys=_keys(keys),
            members=_members(ready.plan, members),
            overrides=_overrides(ready.plan, override),
        )
    except SettingsError as error:
        refuse(error)
    result = simulate_calls(ready.plan, [request], ready.seconds)[0]
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=1).decode())
    else:
        show(result)


def show(result: Result, indent: str = "") -> None:
    """Print what became of a call: each step with the time since the first, then how it ended."""
    screen = console()
    began = datetime.fromisoformat(result.steps[0].at) if result.steps else None
    if began is not None:
        screen.print(Text(f"{indent}{began:%a %Y-%m-%d %H:%M:%S %z}", style="bold"))
    for step in result.steps:
        passed = (datetime.fromisoformat(step.at) - began).total_seconds() if began else 0.0
        line = Text(f"{indent}{passed:9.2f} s  ", style="dim")
        line.append(plain(step.why), style="default")
        screen.print(line)
    end = Text(f"{indent}ended: {result.ended.value}", style="bold")
    if result.connected:
        end.append(f", with {result.connected}")
    screen.print(end)


def _moment(plan: PreparedPlan, number: str, written: str | None) -> datetime:
    zone = service_zone(plan, number)
    if written is None:
        return datetime.now(zone)
    try:
        return at_place(moment(written), zone)
    except ValueError as error:
        raise SettingsError(f"--at: {error}") from None


def _keys(written: str) -> tuple[str, ...]:
    try:
        return caller_keys.entries(written)
    except ValueError as error:
        raise SettingsError(f"--keys: {error}") from None


def _members(plan: PreparedPlan, written: str) -> Mapping[str, Answering]:
    found: dict[str, Answering] = {}
    for line, does in _pairs("--members", written, "201=busy,202=no_answer"):
        if does not in list(Answering):
            hint = did_you_mean(does, list(Answering))
            raise SettingsError(
                f"--members: nobody can be '{does}'{hint}", remedy=f"Write one of {', '.join(Answering)}."
            )
        country = plan.plan.company.country
        if plan.line_named(line) is None and outside_number(line, country) is None:
            hint = did_you_mean(line, plan.plan.extensions)
            raise SettingsError(f"--members: there is no line '{line}'{hint}", remedy="Write an extension.")
        found[line_of(plan, line)] = Answering(does)
    return found


def _overrides(plan: PreparedPlan, written: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, menu in _pairs("--override", written, "main=closed"):
        multiselection = plan.plan.multiselections.get(name)
        if multiselection is None:
            known = plan.plan.multiselections
            hint = did_you_mean(name, known)
            remedy = f"Write one of {', '.join(known)}."
            raise SettingsError(f"--override: there is no multiselection '{name}'{hint}", remedy=remedy)
        if menu not in multiselection.menus:
            hint = did_you_mean(menu, multiselection.menus)
            remedy = f"Write one of {', '.join(multiselection.menus)}."
            raise SettingsError(f"--override: '{name}' has no menu '{menu}'{hint}", remedy=remedy)
        found[name] = menu
    return found


def _pairs(option: str, written: str, example: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise SettingsError(f"{option}: '{part}' is not understood", remedy=f"Write it like {example}.")
        pairs.append((name, value))
    return pairs
