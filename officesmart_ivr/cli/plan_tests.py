"""``officesmart-ivr test``: run the plan's own tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.text import Text

from officesmart_ivr.asterisk import toolbox
from officesmart_ivr.asterisk.toolbox import Toolbox
from officesmart_ivr.callplan.findings import did_you_mean
from officesmart_ivr.callplan.plan_tests import PlanTest
from officesmart_ivr.cli import language as languages
from officesmart_ivr.cli import options
from officesmart_ivr.cli.plans import BAD_PLAN, Loaded, loaded, refuse
from officesmart_ivr.cli.progress import fetching
from officesmart_ivr.cli.simulate import show
from officesmart_ivr.cli.texts import console
from officesmart_ivr.errors import SettingsError
from officesmart_ivr.livetest.run import live_tests
from officesmart_ivr.livetest.verdict import LiveVerdict, judged_live
from officesmart_ivr.observe import logs
from officesmart_ivr.simulation.plan_tests import Difference, Judged, Verdict, run
from officesmart_ivr.simulation.run import simulate

_TESTS_NAMED = 20
"""How many tests a message names at most."""

_Told = Callable[[LiveVerdict], None]


def run_tests(
    plan: Annotated[Path, typer.Argument(help="The call plan: a YAML file or a folder of them.")],
    only: Annotated[list[str] | None, typer.Option(help="The name of a test; several may be given.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Make real SIP calls on this machine, and compare.")
    ] = False,
    sounds: options.Sounds = None,
    output: options.Output = options.Format.TEXT,
    cache: options.Cache = None,
    mirror: options.Mirror = None,
    language: languages.Option = None,
) -> None:
    """Run the tests that stand in a plan: under a virtual clock, or as real calls.

    With --live an Asterisk of its own is started (fetched at the first use), with test phones for all lines
    and stand-ins for carriers; nothing leaves this machine, and a system that runs is not disturbed. A test
    passes when its calls go as expected and as the simulation says.

    Exit code 0 when all pass, 1 when one fails or the plan has errors, 2 when there is nothing to run.

    Example: officesmart-ivr test config --live
    """
    ready = loaded(plan, sounds, language)
    try:
        chosen = chosen_tests(ready.plan.plan.tests, only or ())
    except SettingsError as error:
        refuse(error)
    verdicts: Sequence[Verdict | LiveVerdict]
    as_json = output is options.Format.JSON
    if live:
        logs.set_up("ERROR")
        box = _box(options.cache_folder(cache), mirror)
        verdicts = uvloop.run(_live(plan, ready, chosen, box, _silent if as_json else tell))
    else:
        verdicts = [
            run(ready.plan, each, lambda requests: simulate(ready.plan, requests, ready.seconds))
            for each in chosen
        ]
        if not as_json:
            for verdict in verdicts:
                tell(verdict)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(verdicts), indent=1).decode())
    else:
        count(verdicts)
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(BAD_PLAN)


def _box(cache: Path, mirror: str | None) -> Toolbox:
    """Return the toolbox, and tell how it is fetched if it has to be."""
    if found := toolbox.find(cache):
        return found
    with fetching(Console(stderr=True)) as (progress, warn):
        return toolbox.obtain(cache, mirror, progress=progress, warn=warn)


async def _live(
    path: Path, ready: Loaded, tests: Sequence[PlanTest], box: Toolbox, told: _Told
) -> list[LiveVerdict]:
    verdicts: list[LiveVerdict] = []
    async with live_tests(path, ready.plan, ready.seconds, box) as live:
        for test in tests:
            verdicts.append(await judged_live(ready.plan, ready.seconds, test, live))
            told(verdicts[-1])
    return verdicts


def _silent(_: LiveVerdict) -> None:
    pass


def chosen_tests(tests: Collection[PlanTest], only: Collection[str]) -> list[PlanTest]:
    """Return the tests of these names, all without one. Raises SettingsError where there are none."""
    if not tests:
        raise SettingsError(
            "the plan has no tests",
            remedy="Write some under 'tests:'; docs/how-to/test-before-going-live.md shows how.",
        )
    names = [test.name for test in tests]
    for name in only:
        if name not in names:
            hint = did_you_mean(name, names)
            known = ", ".join(f"'{each}'" for each in names[:_TESTS_NAMED])
            more = ", …" if len(names) > _TESTS_NAMED else ""
            raise SettingsError(
                f"the plan has no test '{name}'{hint}", remedy=f"Write the name of one: {known}{more}."
            )
    return [test for test in tests if not only or test.name in only]


def tell(verdict: Verdict | LiveVerdict) -> None:
    """Print whether a test has passed; if not, what was expected, and what happened."""
    screen = console()
    line = Text("ok      " if verdict.passed else "FAILED  ", style="green" if verdict.passed else "red")
    screen.print(line.append(verdict.name, style="default"))
    if verdict.passed:
        return
    for number, call in enumerate(verdict.calls, 1):
        if call.differences and len(verdict.calls) > 1:
            screen.print(f"    call {number} of {len(verdict.calls)}:")
        _tell_differences(call)
    if isinstance(verdict, LiveVerdict):
        for difference in verdict.disagreements:
            _tell_difference(difference, "simulated", "real call")
        for reason in verdict.error.splitlines():
            screen.print(f"    {reason}")


def _tell_differences(call: Judged) -> None:
    for difference in call.differences:
        _tell_difference(difference, "expected", "got")
    if call.differences:
        show(call.result, indent="    ")


def _tell_difference(difference: Difference, wanted: str, got: str) -> None:
    screen, width = console(), max(len(wanted), len(got))
    screen.print(f"    {difference.part}: {wanted:{width}} {_shown(difference.expected)}", markup=False)
    if difference.part != "steps":
        indent = " " * len(difference.part)
        screen.print(f"    {indent}  {got:{width}} {_shown(difference.got)}", markup=False)


def count(verdicts: Sequence[Verdict | LiveVerdict]) -> None:
    """Print how many tests have passed."""
    passed = sum(verdict.passed for verdict in verdicts)
    console().print(f"{passed} passed, {len(verdicts) - passed} failed", style="bold")


def _shown(value: Any) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
