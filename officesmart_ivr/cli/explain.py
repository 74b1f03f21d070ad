"""``officesmart-ivr explain``: what happened to one call, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import typer

from officesmart_ivr.api.schema import ExplainedCall, LegView
from officesmart_ivr.callplan.model import Language
from officesmart_ivr.cli import options
from officesmart_ivr.cli.kept import asked
from officesmart_ivr.cli.texts import duration, moment, named, plain
from officesmart_ivr.observe.words import WORDS


def explain(
    call: Annotated[str, typer.Argument(help="The call's id as 'calls' shows it, its beginning, or 'last'.")],
    language: Annotated[
        Language | None, typer.Option(help="The language of the explanation (default: the company's).")
    ] = None,
    data: options.Data = None,
    output: options.Output = options.Format.TEXT,
) -> None:
    """Tell step by step what happened to a call, and why; who was rung, and how long they talked.

    It works also while the application does not run.

    Example: officesmart-ivr explain last --language en
    """
    chosen = {} if language is None else {"language": language.value}
    told = asked(options.data_folder(data), lambda source: source.call(call, chosen))
    if output is options.Format.JSON:
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=1).decode())
    else:
        typer.echo("\n".join(_lines(told)))


def _lines(call: ExplainedCall) -> list[str]:
    labels = WORDS[call.language].labels
    facts = [
        (labels["from"], named(call.caller, call.caller_name) or WORDS[call.language].somebody),
        (labels["to"], named(call.number, call.number_name)),
        (labels["began"], f"{moment(call.began)} ({call.began:%z})"),
        (labels["ended"], _ended(call)),
        (labels["talked"], duration(call.talked_seconds) if call.talked_seconds else ""),
    ]
    width = max(len(label) for label, _ in facts)
    lines = [f"{labels['call']} {call.id}"]
    lines += [f"  {label:<{width}}  {fact}" for label, fact in facts if fact]
    lines += ["", labels["steps"]]
    lines += [f"  {_when(step.at, call.began)}  {plain(step.text)}" for step in call.steps]
    if call.legs:
        lines += ["", labels["legs"]]
        lines += [f"  {_when(leg.began, call.began)}  {_leg(leg, labels['talked'])}" for leg in call.legs]
    return lines


def _ended(call: ExplainedCall) -> str:
    if call.ended is None:
        return plain(call.outcome_text)
    lasted = duration((call.ended - call.began).total_seconds())
    return f"{moment(call.ended)} ({lasted}): {plain(call.outcome_text)}"


def _when(at: datetime, began: datetime) -> str:
    """Write a moment of a call: the time of day, and how long after the beginning."""
    return f"{at:%H:%M:%S}  {(at - began).total_seconds():9.3f} s"


def _leg(leg: LegView, talked: str) -> str:
    said = f"{named(leg.line, leg.name)}  {leg.outcome_text}".rstrip()
    if leg.answered is None or leg.ended is None:
        return said
    return f"{said}, {talked} {duration((leg.ended - leg.answered).total_seconds())}"
